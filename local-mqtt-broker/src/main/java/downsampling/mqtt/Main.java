package downsampling.mqtt;

import downsampling.service.Program;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Runs one MQTT broker on this machine until Ctrl-C or SIGTERM stops it.
 *
 * <p>Exit codes: 0 stopped when asked to, 1 failed, 2 usage.
 */
@Command(
        name = "local-mqtt-broker",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Runs one real MQTT broker (HiveMQ CE, versions 3.1, 3.1.1 and 5) on 127.0.0.1 until Ctrl-C or SIGTERM"
                        + " stops it. It is for the demo and for tests.",
        footer = {
            "",
            "Every option has an environment variable as its default: LOCAL_MQTT_BROKER_DATA_DIR for --data-dir, and so on.",
            "Exit codes: 0 stopped when asked to, 1 failed, 2 usage."
        })
public final class Main implements Callable<Integer> {
    private static final String NAME = "local-mqtt-broker";
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    @Mixin
    private BrokerOptions options = new BrokerOptions();

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
        return new Program(NAME, environment, main.output).commandLine(main);
    }

    @Override
    public Integer call() throws InterruptedException {
        BrokerSettings settings = options.toSettings();
        // What survives a kill needs no other end. HiveMQ's own takes five seconds.
        Program.onSignal(() -> ExitCode.OK);
        LocalMqtt broker = LocalMqtt.start(settings);
        if (settings.devices() > 0) {
            Devices.start(broker.port(), settings);
        }
        spec.commandLine()
                .getOut()
                .printf(
                        "MQTT is ready on %s, data in %s%n",
                        broker.listeners(),
                        settings.dataDir().map(Path::toString).orElse("memory"));
        for (long known = 0; ; TimeUnit.SECONDS.sleep(1)) {
            known = sayDropped(broker.dropped(), known);
        }
    }

    /** Says how many messages were lost since the last time, if any were. */
    private static long sayDropped(long dropped, long known) {
        if (dropped > known) {
            LOG.warn("{} messages were dropped, {} since the start", dropped - known, dropped);
        }
        return dropped;
    }
}
