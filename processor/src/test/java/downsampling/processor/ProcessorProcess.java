package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One instance of the processor as users start it: a process that can be killed, stopped, paused and started again. */
final class ProcessorProcess implements AutoCloseable {
    static final List<String> JAVA_JAR = List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-jar",
            Path.of("target", "processor.jar").toAbsolutePath().toString());

    private static final String SIGTERM_BEFORE_ITS_HOOK = "143";

    private final Path log;
    private final Thread lastResort = new Thread(this::destroy);
    private Process process;
    private int starts;
    private long logBefore;

    /** @param log where the output of all starts goes */
    ProcessorProcess(Path log) {
        this.log = log;
        Runtime.getRuntime().addShutdownHook(lastResort);
    }

    /** One that is started once, and whose output nobody needs afterwards. */
    static ProcessorProcess started(List<String> options) throws IOException {
        Path log = Files.createTempFile("processor-it-", ".log");
        log.toFile().deleteOnExit();
        ProcessorProcess process = new ProcessorProcess(log);
        process.start(options);
        return process;
    }

    void start(List<String> options) {
        List<String> command = new ArrayList<>(JAVA_JAR);
        command.addAll(options);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().clear(); // variables are defaults of options
        try {
            logBefore = Files.exists(log) ? Files.size(log) : 0;
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        starts++;
    }

    /** SIGKILL: no chance to commit, to leave the group or to say anything. */
    void kill() throws InterruptedException {
        assertAlive();
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM: has to end it in good order, with exit code 0, unless it came before the program could know of it. */
    void terminate() throws Exception {
        assertAlive();
        boolean started = output().contains("RUNNING");
        process.destroy();
        assertThat(process.waitFor(Service.CLOSE_TIMEOUT.toSeconds() + 20, TimeUnit.SECONDS))
                .as("%s ends after SIGTERM", this)
                .isTrue();
        String exitCode = String.valueOf(process.exitValue());
        if (started) {
            assertThat(exitCode).as("exit code of %s", this).isEqualTo("0");
        } else {
            assertThat(exitCode).as("exit code of %s", this).isIn("0", SIGTERM_BEFORE_ITS_HOOK);
        }
    }

    void pause() throws Exception {
        assertAlive();
        signal("STOP");
    }

    void resume() throws Exception {
        signal("CONT");
    }

    /** That it did not end by itself. */
    void assertAlive() {
        assertThat(process.isAlive())
                .as(() -> this + " runs, and has not ended with exit code " + process.exitValue())
                .isTrue();
    }

    /** What this start has printed up to now. */
    String output() throws IOException {
        byte[] all = Files.readAllBytes(log);
        return new String(all, (int) logBefore, all.length - (int) logBefore);
    }

    private void signal(String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private void destroy() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Override
    public void close() {
        destroy();
        if (process != null) {
            process.onExit().join();
        }
        Runtime.getRuntime().removeShutdownHook(lastResort);
    }

    @Override
    public String toString() {
        return "process " + process.pid() + " (start " + starts + ", output in " + log + ")";
    }
}
