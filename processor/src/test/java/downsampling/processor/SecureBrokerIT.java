package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.LocalKafka;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Producer and processor as users start them, against a broker that speaks TLS and wants a password (SASL/PLAIN). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SecureBrokerIT {
    private static final String PASSWORD = "Tr0ub4dor-and-3";
    private static final String WRONG_PASSWORD = "corr3ct-horse";
    private static final String STORE_PASSWORD = "battery-staple";

    @TempDir
    private static Path folder;

    private LocalKafka broker;
    private Path trustStore;

    @BeforeAll
    void startBroker() throws Exception {
        Path keyStore = folder.resolve("broker.p12");
        Path certificate = folder.resolve("broker.pem");
        trustStore = folder.resolve("trusted.p12");
        keytool(
                "-genkeypair -alias broker -keyalg EC -dname CN=localhost -ext san=ip:127.0.0.1,dns:localhost -keystore",
                keyStore);
        keytool("-exportcert -rfc -alias broker -file " + certificate + " -keystore", keyStore);
        keytool("-importcert -noprompt -alias broker -file " + certificate + " -keystore", trustStore);

        Map<String, String> secured = new HashMap<>();
        secured.put("listener.security.protocol.map", "CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT");
        secured.put("sasl.enabled.mechanisms", "PLAIN");
        secured.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
        secured.put(
                "listener.name.client.plain.sasl.jaas.config",
                jaas(PASSWORD).replace(";", " user_pump=\"" + PASSWORD + "\";"));
        secured.put("ssl.keystore.location", keyStore.toString());
        secured.put("ssl.keystore.password", STORE_PASSWORD);
        secured.put("ssl.truststore.location", trustStore.toString());
        secured.put("ssl.truststore.password", STORE_PASSWORD);
        broker = LocalKafka.start(0, null, secured);
    }

    @AfterAll
    void stopBroker() {
        if (broker != null) {
            broker.close();
        }
    }

    private void keytool(String arguments, Path store) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments.split(" ")));
        command.addAll(List.of(store.toString(), "-storetype", "PKCS12", "-storepass", STORE_PASSWORD));
        assertThat(new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("keytool.log").toFile())
                        .start()
                        .waitFor())
                .as(() -> "keytool " + arguments)
                .isZero();
    }

    private static String jaas(String password) {
        return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"pump\" password=\""
                + password + "\";";
    }

    private Map<String, String> settings(String password) {
        return Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "security.protocol",
                "SASL_SSL",
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                jaas(password),
                "ssl.truststore.location",
                trustStore.toString(),
                "ssl.truststore.password",
                STORE_PASSWORD);
    }

    /** Where a program finds its settings. */
    private enum From {
        FILE,
        ENVIRONMENT
    }

    /** What a program came to, and all it printed. */
    private record Outcome(int exitCode, String output) {}

    private Process start(String program, From from, String password, String... options) throws IOException {
        List<String> command = new ArrayList<>(ProcessorProcess.JAVA_JAR);
        command.set(
                command.size() - 1,
                Path.of("..", program, "target", program + ".jar").toString());
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log(program).toFile());
        builder.environment().clear();
        if (from == From.FILE) {
            Properties properties = new Properties();
            properties.putAll(settings(password));
            Path file = Files.createTempFile(folder, "client", ".properties");
            try (var out = Files.newBufferedWriter(file)) {
                properties.store(out, null);
            }
            builder.command().addAll(List.of("--config", file.toString()));
        } else {
            settings(password)
                    .forEach((name, value) -> builder.environment()
                            .put("KAFKA_" + name.toUpperCase(Locale.ROOT).replace('.', '_'), value));
        }
        return builder.start();
    }

    private Path log(String program) {
        return folder.resolve(program + ".log");
    }

    private Outcome end(String program, Process process) throws Exception {
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS))
                    .as("the %s ends: %s", program, Files.readString(log(program)))
                    .isTrue();
            return new Outcome(process.exitValue(), Files.readString(log(program)));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldWorkWithSettingsFromAFileAndFromTheEnvironment() throws Exception {
        Process processor = start("processor", From.FILE, PASSWORD, "--idle-close=2s");
        try {
            Outcome produced =
                    end("producer", start("producer", From.ENVIRONMENT, PASSWORD, "--count=100", "--rate=max"));
            assertThat(produced.exitCode()).as(produced.output()).isZero();

            assertThat(summarised()).isEqualTo(100);
        } finally {
            processor.destroy();
        }
        Outcome processed = end("processor", processor);
        assertThat(processed.exitCode()).as(processed.output()).isZero();
        assertThat(processed.output() + Files.readString(log("producer"))).doesNotContain(PASSWORD, STORE_PASSWORD);
    }

    /** Readings in the summaries there are, once they are all there. */
    private long summarised() {
        Map<String, Object> settings = new HashMap<>(settings(PASSWORD));
        settings.put("group.id", "test");
        settings.put("auto.offset.reset", "earliest");
        settings.put("isolation.level", "read_committed");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("agg-temperature"));
            long count = 0;
            for (long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
                    count < 100 && System.nanoTime() < deadline; ) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofSeconds(1));
                for (var summary : records) {
                    count += Long.parseLong(summary.value().replaceFirst(".*\"count\":(\\d+).*", "$1"));
                }
            }
            return count;
        }
    }

    @Test
    void shouldSayInOneLineThatAPasswordIsWrong() throws Exception {
        for (String program : List.of("processor", "producer")) {
            for (From from : From.values()) {
                Outcome outcome = end(program, start(program, from, WRONG_PASSWORD));
                assertThat(outcome.exitCode()).isEqualTo(1);
                assertThat(outcome.output().lines().filter(line -> !line.contains("waiting up to ")))
                        .singleElement()
                        .asString()
                        .startsWith(program + ": ")
                        .contains("Authentication failed");
                assertThat(outcome.output()).doesNotContain(WRONG_PASSWORD, STORE_PASSWORD);
            }
        }
    }

    @Test
    void shouldNotShowPasswordsInTheHelp() throws Exception {
        for (String program : List.of("processor", "producer")) {
            Outcome outcome = end(program, start(program, From.ENVIRONMENT, PASSWORD, "--help"));
            assertThat(outcome.exitCode()).isZero();
            assertThat(outcome.output()).contains("--config").doesNotContain(PASSWORD, STORE_PASSWORD);
        }
    }
}
