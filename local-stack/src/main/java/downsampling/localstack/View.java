package downsampling.localstack;

import downsampling.service.ErrorLine;
import downsampling.service.InvalidSettingException;
import downsampling.service.KafkaSettings;
import downsampling.service.NativeLibrary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Serves the live page for a broker that runs elsewhere, until Ctrl-C or SIGTERM. */
@Command(
        name = "view",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Serves the live page for any broker with Kafka's API, such as Redpanda. Starts no broker.",
        footer = {
            "",
            "Every option has an environment variable as its default: LIVE_PAGE_HTTP_PORT for --http-port, and so on.",
            "KAFKA_ variables are passed to Kafka's consumer: KAFKA_SECURITY_PROTOCOL is security.protocol.",
            "Exit codes: 0 stopped when asked to, 1 failed, 2 usage."
        })
final class View implements Callable<Integer> {
    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,...",
            description = "Brokers (default: " + KafkaSettings.DEFAULT_BOOTSTRAP_SERVERS + ").")
    private String bootstrapServers;

    @Option(names = "--config", paramLabel = "FILE", description = "Kafka client settings, a properties file.")
    private Path config;

    @Mixin
    private PageOptions page;

    @Spec
    private CommandSpec spec;

    private final Map<String, String> environment;

    View(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        spec.parent().commandLine().getParseResult().matchedOptions().forEach(option -> {
            throw new InvalidSettingException(option.longestName(), "to stand after view, if it is for the page");
        });
        if (page.off()) {
            throw new InvalidSettingException(
                    "--http-port", PageOptions.OFF, "a port, for there is nothing else to view");
        }
        Page started;
        try {
            Map<String, String> settings = KafkaSettings.read(config, environment, bootstrapServers, Set.of());
            NativeLibrary.loadForReading();
            started = Page.start(page.toConfig(), settings);
        } catch (InvalidSettingException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        } catch (KafkaException e) {
            throw usage("Kafka setting: " + ErrorLine.of(e));
        }
        Main.closeOnSignal().addFirst(started);
        spec.commandLine().getOut().println("The live page is on " + started.address());
        throw new KafkaException(started.awaitFailure());
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
