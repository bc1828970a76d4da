package downsampling.broker;

import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import downsampling.service.NativeLibrary;
import downsampling.service.Program;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Runs one Kafka broker on this machine until Ctrl-C or SIGTERM stops it.
 *
 * <p>Exit codes: 0 stopped when asked to, 1 failed, 2 usage.
 */
@Command(
        name = "local-broker",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Runs one real Apache Kafka broker (KRaft) on 127.0.0.1 until Ctrl-C or SIGTERM stops it.",
        footer = {
            "",
            "Every option has an environment variable as its default: LOCAL_BROKER_DATA_DIR for --data-dir, and so on.",
            "Exit codes: 0 stopped when asked to, 1 failed, 2 usage."
        })
public final class Main implements Callable<Integer> {
    private static final String NAME = "local-broker";

    @Mixin
    private BrokerOptions options = new BrokerOptions();

    @Mixin
    private Program.Output output = new Program.Output();

    @Spec
    private CommandSpec spec;

    /** Null before the start and after the stop; both of them hold the lock of this object. */
    private @Nullable LocalKafka broker;

    /** Runs the program and ends the JVM with its exit code. */
    public static void main(String... args) {
        Program.main(NAME, args, () -> commandLine(System.getenv()).execute(args));
    }

    static CommandLine commandLine(Map<String, String> environment) {
        Main main = new Main();
        return new Program(NAME, List.of("local-stack"), environment, main.output).commandLine(main);
    }

    @Override
    public Integer call() {
        BrokerLocation location = options.toLocation();
        NativeLibrary.loadForReading();
        Program.onSignal(this::stop);
        LocalKafka started = start(location);
        spec.commandLine()
                .getOut()
                .printf(
                        "Kafka is ready on %s, data in %s%s%n",
                        started.bootstrapServers(),
                        started.dataDir(),
                        location.dataDir() == null ? " (temporary)" : "");
        started.awaitClose();
        stop();
        if (Program.isStopping()) {
            return ExitCode.OK;
        }
        throw new FailedException("the broker has stopped by itself");
    }

    /** A signal that comes meanwhile waits, since half a broker cannot be closed. */
    private synchronized LocalKafka start(BrokerLocation location) {
        LocalKafka started = LocalKafka.start(location.port(), location.dataDir(), Map.of());
        broker = started;
        return started;
    }

    private synchronized int stop() {
        if (broker == null) {
            return ExitCode.OK;
        }
        try {
            broker.close();
            return ExitCode.OK;
        } catch (RuntimeException e) {
            System.err.println(NAME + ": the broker did not stop in good order: " + ErrorLine.of(e));
            return ExitCode.SOFTWARE;
        } finally {
            broker = null;
        }
    }
}
