package downsampling.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

/** The command line: in this JVM where it ends by itself, otherwise the jar as people start it. */
class MainIT {

    private static final Path JAR = Path.of("target", "local-broker.jar");
    private static final Pattern READY = Pattern.compile("Kafka is ready on (127\\.0\\.0\\.1:\\d+), data in (.+)");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path dir;

    private Process process;

    @AfterEach
    void endProcess() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldExplainItself() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("--port", "--data-dir", "Exit codes");
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
                    """)
    void shouldRefuseWhatMakesNoSense(String arguments, String message) {
        assertThat(run(arguments.split(" "))).isEqualTo(2);
        assertThat(err.toString().lines()).containsExactly("local-broker: " + message);
        assertThat(out.toString()).isEmpty();
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
                        "--port=0")
                .redirectErrorStream(true)
                .start();

        assertThat(process.inputReader().lines().filter(line -> !line.startsWith("WARNING: ")))
                .singleElement()
                .asString()
                .startsWith("local-broker: the native library of " + library + " cannot be loaded: ")
                .contains("; expected: a folder for temporary files (");
        assertThat(process.waitFor()).isEqualTo(1);
    }

    @Test
    void shouldFailInOneLineIfThePortIsInUse() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(run("--port", String.valueOf(other.getLocalPort()))).isEqualTo(1);
            assertThat(err.toString().lines())
                    .containsExactly("local-broker: Port %d on 127.0.0.1 is in use: Address already in use"
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
                .startsWith("local-broker: Data folder %s cannot be created".formatted(file));
    }

    @Test
    void shouldServeUntilSigtermAndLeaveNothingBehind() throws Exception {
        Matcher ready = start(Map.of(), "--port", "0");

        try (Admin admin = Admin.create(Map.of("bootstrap.servers", ready.group(1)))) {
            assertThat(admin.listTopics().names().get()).isEmpty();
        }
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

        Matcher ready = start(Map.of("LOCAL_BROKER_PORT", "0", "LOCAL_BROKER_DATA_DIR", data.toString()));

        assertThat(ready.group(1)).doesNotEndWith(":19092").doesNotEndWith(":0");
        assertThat(ready.group(2)).isEqualTo(data.toString());
        assertThat(data.resolve("meta.properties")).exists();
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
        String line = process.inputReader().readLine();
        assertThat(line)
                .as(() -> process.errorReader().lines().toList().toString())
                .isNotNull();
        Matcher matcher = READY.matcher(line);
        assertThat(matcher.matches()).as(line).isTrue();
        return matcher;
    }
}
