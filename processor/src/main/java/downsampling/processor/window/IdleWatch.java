package downsampling.processor.window;

import downsampling.processor.settings.WindowSettings;
import downsampling.service.Durations;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of windows that silence closed, and of readings that come too late for them. One per task. */
final class IdleWatch {
    private static final Logger LOG = LoggerFactory.getLogger(IdleWatch.class);

    /** How seldom to report that readings come late for windows that silence closed, in milliseconds. */
    private static final long REPORTED_AGAIN_AFTER = 600_000;

    private final WindowSettings windows;
    private final int partition;
    private long reportedAt = Position.NONE;

    IdleWatch(WindowSettings windows, int partition) {
        this.windows = windows;
        this.partition = partition;
    }

    /** Silence has closed windows that ended, in event time, up to a time. */
    void closed(Timeline timeline, int count) {
        Instant closedUpTo = Instant.ofEpochMilli(timeline.closedUpTo);
        if (timeline instanceof SensorState sensor) {
            LOG.debug(
                    "Sensor {} of partition {} has been silent: its {} open windows that end by {} were closed",
                    sensor.entry.sensorId(),
                    partition,
                    count,
                    closedUpTo);
        } else {
            LOG.info(
                    "Partition {} has been idle for {}: its {} open windows that end by {} were closed",
                    partition,
                    Durations.format(windows.idleClose()),
                    count,
                    closedUpTo);
        }
    }

    /** A reading came too late for the window {@code [start, end)}; if silence closed that, the option is too short. */
    void late(Timeline timeline, long start, long end, long now) {
        if (timeline.closedBySilenceFrom != Position.NONE
                && end > timeline.closedBySilenceFrom
                && (reportedAt == Position.NONE || now - reportedAt >= REPORTED_AGAIN_AFTER)) {
            reportedAt = now;
            LOG.warn(
                    "Partition {} has late readings for windows that were closed because it was idle, such as the one that"
                            + " starts at {}; --idle-close ({}) has to be longer than the longest pause between two uploads",
                    partition,
                    Instant.ofEpochMilli(start),
                    Durations.format(windows.idleClose()));
        }
    }
}
