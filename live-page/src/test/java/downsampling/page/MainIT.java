package downsampling.page;

import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.LocalKafka;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line: in this JVM where it ends by itself, otherwise the jar as people start it. */
class MainIT {

    private static final Path JAR = Path.of("target", "live-page.jar");
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
        assertThat(out.toString()).contains("--bootstrap-servers", "--http-port", "--input-topic", "Exit codes");
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --colour red | Unknown options: '--colour', 'red'
                    --http-port 65536 | --http-port=65536: expected 0 to 65535
                    --http-port x | --http-port=x: expected a whole number, 2147483647 at the most
                    --late-topic ? | --late-topic=?: expected a topic's name, 1 to 249 of a to z, A to Z, 0 to 9, '.', '_' and '-'
                    --late-topic raw-temperature | --late-topic=raw-temperature: expected another topic than that of --input-topic
                    --rollups 7m | --rollups=7m: expected a duration that divides a day, such as 1m, 15m or 1h, or 1d, 1w or 1mo
                    --rollups 1m, | --rollups=: expected a duration that divides a day, such as 1m, 15m or 1h, or 1d, 1w or 1mo
                    --rollups 1m,60s | --rollups=agg-temperature-1m: expected another topic than that of --rollups
                    --dead-topic agg-temperature-1d --rollups 24h | --rollups=agg-temperature-1d: expected another topic than that of --dead-topic
                    --status-topic raw-temperature | --status-topic=raw-temperature: expected another topic than that of --input-topic
                    --zone CEST | --zone=CEST: expected a time zone such as UTC, Europe/Berlin or +02:00
                    --fields a,b=,c | --fields=: expected the name of a member, or a JSON Pointer such as /data/0/temp
                    --fields a,a=/b | --fields=a,a=/b: expected NAME=POINTER,... with 64 names at the most, each once
                    --fields a=/b~2 | --fields=/b~2: expected the name of a member, or a JSON Pointer such as /data/0/temp
                    --time-unit min | --time-unit=min: expected s or ms or us or ns
                    --config missing | --config=missing: expected a properties file that can be read
                    --bootstrap-servers x | --bootstrap-servers=x: expected HOST:PORT, several with commas between them
                    """)
    void shouldRefuseWhatMakesNoSense(String arguments, String message) {
        assertThat(run(arguments.split(" "))).isEqualTo(2);
        assertThat(err.toString().lines()).containsExactly("live-page: " + message);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void shouldFailInOneLineIfThePortAskedForIsInUse() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(run("--http-port", String.valueOf(other.getLocalPort()))).isEqualTo(1);
            assertThat(err.toString().lines())
                    .containsExactly("live-page: The page cannot listen on 127.0.0.1:%d: Address already in use"
                            .formatted(other.getLocalPort()));
        }
    }

    /** The library cannot be unpacked, since the folder for it is a file, or the system has no such library. */
    @ParameterizedTest
    @CsvSource({"zstd, java.io.tmpdir=pom.xml", "snappy, org.xerial.snappy.use.systemlib=true"})
    void shouldFailInOneLineIfNativeCodeThatRecordsMayNeedCannotBeLoaded(String library, String setting)
            throws Exception {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-D" + setting,
                        "-jar",
                        JAR.toString(),
                        "--http-port=0")
                .redirectErrorStream(true)
                .start();

        assertThat(process.inputReader().lines().filter(line -> !line.startsWith("WARNING: ")))
                .singleElement()
                .asString()
                .startsWith("live-page: the native library of " + library + " cannot be loaded: ")
                .contains("; expected: a folder for temporary files (");
        assertThat(process.waitFor()).isEqualTo(1);
    }

    @Test
    void shouldTakeItsOptionsFromTheEnvironmentAndServeUntilSigterm() throws Exception {
        Matcher page = start(Map.of("LIVE_PAGE_HTTP_PORT", "0", "LIVE_PAGE_BOOTSTRAP_SERVERS", "127.0.0.1:1"));

        assertThat(page.group(1)).doesNotEndWith(":0");
        assertThat(page.group(2)).isEmpty();
        assertThat(status(page.group(1))).isEqualTo(200);

        process.toHandle().destroy();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void shouldTakeAFreePortForThePageIfTheDefaultOneIsInUse() throws Exception {
        ServerSocket other = null;
        try {
            other = new ServerSocket(PageAddress.DEFAULT_PORT, 1, InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            // Somebody else uses it: all the better.
        }
        try {
            Matcher page = start(Map.of());

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
            try (TestTopics topics = new TestTopics(client).create()) {
                topics.summary("Sensor1", 0, 3, 1, 9, 4.25);
                String options = "--http-port 0 --input-topic %s --output-topic %s --late-topic %s --dead-topic %s"
                        .formatted(topics.readings, topics.summaries, topics.late, topics.dead);
                String page = start(environment, options.split(" ")).group(1);
                try (EventStream stream = new EventStream(page, "")) {
                    stream.await("the summary", u -> u.has("summaries"));
                }
            }
            stopAndExpectNoWord("water-lily");

            environment.put("KAFKA_SASL_JAAS_CONFIG", jaas("viewer", "water-snake") + ";");
            start(environment, "--http-port", "0");
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(1);
            assertThat(stdout.lines()).isEmpty();
            assertThat(process.errorReader().lines())
                    .singleElement()
                    .asString()
                    .startsWith("live-page: ")
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
    private Matcher start(Map<String, String> environment, String... arguments) throws IOException {
        assertThat(JAR).as("built by the phase package").exists();
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        ProcessBuilder builder = new ProcessBuilder(java.toString(), "-Djava.io.tmpdir=" + dir, "-jar", JAR.toString());
        builder.command().addAll(List.of(arguments));
        builder.environment().putAll(environment);
        process = builder.start();
        stdout = process.inputReader();
        String line = stdout.readLine();
        assertThat(line)
                .as(() -> process.errorReader().lines().toList().toString())
                .isNotNull();
        Matcher matcher = PAGE.matcher(line);
        assertThat(matcher.matches()).as(line).isTrue();
        return matcher;
    }
}
