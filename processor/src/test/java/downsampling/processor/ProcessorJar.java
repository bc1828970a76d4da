package downsampling.processor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The jar as users start it, in a process that can be killed. */
final class ProcessorJar implements AutoCloseable {
    private static final Path JAR = Path.of("target/processor.jar");

    private final Process process;
    private final Path log;

    private ProcessorJar(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    static ProcessorJar start(List<String> options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"), "-Xmx128m", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-jar", JAR.toString()));
        command.addAll(options);
        Path log = Files.createTempFile("processor-it-", ".log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new ProcessorJar(process, log);
    }

    /** What it has printed so far. */
    String output() throws IOException {
        return Files.readString(log);
    }

    /** SIGKILL: no chance to commit, to leave the group or to say anything. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM; returns the exit code. */
    int terminate() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("still there a minute after SIGTERM");
        }
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(log);
    }
}
