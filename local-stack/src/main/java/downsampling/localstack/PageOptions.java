package downsampling.localstack;

import downsampling.service.AllowedHosts;
import downsampling.service.InvalidSettingException;
import java.time.ZoneId;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of the live page, the same for both commands. */
final class PageOptions {
    static final String OFF = "off";

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description =
                    "Where the live page is, 1 to 65535, 0 for a free port, or off (default: 8080, and a free port if that is"
                            + " in use).")
    private String port;

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

    boolean off() {
        return OFF.equals(port);
    }

    /** @throws IllegalArgumentException in one line, if something makes no sense */
    PageConfig toConfig() {
        Integer number = null;
        if (port != null) {
            try {
                number = Integer.valueOf(port);
            } catch (NumberFormatException e) {
                throw new InvalidSettingException("--http-port", port, "0 to 65535, or off");
            }
        }
        return new PageConfig(
                host,
                number,
                PageConfig.topics(inputTopic, outputTopic, lateTopic, deadTopic),
                zone,
                new AllowedHosts(allowedHosts));
    }
}
