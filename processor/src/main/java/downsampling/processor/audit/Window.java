package downsampling.processor.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import downsampling.processor.window.SeenReadings;
import downsampling.processor.window.Summary;
import downsampling.processor.window.SummaryJson;
import downsampling.processor.window.SummaryLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the summary of a window has to say, and what the last one there was says. For one thread. */
final class Window {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Pattern COUNT = Pattern.compile("\"count\":(\\d{1,18})");

    /** Of its readings that were processed for certain. */
    private final Summary readings;
    /** All of them, if duplicates count once. */
    private final @Nullable SeenReadings seen;

    private long notYet;
    private byte @Nullable [] summary;
    private @Nullable Long said;
    private long revision = -1;

    /** @param dedup whether duplicates count once */
    Window(SummaryLayout layout, boolean dedup) {
        readings = layout.empty();
        seen = dedup ? new SeenReadings(layout.fields().size()) : null;
    }

    /** Whether a reading is a duplicate, which is not to be added. */
    boolean isDuplicate(long time, double[] values) {
        return seen != null && !seen.add(time, values);
    }

    /** @param isNotYet whether the processor may have been at it when the ends were looked up */
    void add(long time, double[] values, boolean isNotYet) {
        if (isNotYet) {
            notYet++;
        } else {
            readings.add(time, values);
        }
    }

    /** How many readings there are that were processed for certain. */
    long count() {
        return readings.readings();
    }

    /** How many there are beside them, which the processor may have been at when the ends were looked up. */
    long notYet() {
        return notYet;
    }

    /** How many readings a summary can be of. */
    long most() {
        return count() + notYet;
    }

    /**
     * A summary, in the place of the one before.
     *
     * @param of       how many readings it is of, if a header says that
     * @param revision 0 for the first one
     */
    void take(byte[] value, @Nullable Long of, long revision) {
        summary = value;
        said = of;
        this.revision = Math.max(this.revision, revision);
    }

    boolean hasSummary() {
        return summary != null;
    }

    /** The highest one of its summaries; -1 if there is none. */
    long revision() {
        return revision;
    }

    /** The last summary. */
    String text() {
        return new String(requireNonNull(summary), StandardCharsets.UTF_8);
    }

    /** Whether the last summary says what the readings say that were processed for certain, and is of no other ones. */
    boolean isRight(SummaryJson json, long end) {
        return Arrays.equals(json.write(end, readings), summary) && (said == null || said == count());
    }

    /** How many readings the last summary is of, as it says; 0 if there is none. */
    long found() {
        return hasSummary() ? readings(said, text()) : 0;
    }

    /**
     * How many readings a summary is of, as it says.
     *
     * @param said what a header says
     */
    static long readings(@Nullable Long said, String text) {
        if (said != null) {
            return said;
        }
        Matcher matcher = COUNT.matcher(text);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    /** What the summary has to say. */
    String expected(SummaryJson json, long end) {
        if (!hasSummary()) {
            return "a summary of " + count() + (count() == 1 ? " reading" : " readings");
        }
        return count() == 0
                ? "at most " + notYet + " readings"
                : new String(json.write(end, readings), StandardCharsets.UTF_8);
    }

    /**
     * Whether the last summary is right in all that it says, but says other things than are asked for now, as it was made, or its
     * window was begun, with other settings.
     */
    boolean saysOther(SummaryJson json, SummaryLayout layout, long end) {
        JsonNode wanted;
        JsonNode made;
        try {
            wanted = JSON.readTree(expected(json, end));
            made = JSON.readTree(text());
        } catch (JsonProcessingException e) {
            return false;
        }
        boolean other = false;
        for (String field : names(wanted, made)) {
            if (!wanted.has(field) && layout.fields().contains(field)) {
                return false; // no reading has it
            }
            for (String statistic : names(wanted.path(field), made.path(field))) {
                JsonNode says = made.path(field).path(statistic);
                JsonNode right = wanted.path(field).path(statistic);
                boolean both = !says.isMissingNode() && !says.isNull() && !right.isMissingNode();
                if (both && !says.equals(right)) {
                    return false;
                }
                other |= !both && !says.equals(right);
            }
        }
        return other && wanted.path("time").equals(made.path("time"));
    }

    private static Set<String> names(JsonNode one, JsonNode other) {
        Set<String> names = new TreeSet<>();
        one.fieldNames().forEachRemaining(names::add);
        other.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
