package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Unfinished files are removed with their run, however it ends, and those of another run that is at work stay. */
class WorkspaceTest {

    @TempDir
    Path folder;

    @Test
    void goesWithWhatIsInIt() throws IOException {
        try (Workspace workspace = Workspace.in(folder.toFile())) {
            Files.writeString(workspace.file("result").toPath(), "half");
            assertThat(names()).hasSize(1).allMatch(name -> name.startsWith("."));
        }
        assertThat(names()).isEmpty();
    }

    @Test
    void removesWhatAKilledRunHasLeftAndNothingOfOthers() throws Exception {
        Process killed = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Waiting.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        assertThat(killed.inputReader().readLine()).isEqualTo("made");
        Files.createDirectory(folder.resolve(".someone-elses.tmp"));
        try (Workspace own = Workspace.in(folder.toFile())) {
            assertThat(names()).as("while it lives").hasSize(3);
            killed.destroyForcibly().waitFor();
            Workspace.in(folder.toFile()).close();
            assertThat(names())
                    .containsExactlyInAnyOrder(
                            ".someone-elses.tmp", own.file("x").getParentFile().getName());
        }
    }

    /** Has the main method of a JVM of its own. */
    static final class Waiting {
        public static void main(String... args) throws Exception {
            Workspace workspace = Workspace.in(Path.of(args[0]).toFile());
            Files.writeString(workspace.file("result").toPath(), "half");
            System.out.println("made");
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
