package downsampling.page;

import org.jspecify.annotations.Nullable;

/**
 * Numbers over all sensors, at one moment. All times are milliseconds since the epoch; what is null is not known yet.
 *
 * @param since when counting began
 * @param readingsPerSecond over the last 10 s
 * @param summariesPerSecond over the last minute
 * @param readingsPerSummary mean of the last minute's summaries; null without one
 * @param delayMedian from the end of a window to its summary here, over the last minute, in milliseconds; null without one
 * @param delayMax the longest such delay
 * @param skipped records that were passed over, since reading could not keep up; they are among those counted
 * @param newestReading event time of the newest reading; null without one
 * @param tooManySensors whether there are sensors beyond {@link Board#SENSORS_KEPT}, which are counted and not shown
 */
record Statistics(
        long since,
        double readingsPerSecond,
        double summariesPerSecond,
        @Nullable Double readingsPerSummary,
        @Nullable Long delayMedian,
        @Nullable Long delayMax,
        long readings,
        long summaries,
        long late,
        long dead,
        long skipped,
        @Nullable Long newestReading,
        int sensors,
        boolean tooManySensors) {}
