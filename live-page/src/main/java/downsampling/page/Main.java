package downsampling.page;

import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import downsampling.service.InvalidSettingException;
import downsampling.service.KafkaSettings;
import downsampling.service.NativeLibrary;
import downsampling.service.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Serves the live page for a broker until Ctrl-C or SIGTERM stops it.
 *
 * <p>Exit codes: 0 stopped when asked to, 1 failed, 2 usage.
 */
@Command(
        name = "live-page",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Serves a live page of what happens on the topics of any broker with Kafka's API, such as Redpanda,"
                        + " until Ctrl-C or SIGTERM stops it.",
        footer = {
            "",
            "Every option has an environment variable as its default: LIVE_PAGE_HTTP_PORT for --http-port, and so on.",
            "KAFKA_ variables are passed to Kafka's consumer: KAFKA_SECURITY_PROTOCOL is security.protocol.",
            "Exit codes: 0 stopped when asked to, 1 failed, 2 usage."
        })
public final class Main implements Callable<Integer> {
    private static final String NAME = "live-page";

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,...",
            description = "The brokers to connect to (default: " + KafkaSettings.DEFAULT_BOOTSTRAP_SERVERS + ").")
    private @Nullable String bootstrapServers;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A properties file with settings of Kafka's clients.")
    private @Nullable Path config;

    @Mixin
    private TopicOptions topics = new TopicOptions();

    @Mixin
    private AddressOptions address = new AddressOptions();

    @Mixin
    private Program.Output output = new Program.Output();

    @Spec
    private CommandSpec spec;

    private final Map<String, String> environment;

    private Main(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Runs the program and ends the JVM with its exit code. */
    public static void main(String... args) {
        Program.main(NAME, args, () -> commandLine(System.getenv()).execute(args));
    }

    static CommandLine commandLine(Map<String, String> environment) {
        Main main = new Main(environment);
        return new Program(NAME, List.of("local-stack"), environment, main.output).commandLine(main);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        LivePage page = start();
        Program.onSignal(() -> stop(page));
        spec.commandLine().getOut().println("The live page is on " + page.address());
        throw new FailedException(page.awaitRefusal());
    }

    private LivePage start() throws IOException {
        try {
            Map<String, String> kafka = KafkaSettings.read(config, environment, bootstrapServers, Set.of());
            PageAddress pageAddress = address.toAddress();
            ShownTopics shownTopics = topics.toTopics();
            NativeLibrary.loadForReading();
            return LivePage.start(pageAddress, shownTopics, kafka);
        } catch (InvalidSettingException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), ErrorLine.of(e));
        } catch (KafkaException e) {
            throw new ParameterException(spec.commandLine(), "Kafka setting: " + ErrorLine.of(e));
        }
    }

    private static int stop(LivePage page) {
        try {
            page.close();
            return ExitCode.OK;
        } catch (RuntimeException e) {
            System.err.println(NAME + ": the page did not stop in good order: " + ErrorLine.of(e));
            return ExitCode.SOFTWARE;
        }
    }
}
