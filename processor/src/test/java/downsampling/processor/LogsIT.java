package downsampling.processor;

import static downsampling.processor.Pipeline.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import downsampling.broker.LocalKafka;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the jars write, against a broker that asks for a password: never the password, and each event on one line. */
class LogsIT {
    private static final String PASSWORD = "tell-nobody-7319";
    private static final String JAAS =
            "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"user\" password=\"" + PASSWORD
                    + "\";";

    private static LocalKafka kafka;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        kafka = LocalKafka.start(
                0,
                null,
                Map.of(
                        "listener.security.protocol.map",
                        "CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                        "sasl.enabled.mechanisms",
                        "PLAIN",
                        "sasl.mechanism.inter.broker.protocol",
                        "PLAIN",
                        "listener.name.client.plain.sasl.jaas.config",
                        JAAS.replace(";", " user_user=\"" + PASSWORD + "\";")));
    }

    @AfterAll
    static void stop() {
        kafka.close();
    }

    @Test
    void shouldNeverWriteAPassword() throws Exception {
        Map<String, String> environment = environment();
        for (String level : List.of("INFO", "DEBUG")) {
            environment.put("LOG_LEVEL", level);
            String producer = run("producer", environment, "--count", "10", "--rate", "max");
            assertThat(producer)
                    .contains("sent 10, failed 0")
                    .contains(level + " ", "sasl.jaas.config = [hidden]")
                    .doesNotContain(PASSWORD);
            assertThat(processorUntilItRuns(environment))
                    .contains(level + " ", "sasl.jaas.config = [hidden]")
                    .doesNotContain(PASSWORD);
        }
        Path file = Files.writeString(
                folder.resolve("client.properties"), "sasl.mechanism=PLAIN\nsasl.jaas.config=" + JAAS + "\n");
        for (String jar : List.of("producer", "processor")) {
            assertThat(run(jar, environment, "--help", "--config", file.toString()))
                    .contains("--log-format")
                    .doesNotContain(PASSWORD);
            assertThat(run(jar, environment, "--config", file.toString(), "--retention", "soon"))
                    .contains("--retention=soon: expected a duration")
                    .doesNotContain(PASSWORD);
        }
    }

    /** Kafka's own message tells the word at which it gave up, which may be half of a password with a space in it. */
    @Test
    void shouldNotWriteAPasswordThatWasWrittenWrongly() throws Exception {
        Map<String, String> environment = environment();
        environment.put("KAFKA_SASL_JAAS_CONFIG", JAAS.replace("\"", "").replace(PASSWORD, "very " + PASSWORD));
        for (String jar : List.of("producer", "processor")) {
            assertThat(run(jar, environment, "--wait", "1s"))
                    .contains("sasl.jaas.config")
                    .doesNotContain(PASSWORD);
        }
    }

    @Test
    void shouldWriteEachEventAsOneLineOfJson() throws Exception {
        Map<String, String> environment = environment();
        environment.put("LOG_LEVEL", "DEBUG");
        environment.put("PROCESSOR_LOG_FORMAT", "json");

        List<Map<String, String>> events = new ArrayList<>();
        for (String line : processorUntilItRuns(environment).split("\n")) {
            events.add(read(line));
        }

        assertThat(events).hasSizeGreaterThan(100).allSatisfy(event -> {
            assertThat(Instant.parse(event.get("time"))).isBefore(Instant.now());
            assertThat(event).containsKeys("level", "loggerName", "threadName", "message");
        });
        assertThat(events)
                .as("a message of many lines")
                .anyMatch(event -> event.get("message").contains("sasl.jaas.config = [hidden]"));
        assertThat(read(run("processor", environment, "--threads", "0")).get("message"))
                .isEqualTo("--threads=0: expected 1 to 1000");
    }

    private static Map<String, String> environment() {
        return new HashMap<>(Map.of(
                "KAFKA_BOOTSTRAP_SERVERS",
                kafka.bootstrapServers(),
                "KAFKA_SECURITY_PROTOCOL",
                "SASL_PLAINTEXT",
                "KAFKA_SASL_MECHANISM",
                "PLAIN",
                "KAFKA_SASL_JAAS_CONFIG",
                JAAS));
    }

    private String processorUntilItRuns(Map<String, String> environment) throws Exception {
        Path log = folder.resolve("processor.log");
        Process process = start("processor", environment, log);
        try {
            await("the processor runs", () -> Files.readString(log).contains("State RUNNING"));
            process.destroy();
            process.waitFor();
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(log);
    }

    private String run(String jar, Map<String, String> environment, String... options) throws Exception {
        Path log = folder.resolve(jar + ".log");
        start(jar, environment, log, options).waitFor();
        return Files.readString(log);
    }

    private static Process start(String jar, Map<String, String> environment, Path log, String... options)
            throws IOException {
        List<String> command = new ArrayList<>(ProcessorProcess.JAVA_JAR);
        command.set(command.size() - 1, "../" + jar + "/target/" + jar + ".jar");
        command.addAll(List.of(options));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().clear(); // variables are defaults of options
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** The outermost fields that hold a text. */
    private static Map<String, String> read(String line) throws IOException {
        Map<String, String> fields = new HashMap<>();
        try (JsonParser json = new JsonFactory().createParser(line)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                if (json.nextToken() == JsonToken.VALUE_STRING) {
                    fields.put(name, json.getText());
                }
                json.skipChildren();
            }
            assertThat(json.nextToken()).as("behind the object").isNull();
        }
        return fields;
    }
}
