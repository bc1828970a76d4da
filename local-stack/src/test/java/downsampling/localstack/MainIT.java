package downsampling.localstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command: in this JVM where it ends by itself, else the jar as people start it. */
class MainIT {

    private static final Path JAR = Path.of("target", "local-stack.jar");
    private static final Pattern READY = Pattern.compile("Kafka is ready on (127\\.0\\.0\\.1:\\d+), data in (.+)");

    private static final Pattern PAGE = Pattern.compile("The live page is on (http://localhost:\\d+)(.*)");
    private static final String STORE_PASSWORD = "night-heron";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path dir;

    private Process process;
    private BufferedReader stdout;

    @AfterEach
    void endProcess() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldExplainItself() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("--port", "--data-dir", "--http-port", "view", "Exit codes");
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --port 65536 | --port=65536: expected 0 to 65535
                    --port -1    | --port=-1: expected 0 to 65535
                    --port x     | --port=x: expected a whole number, 2147483647 at the most
                    --port       | --port: expected a value, PORT
                    --port=0 --port=-1 | --port=-1: expected 0 to 65535
                    --colour red | Unknown options: '--colour', 'red'
                    --http-port 65536 | --http-port=65536: expected 0 to 65535, or off
                    --http-port x | --http-port=x: expected 0 to 65535, or off
                    --late-topic ? | --late-topic=?: expected a topic's name, 1 to 249 of a to z, A to Z, 0 to 9, '.', '_' and '-'
                    view --late-topic raw-temperature | --late-topic=raw-temperature: expected another topic than that of --input-topic
                    view --zone CEST | --zone=CEST: expected a time zone such as UTC, Europe/Berlin or +02:00
                    view --http-port off | --http-port=off: expected a port, for there is nothing else to view
                    view --config missing | --config=missing: expected a properties file that can be read
                    view --bootstrap-servers x | --bootstrap-servers=x: expected HOST:PORT, several with commas between them
                    --http-port 0 view | --http-port: expected to stand after view, if it is for the page
                    """)
    void shouldRefuseWhatMakesNoSense(String arguments, String message) {
        assertThat(run(arguments.split(" "))).isEqualTo(2);
        assertThat(err.toString().lines()).containsExactly("local-stack: " + message);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void shouldFailInOneLineIfThePortIsInUse() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(run("--port", String.valueOf(other.getLocalPort()))).isEqualTo(1);
            assertThat(err.toString().lines())
                    .containsExactly("local-stack: Port %d on 127.0.0.1 is in use: Address already in use"
                            .formatted(other.getLocalPort()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "view "})
    void shouldFailInOneLineIfThePortAskedForThePageIsInUse(String command) throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(run((command + "--http-port " + other.getLocalPort()).split(" ")))
                    .isEqualTo(1);
            assertThat(err.toString().lines())
                    .singleElement()
                    .asString()
                    .matches("local-stack: The page cannot listen on 127.0.0.1:%d: Address already in use"
                            .formatted(other.getLocalPort()));
        }
    }

    @Test
    void shouldFailInOneLineIfTheFolderIsNone() throws IOException {
        Path file = Files.createFile(dir.resolve("file"));

        assertThat(run("--port", "0", "--data-dir", file.toString())).isEqualTo(1);
        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .startsWith("local-stack: Data folder %s cannot be created".formatted(file));
    }

    /** The folder that it would be unpacked into is a file, or the system has none. */
    @ParameterizedTest
    @CsvSource({
        "zstd, java.io.tmpdir=pom.xml, view",
        "snappy, org.xerial.snappy.use.systemlib=true, view",
        "zstd, java.io.tmpdir=pom.xml, --port=0",
        "snappy, org.xerial.snappy.use.systemlib=true, --port=0"
    })
    void shouldFailInOneLineIfNativeCodeThatRecordsMayNeedCannotBeLoaded(String library, String setting, String command)
            throws Exception {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-D" + setting,
                        "-jar",
                        JAR.toString(),
                        command,
                        "--http-port=0")
                .redirectErrorStream(true)
                .start();

        assertThat(process.inputReader().lines().filter(line -> !line.startsWith("WARNING: ")))
                .singleElement()
                .asString()
                .startsWith("local-stack: the native library of " + library + " cannot be loaded: ")
                .contains("; expected: a folder for temporary files (");
        assertThat(process.waitFor()).isEqualTo(1);
    }

    @Test
    void shouldServeUntilSigtermAndLeaveNothingBehind() throws Exception {
        Matcher ready = start(READY, Map.of(), "--port", "0", "--http-port", "0");
        String page = next(PAGE).group(1);

        try (Admin admin = Admin.create(Map.of("bootstrap.servers", ready.group(1)))) {
            assertThat(admin.listTopics().names().get()).isEmpty();
        }
        assertThat(status(page)).isEqualTo(200);
        assertThat(ready.group(2)).endsWith(" (temporary)");
        assertThat(dir.toFile().list()).isNotEmpty();

        // The process's own destroy() would close its streams, too.
        process.toHandle().destroy();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(dir).isEmptyDirectory();
        // JDK 24 and newer warn of what Kafka does with sun.misc.Unsafe.
        assertThat(process.errorReader().lines()).allMatch(line -> line.startsWith("WARNING: "));
    }

    @Test
    void shouldTakeItsOptionsFromTheEnvironment() throws Exception {
        Path data = dir.resolve("data");

        Matcher ready = start(
                READY,
                Map.of(
                        "LOCAL_STACK_PORT",
                        "0",
                        "LOCAL_STACK_DATA_DIR",
                        data.toString(),
                        "LOCAL_STACK_HTTP_PORT",
                        "off"));

        assertThat(ready.group(1)).doesNotEndWith(":19092").doesNotEndWith(":0");
        assertThat(ready.group(2)).isEqualTo(data.toString());
        assertThat(data.resolve("meta.properties")).exists();

        process.toHandle().destroy();

        assertThat(stdout.lines()).as("no page").isEmpty();
    }

    @Test
    void shouldTakeAFreePortForThePageIfTheDefaultOneIsInUse() throws Exception {
        ServerSocket other = null;
        try {
            other = new ServerSocket(PageConfig.DEFAULT_PORT, 1, InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            // Somebody else uses it: all the better.
        }
        try {
            Matcher page = start(PAGE, Map.of(), "view");

            assertThat(page.group(2)).isEqualTo(" (port 8080 is in use)");
            assertThat(status(page.group(1))).isEqualTo(200);
        } finally {
            if (other != null) {
                other.close();
            }
        }
    }

    @Test
    void shouldViewABrokerByTlsAndPasswordAndTellNobodyThePassword() throws Exception {
        Path store = dir.resolve("broker.p12");
        Path certificate = dir.resolve("broker.pem");
        keytool("-genkeypair -alias broker -keyalg RSA -dname CN=broker -ext san=ip:127.0.0.1 -keystore " + store);
        keytool("-exportcert -alias broker -rfc -file " + certificate + " -keystore " + store);
        Map<String, String> trust =
                Map.of("ssl.truststore.type", "PEM", "ssl.truststore.location", certificate.toString());
        Map<String, String> broker = new HashMap<>(trust);
        broker.putAll(Map.of(
                "listener.security.protocol.map", "CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT",
                "ssl.keystore.type", "PKCS12",
                "ssl.keystore.location", store.toString(),
                "ssl.keystore.password", STORE_PASSWORD,
                "sasl.enabled.mechanisms", "PLAIN",
                "sasl.mechanism.inter.broker.protocol", "PLAIN",
                "listener.name.client.plain.sasl.jaas.config",
                        jaas("broker", "tree-frog") + " user_broker=\"tree-frog\" user_viewer=\"water-lily\";"));
        Map<String, Object> client = new HashMap<>(trust);
        client.put("security.protocol", "SASL_SSL");
        client.put("sasl.mechanism", "PLAIN");
        client.put("sasl.jaas.config", jaas("viewer", "water-lily") + ";");

        try (LocalKafka kafka = LocalKafka.start(0, dir.resolve("data"), broker)) {
            client.put("bootstrap.servers", kafka.bootstrapServers());
            Map<String, String> environment = new HashMap<>();
            client.forEach((name, value) ->
                    environment.put("KAFKA_" + name.toUpperCase(Locale.ROOT).replace('.', '_'), value.toString()));
            try (Topics topics = new Topics(client).create()) {
                topics.summary("Sensor1", 0, 3, 1, 9, 4.25);
                String page = start(
                                PAGE,
                                environment,
                                ("view --http-port 0 --input-topic %s --output-topic %s --late-topic %s --dead-topic %s"
                                                .formatted(topics.readings, topics.summaries, topics.late, topics.dead))
                                        .split(" "))
                        .group(1);
                try (EventStream stream = new EventStream(page, "")) {
                    stream.await("the summary", u -> u.has("summaries"));
                }
            }
            stopAndExpectNoWord("water-lily");

            environment.put("KAFKA_SASL_JAAS_CONFIG", jaas("viewer", "water-snake") + ";");
            start(PAGE, environment, "view", "--http-port", "0");
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(1);
            assertThat(stdout.lines()).isEmpty();
            assertThat(process.errorReader().lines())
                    .singleElement()
                    .asString()
                    .startsWith("local-stack: ")
                    .contains("Authentication failed")
                    .doesNotContain("water-snake");
        }
    }

    private void stopAndExpectNoWord(String password) throws Exception {
        process.toHandle().destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(stdout.lines()).noneMatch(line -> line.contains(password));
        assertThat(process.errorReader().lines()).noneMatch(line -> line.contains(password));
    }

    private static String jaas(String user, String password) {
        return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%s\" password=\"%s\""
                .formatted(user, password);
    }

    private void keytool(String arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments.split(" ")));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", STORE_PASSWORD));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
    }

    private static int status(String page) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(page)).build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private int run(String... arguments) {
        return Main.commandLine(System.getenv())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    /** Starts the jar, with {@link #dir} as the folder for temporary files, and waits for its first line. */
    private Matcher start(Pattern first, Map<String, String> environment, String... arguments) throws IOException {
        assertThat(JAR).as("built by the phase package").exists();
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        ProcessBuilder builder = new ProcessBuilder(java.toString(), "-Djava.io.tmpdir=" + dir, "-jar", JAR.toString());
        builder.command().addAll(List.of(arguments));
        builder.environment().putAll(environment);
        process = builder.start();
        stdout = process.inputReader();
        return next(first);
    }

    private Matcher next(Pattern expected) throws IOException {
        String line = stdout.readLine();
        assertThat(line)
                .as(() -> process.errorReader().lines().toList().toString())
                .isNotNull();
        Matcher matcher = expected.matcher(line);
        assertThat(matcher.matches()).as(line).isTrue();
        return matcher;
    }
}
