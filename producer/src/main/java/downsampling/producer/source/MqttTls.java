package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.hivemq.client.mqtt.MqttClientSslConfig;
import downsampling.service.FailedException;
import downsampling.service.InvalidSettingException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Certificates and a key in the files that people have for MQTT brokers, in PEM.
 *
 * @param ca   of those who vouch for the broker; empty for those that Java trusts
 * @param cert of this client, with those between it and one that the broker knows
 * @param key  of this client, in PKCS #8 without a password
 */
record MqttTls(Optional<Path> ca, Optional<Path> cert, Optional<Path> key) {

    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

    MqttTls {
        if (cert.isPresent() != key.isPresent()) {
            throw new InvalidSettingException(
                    cert.isPresent() ? "--mqtt-key-file" : "--mqtt-cert-file",
                    "a file: a certificate and its key come together");
        }
    }

    boolean isGiven() {
        return ca.isPresent() || cert.isPresent();
    }

    /**
     * What the client of the MQTT broker needs. The name in the broker's certificate has to be that of its host.
     *
     * @throws FailedException if a file cannot be read
     */
    MqttClientSslConfig config() {
        return MqttClientSslConfig.builder()
                .trustManagerFactory(ca.map(MqttTls::trust).orElse(null))
                .keyManagerFactory(
                        cert.map(file -> identity(file, key.orElseThrow())).orElse(null))
                .build();
    }

    private static TrustManagerFactory trust(Path file) {
        try {
            KeyStore store = emptyStore();
            for (Certificate certificate : certificates(file)) {
                store.setCertificateEntry(Integer.toString(store.size()), certificate);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory;
        } catch (IOException | GeneralSecurityException e) {
            throw new FailedException("--mqtt-ca-file cannot be read", e);
        }
    }

    private static KeyManagerFactory identity(Path certFile, Path keyFile) {
        char[] password = {};
        try {
            KeyStore store = emptyStore();
            store.setKeyEntry(
                    "client",
                    privateKey(keyFile),
                    password,
                    certificates(certFile).toArray(new Certificate[0]));
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, password);
            return factory;
        } catch (IOException | GeneralSecurityException e) {
            throw new FailedException("--mqtt-cert-file or --mqtt-key-file cannot be read", e);
        }
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static List<Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            List<Certificate> certificates =
                    List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
            if (certificates.isEmpty()) {
                throw new IOException(file + " holds no certificate in PEM");
            }
            return certificates;
        }
    }

    private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
        Matcher matcher = PRIVATE_KEY.matcher(Files.readString(file, ISO_8859_1));
        if (!matcher.find()) {
            throw new IOException(file + " holds no private key that begins with BEGIN PRIVATE KEY;"
                    + " openssl pkcs8 -topk8 -nocrypt makes one of others");
        }
        PKCS8EncodedKeySpec encoded =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(matcher.group(1)));
        for (String algorithm : List.of("RSA", "EC")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
            } catch (InvalidKeySpecException e) {
                // of another sort
            }
        }
        return KeyFactory.getInstance("EdDSA").generatePrivate(encoded);
    }
}
