package downsampling.localstack;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerConfig;
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
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = "Serves the live page for any broker with Kafka's API, such as Redpanda. Starts no broker.",
        footer = {
            "",
            "An option's environment variable is its name in capitals: --http-port is HTTP_PORT.",
            "KAFKA_ variables are passed to Kafka's consumer: KAFKA_SECURITY_PROTOCOL is security.protocol.",
            "Exit codes: 0 stopped when asked to, 1 failed, 2 usage."
        })
final class View implements Callable<Integer> {
    private static final String DEFAULT_BOOTSTRAP_SERVERS = "localhost:19092";

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,...",
            defaultValue = "${env:BOOTSTRAP_SERVERS:-" + Option.NULL_VALUE + "}",
            description = "Brokers (default: " + DEFAULT_BOOTSTRAP_SERVERS + ").")
    private String bootstrapServers;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            defaultValue = "${env:CONFIG:-" + Option.NULL_VALUE + "}",
            description = "Kafka client settings, a properties file.")
    private Path config;

    @Mixin
    private PageOptions page;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (!spec.parent().commandLine().getParseResult().matchedOptions().isEmpty()) {
            throw usage("Options go behind view, and those of the broker have no use there");
        }
        if (page.off()) {
            throw usage("--http-port off: there is nothing else to view");
        }
        Page started;
        try {
            Map<String, Object> settings = KafkaSettings.read(config, System.getenv());
            if (bootstrapServers != null) {
                settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
            }
            settings.putIfAbsent(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, DEFAULT_BOOTSTRAP_SERVERS);
            NativeLibrary.loadAll();
            started = Page.start(page.toConfig(), settings);
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        } catch (KafkaException e) {
            throw usage("Kafka setting: " + Main.oneLine(e));
        }
        Main.closeOnSignal().addFirst(started);
        spec.commandLine().getOut().println("The live page is on " + started.address());
        throw new KafkaException(started.awaitFailure());
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
