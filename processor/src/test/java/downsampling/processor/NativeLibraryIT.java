package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The jar where native code cannot be loaded: the folder to unpack it into is a file, or the system has none. */
class NativeLibraryIT {
    private static final String NO_ROCKSDB = "ROCKSDB_SHAREDLIB_DIR";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    zstd    | -Djava.io.tmpdir=pom.xml                | --state-store=memory
                    snappy  | -Dorg.xerial.snappy.use.systemlib=true  | --state-store=memory
                    RocksDB | ROCKSDB_SHAREDLIB_DIR                   | --state-store=rocksdb
                    RocksDB | ROCKSDB_SHAREDLIB_DIR                   | --topology=dsl
                    zstd    | -Djava.io.tmpdir=pom.xml                | audit
                    snappy  | -Dorg.xerial.snappy.use.systemlib=true  | audit
                    """)
    void shouldEndInOneLineWhereALibraryThatIsNeededCannotBeLoaded(String library, String setting, String option)
            throws Exception {
        assertThat(run(setting, option))
                .singleElement()
                .asString()
                .startsWith("processor: the native library of " + library + " cannot be loaded: ")
                .contains("; expected: a folder for temporary files (")
                .endsWith("in a folder of java.library.path");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--state-store=memory", "audit"})
    void shouldNotAskForRocksDbWhereNothingIsKeptInIt(String option) throws Exception {
        assertThat(run(NO_ROCKSDB, option))
                .last()
                .asString()
                .contains("localhost:1")
                .doesNotContain("native");
    }

    /** What it prints, where no broker is there. */
    private static List<String> run(String setting, String option) throws Exception {
        List<String> command = new ArrayList<>(ProcessorProcess.JAVA_JAR);
        command.addAll(List.of("--bootstrap-servers=localhost:1", "--wait=1s", option));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        if (setting.equals(NO_ROCKSDB)) {
            builder.environment().put(NO_ROCKSDB, "pom.xml");
        } else {
            command.add(1, setting);
        }
        Process process = builder.start();
        List<String> lines = process.inputReader()
                .lines()
                .filter(line -> !line.startsWith("WARNING: ")) // of JDK 24 and newer
                .toList();
        assertThat(process.waitFor()).isEqualTo(1);
        return lines;
    }
}
