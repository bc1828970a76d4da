package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts the jar as users do, in a process of its own, without Spark and with Spark's jars beside it. */
class SparkMainIT {

    @TempDir
    Path folder;

    @Test
    void runsWithSparkInTheFolderLibAndSaysSoWithout() throws Exception {
        Path jar = Files.copy(Path.of("target", "batch-aggregator-spark.jar"), folder.resolve("program.jar"));
        Files.createDirectory(folder.resolve("logs"));
        Files.writeString(
                folder.resolve("logs/2025-01-01.log.csv"),
                "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9\n2025-01-01 01:00:00,\"u\nv\",a,1,2,3,4,5,6,7,8,9\nbad\n");
        assertThat(run(jar)).isEqualTo(1);
        assertThat(err())
                .isEqualTo("aggregate: Apache Spark was not found: start this jar with spark-submit, or put"
                        + " Spark's jars into a folder lib beside it\n");

        Path lib = Files.createDirectory(folder.resolve("lib"));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (entry.endsWith(".jar")) {
                Files.createSymbolicLink(lib.resolve(Path.of(entry).getFileName()), Path.of(entry));
            }
        }
        assertThat(run(jar)).as(this::err).isZero();
        assertThat(Files.readString(folder.resolve("results/result.csv"))).isEqualTo("""
                        timestamp,user,metric_1,metric_2,metric_3,metric_4,metric_5,metric_6,metric_7,metric_8,metric_9
                        2025-01-01 00:00:00,u,1,2,3,4,5,6,7,8,9
                        2025-01-01 00:00:00,"u
                        v",1,2,3,4,5,6,7,8,9
                        """);
        assertThat(err().lines())
                .last()
                .asString()
                .endsWith("line 4, column 1: found 1 field, expected at least 12 fields");
        assertThat(Files.readString(folder.resolve("out"))).contains("rows read           3");
    }

    /** Removes the links before JUnit does, which would print a warning for each. */
    @AfterEach
    void removeLinks() throws IOException {
        try (var links = Files.list(folder.resolve("lib"))) {
            for (Path link : links.toList()) {
                Files.delete(link);
            }
        }
    }

    private String err() {
        try {
            return Files.readString(folder.resolve("err"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private int run(Path jar) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-jar", jar.toString(), "--master=local[2]", "--input-dir=logs"));
        command.addAll(List.of("--from_datetime=2025-01-01", "--to_datetime=2025-01-02"));
        command.addAll(List.of("--granularity=1day", "--dimensions=user"));
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start()
                .waitFor();
    }
}
