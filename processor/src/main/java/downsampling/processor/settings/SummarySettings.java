package downsampling.processor.settings;

import static picocli.CommandLine.ScopeType.INHERIT;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What a summary says.
 *
 * @param statistics of each field, in the order in which the summary has them; none twice
 */
public record SummarySettings(List<Statistic> statistics) {
    /** With as many fields as there may be, a summary still fits into a record. */
    private static final int MOST = 100;

    public SummarySettings {
        statistics = List.copyOf(statistics);
        Require.that(statistics.size() <= MOST, "--statistics", statistics.size() + " of them", MOST + " at the most");
        Set<String> names = new HashSet<>();
        for (Statistic statistic : statistics) {
            Require.that(names.add(statistic.name()), "--statistics", statistic.name(), "each statistic once");
        }
    }

    @Command(optionListHeading = "%nThe summaries:%n")
    static final class Options {
        @Option(
                names = "--statistics",
                scope = INHERIT,
                paramLabel = "NAME,…",
                defaultValue = "count,min,max,mean",
                description = {
                    "what a summary says of each field, in this order: count, sum, min, max, mean, stddev (of a sample; null for"
                            + " one reading), first and last (by event time; of readings with the same time, the one that came"
                            + " last), median, and percentiles such as p5, p99 or p99.9 (within 1 %%)",
                    "(default: ${DEFAULT-VALUE})"
                })
        private String statistics;

        SummarySettings summaries() {
            return new SummarySettings(Stream.of(statistics.split(",", -1))
                    .map(String::strip)
                    .map(Statistic::of)
                    .toList());
        }
    }
}
