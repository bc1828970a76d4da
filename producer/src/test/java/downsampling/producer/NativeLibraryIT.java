package downsampling.producer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The jar where native code cannot be loaded: the folder to unpack it into is a file, or the system has none. */
class NativeLibraryIT {

    @ParameterizedTest
    @CsvSource({"zstd, java.io.tmpdir=pom.xml", "snappy, org.xerial.snappy.use.systemlib=true"})
    void shouldEndInOneLineWhereItsCompressionCannotBeLoaded(String compression, String setting) throws Exception {
        assertThat(run(compression, setting))
                .singleElement()
                .asString()
                .startsWith("producer: the native library of " + compression + " cannot be loaded: ")
                .contains("; expected: a folder for temporary files (")
                .endsWith("in a folder of java.library.path");
    }

    @ParameterizedTest
    @CsvSource({
        "lz4, java.io.tmpdir=pom.xml",
        "gzip, java.io.tmpdir=pom.xml",
        "none, java.io.tmpdir=pom.xml",
        "zstd, org.xerial.snappy.use.systemlib=true"
    })
    void shouldNotAskForNativeCodeThatItDoesNotNeed(String compression, String setting) throws Exception {
        assertThat(run(compression, setting))
                .last()
                .asString()
                .contains("localhost:1")
                .doesNotContain("native");
    }

    /** What it writes on standard error, where no broker is there. */
    private static List<String> run(String compression, String setting) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-D" + setting,
                        "-jar",
                        "target/producer.jar",
                        "--bootstrap-servers=localhost:1",
                        "--wait=1s")
                .redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("KAFKA_COMPRESSION_TYPE", compression);
        Process process = builder.start();
        List<String> lines = process.inputReader()
                .lines()
                .filter(line -> !line.startsWith("WARNING: ")) // of JDK 24 and newer
                .toList();
        assertThat(process.waitFor()).isEqualTo(1);
        return lines;
    }
}
