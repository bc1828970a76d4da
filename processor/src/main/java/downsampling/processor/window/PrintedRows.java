package downsampling.processor.window;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import downsampling.processor.reading.Reading;
import downsampling.processor.settings.Statistic;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints what passes, a row each on standard output for a person to read. Off unless asked for: see {@code logback.xml}. */
public final class PrintedRows {
    private static final Logger READINGS = (Logger) LoggerFactory.getLogger("rows.readings");
    private static final Logger SUMMARIES = (Logger) LoggerFactory.getLogger("rows.summaries");
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter MILLIS =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneOffset.UTC);

    private PrintedRows() {}

    @Command(optionListHeading = "%nWhat can be seen while it works:%n")
    public static final class Options {
        @Option(names = "--log-readings", description = "print each reading on standard output")
        private boolean readings;

        @Option(names = "--log-summaries", description = "print each summary on standard output")
        private boolean summaries;

        /** Turns on what was asked for. */
        public void show() {
            READINGS.setLevel(readings ? Level.INFO : Level.OFF);
            SUMMARIES.setLevel(summaries ? Level.INFO : Level.OFF);
        }
    }

    /** @param sensor in UTF-8 */
    static void reading(byte[] sensor, Reading reading) {
        if (READINGS.isInfoEnabled()) {
            reading(text(sensor), reading);
        }
    }

    static void reading(String sensor, Reading reading) {
        if (READINGS.isInfoEnabled()) {
            String values = DoubleStream.of(reading.values())
                    .mapToObj(value -> Double.isNaN(value) ? "-" : String.valueOf(value))
                    .collect(Collectors.joining("  "));
            READINGS.info("reading  {}  {}  {}", sensor, Instant.ofEpochMilli(reading.time()), values);
        }
    }

    /** @param sensor in UTF-8 */
    static void summary(byte[] sensor, long start, long end, Summary summary) {
        if (SUMMARIES.isInfoEnabled()) {
            StringBuilder row = new StringBuilder(String.format("%-16s %s – %s", text(sensor), time(start), time(end)));
            SummaryLayout layout = summary.layout();
            for (int field = 0; field < layout.fields().size(); field++) {
                FieldSummary said = summary.field(field);
                if (said.count != 0) {
                    if (layout.fields().size() > 1) {
                        row.append("  ").append(layout.fields().get(field));
                    }
                    for (Statistic statistic : layout.statistics()) {
                        String format = statistic.kind() == Statistic.Kind.COUNT ? "  %s %7.0f" : "  %s %10.3f";
                        row.append(String.format(format, statistic.name(), said.get(statistic)));
                    }
                }
            }
            SUMMARIES.info("{}", row);
        }
    }

    private static String text(byte[] sensor) {
        return new String(sensor, StandardCharsets.UTF_8);
    }

    private static String time(long millis) {
        return (millis % 1000 == 0 ? SECONDS : MILLIS).format(Instant.ofEpochMilli(millis));
    }
}
