package downsampling.page;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an open page is sent, as JSON with the names that stand here; parts that are null are left out. All times are milliseconds
 * since the epoch.
 *
 * @param limits in the first update of a stream only, which replaces everything there was before
 * @param now time of this program
 * @param trouble what keeps the topics from being read, or null
 * @param span how much time the charts show, in milliseconds
 * @param levels which windows can be chosen; null if they are the same as before
 * @param fields which fields can be chosen; null if they are the same as before
 * @param list which sensors have a small chart, and which are silent; null if they are the same as before
 * @param chosen id of the large chart's sensor; null as long as there is none
 * @param points new points of the chosen sensor, or null
 * @param windows new windows by sensor id, of the sensors that have a chart
 * @param summaries new rows of the table, or null; likewise {@code late} and {@code dead}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record PageUpdate(
        @Nullable Limits limits,
        long now,
        @Nullable String trouble,
        long span,
        Statistics statistics,
        @Nullable LevelList levels,
        @Nullable FieldList fields,
        @Nullable SensorList list,
        @Nullable String chosen,
        @Nullable Points points,
        Map<String, List<Window>> windows,
        @Nullable Newest<Row> summaries,
        @Nullable Newest<RejectedReading> late,
        @Nullable Newest<RejectedReading> dead) {

    /** What the page says of its limits. */
    record Limits(
            int charts,
            int points,
            int newPoints,
            int rows,
            int statistics,
            int fields,
            int sensors,
            int readings,
            int summaries,
            long behind) {}

    /**
     * @param names that the summaries have
     * @param shown the one that everything in this and later updates is of; not among them as long as no summary has it
     * @param drawn whether its readings are drawn
     */
    record FieldList(List<String> names, String shown, boolean drawn) {}

    /**
     * @param base the windows that readings are counted in, such as {@code 10s}; empty as long as that is not known
     * @param rollups the longer ones, such as {@code 1h}
     * @param shown the one of the rollups that everything in this and later updates is of; empty for the base
     */
    record LevelList(String base, List<String> rollups, String shown) {}

    /**
     * @param ids of the sensors with a small chart
     * @param first the number of the first of them, from 0, among those that the search finds
     * @param matching how many sensors the search finds
     * @param silentSince when the last reading arrived of those that have a chart, large or small, and are silent
     * @param silent how many of all sensors are silent
     */
    record SensorList(List<String> ids, int first, int matching, Map<String, Long> silentSince, int silent) {}

    /**
     * @param times event times
     * @param seen how many readings there were, of which these are a sample
     */
    record Points(long[] times, double[] values, long seen) {}

    /**
     * @param end exclusive
     * @param statistics by name
     */
    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    record Window(long start, long end, Map<String, @Nullable Double> statistics) {
        static Window of(Summary s, String field) {
            return new Window(s.start(), s.end(), s.statistics(field));
        }
    }

    /**
     * @param newest the oldest of them first
     * @param seen how many there were, of which these are the newest
     */
    record Newest<T>(List<T> newest, long seen) {}

    /**
     * @param statistics by name
     * @param revision how often the summary has been corrected; null if it has not been
     * @param delay from the window's end to the moment when its summary was here, in milliseconds
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Row(
            String sensor,
            long start,
            long end,
            Map<String, @Nullable Double> statistics,
            @Nullable Long revision,
            long delay) {
        static Row of(Summary s, String field) {
            Long revision = s.revision() == 0 ? null : (Long) s.revision();
            return new Row(s.sensor().id(), s.start(), s.end(), s.statistics(field), revision, s.delay());
        }
    }
}
