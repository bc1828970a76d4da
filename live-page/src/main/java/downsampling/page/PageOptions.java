package downsampling.page;

import downsampling.service.AllowedHosts;
import java.time.ZoneId;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of the live page. */
final class PageOptions {
    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description =
                    "The port of the live page, 1 to 65535, or 0 for a free one (default: 8080, or a free one if that is"
                            + " in use).")
    private Integer port;

    @Option(
            names = "--http-host",
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description = "Address the live page listens on; 0.0.0.0 is for containers (default: ${DEFAULT-VALUE}).")
    private String host;

    @Option(
            names = "--http-allowed-hosts",
            paramLabel = "NAME,...",
            split = ",",
            description = "Names by which browsers may ask for the live page, beside localhost; an address is always"
                    + " allowed.")
    private List<String> allowedHosts = List.of();

    @Option(
            names = "--input-topic",
            paramLabel = "TOPIC",
            defaultValue = "raw-temperature",
            description = "Readings (default: ${DEFAULT-VALUE}).")
    private String inputTopic;

    @Option(
            names = "--output-topic",
            paramLabel = "TOPIC",
            defaultValue = "agg-temperature",
            description = "Summaries (default: ${DEFAULT-VALUE}).")
    private String outputTopic;

    @Option(
            names = "--late-topic",
            paramLabel = "TOPIC",
            defaultValue = "late-temperature",
            description = "Readings for closed windows (default: ${DEFAULT-VALUE}).")
    private String lateTopic;

    @Option(
            names = "--dead-topic",
            paramLabel = "TOPIC",
            defaultValue = "dead-temperature",
            description = "What is no reading (default: ${DEFAULT-VALUE}).")
    private String deadTopic;

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            defaultValue = "UTC",
            description = "Zone of readings whose time names none (default: ${DEFAULT-VALUE}).")
    private ZoneId zone;

    /** @throws IllegalArgumentException in one line, if something makes no sense */
    PageConfig toConfig() {
        return new PageConfig(
                host,
                port,
                PageConfig.topics(inputTopic, outputTopic, lateTopic, deadTopic),
                zone,
                new AllowedHosts(allowedHosts));
    }
}
