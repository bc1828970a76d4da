package downsampling.processor.query;

import downsampling.processor.reading.EventTime;
import downsampling.service.Call;
import downsampling.service.RefusedException;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.Set;
import java.util.TreeSet;

/** Reads the parameters of a query; one that makes no sense is answered with 400 and what was expected. */
final class Parameters {
    private Parameters() {}

    /** How many entries a page may have. */
    static int limit(Call call, int usual, int most) {
        String text = call.parameter("limit");
        if (text == null) {
            return usual;
        }
        int limit = number(text);
        if (limit < 1 || limit > most) {
            throw RefusedException.badRequest("limit=" + text + ": expected 1 to " + most);
        }
        return limit;
    }

    /**
     * Whether only sensors that are silent are asked for.
     *
     * @param known whether the processor knows which they are
     */
    static boolean silent(Call call, boolean known) {
        String text = call.parameter("status");
        if (text != null && !text.equals("silent")) {
            throw RefusedException.badRequest("status=" + text + ": expected silent");
        }
        if (text != null && !known) {
            throw RefusedException.badRequest("status=silent: expected a processor with --silent-after");
        }
        return text != null;
    }

    /** A time in epoch milliseconds, which was written so or as ISO-8601. */
    static long time(Call call, String name, long otherwise, ZoneId zone) {
        String text = call.parameter(name);
        if (text == null) {
            return otherwise;
        }
        if (text.length() <= 19 && isDigits(text)) {
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException e) {
                // More than a long holds; it is refused below.
            }
        }
        try {
            return EventTime.parse(text, zone);
        } catch (DateTimeException e) {
            throw RefusedException.badRequest(
                    name + "=" + text + ": expected an ISO-8601 time (+ written as %2B) or epoch milliseconds");
        }
    }

    /**
     * Numbers of partitions with commas between them.
     *
     * @param count how many partitions there are
     * @return in their order, each once
     */
    static Set<Integer> partitions(String named, int count) {
        Set<Integer> partitions = new TreeSet<>();
        for (String text : named.split(",", -1)) {
            int partition = number(text);
            if (partition < 0 || partition >= count) {
                throw RefusedException.badRequest("partitions=" + text + ": expected numbers from 0 to " + (count - 1)
                        + " with commas between them");
            }
            partitions.add(partition);
        }
        return partitions;
    }

    /** @return -1 if it is not a number of six digits at the most */
    private static int number(String text) {
        return text.length() <= 6 && isDigits(text) ? Integer.parseInt(text) : -1;
    }

    private static boolean isDigits(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
