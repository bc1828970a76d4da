package downsampling.localstack;

import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import downsampling.service.InvalidSettingException;
import downsampling.service.NativeLibrary;
import downsampling.service.Program;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Runs one Kafka broker on this machine, and a live page of what happens on its topics, until it is stopped by Ctrl-C or
 * SIGTERM.
 *
 * <p>Exit codes: 0 stopped when asked to, 1 failed, 2 usage.
 */
@Command(
        name = "local-stack",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Runs one real Apache Kafka broker (KRaft) on 127.0.0.1, and a live page of what happens on its topics,"
                        + " until Ctrl-C or SIGTERM.",
        footer = {
            "",
            "Every option has an environment variable as its default: LOCAL_STACK_DATA_DIR for --data-dir, and so on.",
            "Exit codes: 0 stopped when asked to, 1 failed, 2 usage."
        })
public final class Main implements Callable<Integer> {
    private static final String NAME = "local-stack";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "19092",
            description = "Where clients connect, 1 to 65535, or 0 for a free port (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description =
                    "Keeps the data in this folder, created if missing (default: a temporary folder that is removed"
                            + " at the end).")
    private Path dataDir;

    @Mixin
    private PageOptions pageOptions;

    @Mixin
    private Program.Output output = new Program.Output();

    @Spec
    private CommandSpec spec;

    /** Runs the program and ends the JVM with its exit code. */
    public static void main(String... args) {
        Program.main(NAME, args, () -> commandLine(System.getenv()).execute(args));
    }

    static CommandLine commandLine(Map<String, String> environment) {
        Main main = new Main();
        CommandLine view = new Program(NAME, "live-page", environment, main.output).commandLine(new View(environment));
        return new Program(NAME, environment, main.output).commandLine(main, view);
    }

    @Override
    public Integer call() throws IOException {
        if (port < 0 || port > 65_535) {
            throw new InvalidSettingException("--port", port, "0 to 65535");
        }
        PageConfig pageConfig = pageConfig();
        if (pageConfig != null) {
            Page.choosePort(pageConfig); // a port that was asked for and is in use is known before the broker starts
        }
        NativeLibrary.loadForReading();
        Deque<AutoCloseable> parts = closeOnSignal();
        LocalKafka kafka;
        synchronized (parts) { // a signal meanwhile waits for it: half a broker cannot be closed
            kafka = LocalKafka.start(port, dataDir, Map.of());
            parts.addFirst(kafka);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "Kafka is ready on %s, data in %s%s%n",
                kafka.bootstrapServers(), kafka.dataDir(), dataDir == null ? " (temporary)" : "");
        try {
            if (pageConfig != null) {
                Page page = Page.start(pageConfig, Map.of("bootstrap.servers", kafka.bootstrapServers()));
                parts.addFirst(page);
                out.println("The live page is on " + page.address());
            }
            kafka.awaitClose();
        } finally {
            close(parts);
        }
        if (Program.isStopping()) {
            return ExitCode.OK;
        }
        throw new FailedException("the broker has stopped by itself");
    }

    private PageConfig pageConfig() {
        return pageOptions.off() ? null : pageOptions.toConfig();
    }

    /** On SIGTERM and Ctrl-C closes what has been put in, the first one first. */
    static Deque<AutoCloseable> closeOnSignal() {
        Deque<AutoCloseable> parts = new ConcurrentLinkedDeque<>();
        Program.onSignal(() -> close(parts));
        return parts;
    }

    private static int close(Deque<AutoCloseable> parts) {
        int code = ExitCode.OK;
        synchronized (parts) {
            for (AutoCloseable part = parts.pollFirst(); part != null; part = parts.pollFirst()) {
                try {
                    part.close();
                } catch (Exception e) {
                    System.err.println(NAME + ": did not stop in good order: " + ErrorLine.of(e));
                    code = ExitCode.SOFTWARE;
                }
            }
        }
        return code;
    }
}
