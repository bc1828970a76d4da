package downsampling.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A program as users start it: a process that can be killed, stopped, paused and started again. */
public class JarProcess implements AutoCloseable {
    /** An exit code of the JVM. */
    private static final int SIGTERM_BEFORE_ITS_HOOK = 143;

    private final Path jar;
    private final Path log;
    private final Thread lastResort = new Thread(this::destroy);
    private Process process;
    private int starts;
    private long logBefore;

    /**
     * Prepares a process.
     *
     * @param jar what to run
     * @param log where the output of all starts goes
     */
    public JarProcess(Path jar, Path log) {
        this.jar = jar;
        this.log = log;
        Runtime.getRuntime().addShutdownHook(lastResort);
    }

    /** The jar of another module of the same name, seen from the folder of a module. */
    public static Path ofModule(String module) {
        return Path.of("..", module, "target", module + ".jar").toAbsolutePath().normalize();
    }

    /** How a jar is run in tests: with little memory, and soon. */
    public static List<String> javaJar(Path jar) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                jar.toAbsolutePath().toString());
    }

    public final void start(List<String> options) {
        start(options, Map.of());
    }

    /** @param environment the whole of it: variables are defaults of options */
    public final void start(List<String> options, Map<String, String> environment) {
        List<String> command = new ArrayList<>(javaJar(jar));
        command.addAll(options);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            logBefore = Files.exists(log) ? Files.size(log) : 0;
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        starts++;
    }

    /** Waits until this start has printed what is looked for. */
    public final void await(Predicate<String> output) throws Exception {
        for (long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
                !output.test(output());
                Thread.sleep(50)) {
            assertThat(isAlive() && System.nanoTime() < deadline)
                    .as(() -> this + " has printed " + output())
                    .isTrue();
        }
    }

    /** SIGKILL: no chance to end anything in good order. */
    public final void kill() throws InterruptedException {
        assertAlive();
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM: has to end it in good order, with exit code 0, unless it came before the program could know of it. */
    protected final void terminate(boolean knowsOfSignals, int seconds) throws InterruptedException {
        assertAlive();
        process.destroy();
        assertThat(process.waitFor(seconds, TimeUnit.SECONDS))
                .as("%s ends after SIGTERM", this)
                .isTrue();
        assertThat(process.exitValue())
                .as("exit code of %s", this)
                .isIn(0, knowsOfSignals ? 0 : SIGTERM_BEFORE_ITS_HOOK);
    }

    /** SIGTERM, for one that has printed what it does. */
    public void terminate() throws Exception {
        terminate(true, 30);
    }

    public final void pause() throws Exception {
        assertAlive();
        signal("STOP");
    }

    public final void resume() throws Exception {
        signal("CONT");
    }

    public final boolean isAlive() {
        return process.isAlive();
    }

    /** The exit code of a process that ends by itself. */
    public final int exitCode() throws InterruptedException {
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).as("%s ends", this).isTrue();
        return process.exitValue();
    }

    /** That it did not end by itself. */
    public final void assertAlive() {
        assertThat(process.isAlive())
                .as(() -> this + " runs, and has not ended with exit code " + process.exitValue())
                .isTrue();
    }

    /** What this start has printed up to now. */
    public final String output() {
        try {
            byte[] all = Files.readAllBytes(log);
            return new String(all, (int) logBefore, all.length - (int) logBefore);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
    public final void close() {
        destroy();
        if (process != null) {
            process.onExit().join();
        }
        Runtime.getRuntime().removeShutdownHook(lastResort);
    }

    @Override
    public final String toString() {
        return "process " + process.pid() + " (start " + starts + ", output in " + log + ")";
    }
}
