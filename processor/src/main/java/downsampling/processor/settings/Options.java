package downsampling.processor.settings;

import static picocli.CommandLine.ScopeType.INHERIT;

import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The options that the processor shares with its subcommands, by concern. {@code processor --window 5s audit} and
 * {@code processor audit --window 5s} mean the same, so whoever has the parsed command line asks this object for the
 * {@link Settings}.
 */
public final class Options {
    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Option(
            names = "--application-id",
            scope = INHERIT,
            paramLabel = "ID",
            description = {
                "name of the consumer group that shares the work, and of its state",
                "(default: temperature-processor; temperature-processor-dsl for --topology=dsl)"
            })
    private String applicationId;

    @Option(
            names = "--topology",
            scope = INHERIT,
            paramLabel = "NAME",
            defaultValue = "exact",
            description = {
                "exact: keeps all promises; dsl: the textbook Kafka Streams topology",
                "(default: ${DEFAULT-VALUE})"
            })
    private TopologyKind topology;

    @Mixin
    private final TopicNames.Options topics = new TopicNames.Options();

    @Mixin
    private final WindowSettings.Options windows = new WindowSettings.Options();

    @Mixin
    private final SensorSettings.Options sensors = new SensorSettings.Options();

    @Mixin
    private final RollupSettings.Options rollups = new RollupSettings.Options();

    @Mixin
    private final SummarySettings.Options summaries = new SummarySettings.Options();

    @Mixin
    private final ReadingSettings.Options readings = new ReadingSettings.Options();

    @Mixin
    private final ProcessingSettings.Options processing = new ProcessingSettings.Options();

    @Mixin
    private final StateSettings.Options state = new StateSettings.Options();

    @Mixin
    private final HttpSettings.Options http = new HttpSettings.Options();

    private final Map<String, String> environment;

    /** @param environment its {@code KAFKA_} variables are settings of Kafka's clients */
    public Options(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * What the command line says, once it is parsed.
     *
     * @throws downsampling.service.InvalidSettingException if a setting makes no sense
     */
    public Settings settings() {
        Optional<HttpSettings> listening = http.http();
        return new Settings(
                topology,
                Optional.ofNullable(applicationId).orElseGet(topology::applicationId),
                topics.names(),
                readings.readings(),
                windows.windows(),
                sensors.sensors(),
                rollups.rollups(),
                summaries.summaries(),
                processing.processing(),
                state.state(),
                listening,
                kafka.settings(environment, listening),
                kafka.patience());
    }
}
