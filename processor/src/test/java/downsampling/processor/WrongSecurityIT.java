package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.LocalKafka;
import downsampling.service.LocalPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All programs as users start them, with settings for TLS and SASL that do not go with their broker. */
class WrongSecurityIT {
    private static final String STORE_PASSWORD = "night-heron";
    private static final List<String> LISTENERS =
            List.of("CLIENT", "GOOD", "EXPIRED", "ELSEWHERE", "MUTUAL", "LOGIN", "CONTROLLER");

    /** How each program is started, by its name. */
    private static final Map<String, List<String>> PROGRAMS = Map.of(
            "processor", List.of("../processor/target/processor.jar"),
            "audit", List.of("../processor/target/processor.jar", "audit"),
            "producer", List.of("../producer/target/producer.jar"),
            "live-page", List.of("../live-page/target/live-page.jar", "--http-port=0"));

    @TempDir
    private static Path folder;

    private static final Map<String, Integer> PORTS = new LinkedHashMap<>();
    private static LocalKafka broker;

    @BeforeAll
    static void startBroker() throws Exception {
        key("good", "san=ip:127.0.0.1", "-validity", "10");
        key("authority", "bc=ca:true", "-validity", "10");
        expired();
        key("elsewhere", "san=dns:elsewhere.example", "-validity", "10");
        for (String listener : LISTENERS) {
            int port = LocalPort.free();
            while (PORTS.containsValue(port)) { // nobody listens on it yet
                port = LocalPort.free();
            }
            PORTS.put(listener, port);
        }
        Map<String, String> settings = new HashMap<>();
        List<String> listeners = new ArrayList<>();
        PORTS.forEach((name, port) -> listeners.add(name + "://127.0.0.1:" + port));
        settings.put("listeners", String.join(",", listeners));
        settings.put(
                "listener.security.protocol.map",
                "CLIENT:PLAINTEXT,GOOD:SSL,EXPIRED:SSL,ELSEWHERE:SSL,MUTUAL:SSL,LOGIN:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("controller.quorum.voters", "1@127.0.0.1:" + PORTS.get("CONTROLLER"));
        keyStore(settings, "good", "good");
        keyStore(settings, "expired", "expired");
        keyStore(settings, "elsewhere", "elsewhere");
        keyStore(settings, "mutual", "good");
        settings.put("listener.name.mutual.ssl.client.auth", "required");
        settings.put("listener.name.login.sasl.enabled.mechanisms", "PLAIN");
        settings.put(
                "listener.name.login.plain.sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required user_pump=\"" + STORE_PASSWORD
                        + "\";");
        broker = LocalKafka.start(PORTS.get("CLIENT"), null, settings);
    }

    private static void keyStore(Map<String, String> settings, String listener, String key) {
        settings.put(
                "listener.name." + listener + ".ssl.keystore.location",
                folder.resolve(key + ".p12").toString());
        settings.put("listener.name." + listener + ".ssl.keystore.password", STORE_PASSWORD);
    }

    @AfterAll
    static void stopBroker() {
        if (broker != null) {
            broker.close();
        }
    }

    /** A key with its own certificate, which {@code trusted.p12} holds, too. */
    private static void key(String name, String extension, String... more) throws Exception {
        List<String> generate = new ArrayList<>(
                List.of("-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", "CN=" + name, "-ext", extension));
        generate.addAll(List.of(more));
        String certificate = folder.resolve(name + ".pem").toString();
        keytool(name, generate.toArray(String[]::new));
        keytool(name, "-exportcert", "-rfc", "-alias", name, "-file", certificate);
        keytool("trusted", "-importcert", "-noprompt", "-alias", name, "-file", certificate);
    }

    /** A certificate of {@code authority} that has expired: of one that is trusted itself, Java does not look at the date. */
    private static void expired() throws Exception {
        String request = folder.resolve("expired.csr").toString();
        String certificate = folder.resolve("expired.pem").toString();
        keytool("expired", "-genkeypair", "-alias", "expired", "-keyalg", "EC", "-dname", "CN=expired");
        keytool("expired", "-certreq", "-alias", "expired", "-file", request);
        keytool(
                "authority",
                ("-gencert -rfc -alias authority -ext san=ip:127.0.0.1 -startdate -10d -validity 1 -infile " + request
                                + " -outfile " + certificate)
                        .split(" "));
        keytool(
                "expired",
                "-importcert",
                "-noprompt",
                "-alias",
                "authority",
                "-file",
                folder.resolve("authority.pem").toString());
        keytool("expired", "-importcert", "-noprompt", "-alias", "expired", "-file", certificate);
    }

    private static void keytool(String store, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-keystore", folder.resolve(store + ".p12").toString()));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", STORE_PASSWORD));
        Path log = folder.resolve("keytool.log");
        assertThat(new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start()
                        .waitFor())
                .as(() -> command.toString())
                .isZero();
    }

    // Of the last, the name of the alert depends on the JDK.
    @ParameterizedTest
    @CsvSource({
        "GOOD, PLAINTEXT, true, 'speaks TLS, but security.protocol is PLAINTEXT: expected SSL or SASL_SSL'",
        "GOOD, SASL_PLAINTEXT, true, 'speaks TLS, but security.protocol is SASL_PLAINTEXT: expected SASL_SSL'",
        "CLIENT, SSL, true, 'speaks no TLS, but security.protocol is SSL: expected PLAINTEXT or SASL_PLAINTEXT'",
        "LOGIN, PLAINTEXT, true, 'wants SASL (PLAIN), but security.protocol is PLAINTEXT: expected SASL_PLAINTEXT'",
        "GOOD, SSL, false, 'unable to find valid certification path'",
        "EXPIRED, SSL, true, 'NotAfter: '",
        "ELSEWHERE, SSL, true, 'No subject alternative names matching IP address 127.0.0.1 found'",
        "MUTUAL, SSL, true, 'Received fatal alert: '"
    })
    void shouldSayInOneLineWhatIsWrongInEachProgram(String listener, String protocol, boolean trusted, String why)
            throws Exception {
        Map<String, Process> processes = new HashMap<>();
        try {
            for (Map.Entry<String, List<String>> program : PROGRAMS.entrySet()) {
                processes.put(
                        program.getKey(), start(program.getKey(), program.getValue(), listener, protocol, trusted));
            }
            for (Map.Entry<String, Process> program : processes.entrySet()) {
                Path log = log(program.getKey());
                assertThat(program.getValue().waitFor(50, TimeUnit.SECONDS))
                        .as("%s ends: %s", program.getKey(), Files.readString(log))
                        .isTrue();
                assertThat(program.getValue().exitValue()).as(program.getKey()).isEqualTo(1);
                assertThat(Files.readString(log)
                                .lines()
                                .filter(line -> !line.matches(
                                        ".*(The live page is on|waiting up to|The broker does not answer).*")))
                        .as(program.getKey())
                        .singleElement()
                        .asString()
                        .contains(why);
            }
        } finally {
            processes.values().forEach(Process::destroyForcibly);
        }
    }

    private static Process start(String name, List<String> program, String listener, String protocol, boolean trusted)
            throws IOException {
        List<String> command = new ArrayList<>(
                ProcessorProcess.JAVA_JAR.subList(0, ProcessorProcess.JAVA_JAR.size() - 1)); // up to the jar
        command.addAll(program);
        command.add("--bootstrap-servers=127.0.0.1:" + PORTS.get(listener));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log(name).toFile());
        builder.environment().clear();
        builder.environment().put("KAFKA_SECURITY_PROTOCOL", protocol);
        if (protocol.startsWith("SASL")) {
            builder.environment().put("KAFKA_SASL_MECHANISM", "PLAIN");
            builder.environment()
                    .put(
                            "KAFKA_SASL_JAAS_CONFIG",
                            "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"pump\" password=\"x\";");
        }
        if (trusted) {
            builder.environment()
                    .put(
                            "KAFKA_SSL_TRUSTSTORE_LOCATION",
                            folder.resolve("trusted.p12").toString());
            builder.environment().put("KAFKA_SSL_TRUSTSTORE_PASSWORD", STORE_PASSWORD);
        }
        return builder.start();
    }

    private static Path log(String program) {
        return folder.resolve(program + ".log");
    }
}
