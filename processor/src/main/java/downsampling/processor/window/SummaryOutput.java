package downsampling.processor.window;

import downsampling.processor.settings.Level;
import downsampling.processor.settings.Settings;
import downsampling.processor.window.OpenWindows.Window;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Writes the summaries of closed windows, each level to its topic: as a window closes, and once more for each commit with which a
 * closed one has changed, with the number of the revision. One per task.
 */
final class SummaryOutput {
    private final Settings settings;
    private final Surroundings around;
    private final ProcessorContext<byte[], byte[]> context;
    private final int partition;
    private final RecentWindows.Partition recent;
    private final List<Level> levels;
    /** By level, since each has the headers of its own last window. */
    private final List<SummaryRecords> records = new ArrayList<>();

    private final List<Window> revised = new ArrayList<>();

    SummaryOutput(
            Settings settings,
            Surroundings around,
            List<Level> levels,
            ProcessorContext<byte[], byte[]> context,
            int partition,
            RecentWindows.Partition recent) {
        this.settings = settings;
        this.around = around;
        this.context = context;
        this.partition = partition;
        this.recent = recent;
        this.levels = levels;
        levels.forEach(level -> records.add(new SummaryRecords(partition)));
    }

    /** The node that the summaries of a level are forwarded to, the sink of its topic. */
    static String sink(Level level) {
        return "summaries" + (level.number() == 0 ? "" : "-" + level.name());
    }

    /** Writes the first summary of each window of a level. */
    void closed(Level level, List<Window> windows, long now) {
        TopicLimits limits = around.limits().apply(settings.topics().output(level));
        for (Window window : windows) {
            write(level, window, limits, now);
            if (level.number() == 0) {
                around.metrics().sensors().seen(window.sensorId(), partition);
            }
        }
    }

    private void write(Level level, Window window, TopicLimits limits, long now) {
        Bytes sensor = window.sensorId();
        long end = level.end(window.start());
        if (level.number() == 0) {
            PrintedRows.summary(sensor.get(), window.start(), end, window.summary());
        }
        Record<byte[], byte[]> summary =
                records.get(level.number()).of(sensor.get(), window.start(), end, window.summary(), window.revision);
        context.forward(limits.fit(summary, now), sink(level));
    }

    /** There is something new to be said of a closed window. */
    void revise(Window window) {
        if (!window.isRevised) {
            window.isRevised = true;
            revised.add(window);
        }
    }

    /** Writes the summaries of the closed windows that have changed since the last time: those of a level before what is above it. */
    void writeRevised(long now) {
        revised.sort(Comparator.comparingLong(window -> window.slot));
        revised.forEach(window -> writeRevised(window, now));
        revised.clear();
    }

    /** Writes the summary of a window, if there is something new to be said of it. */
    void writeRevised(Window window, long now) {
        if (window.isRevised) {
            window.isRevised = false;
            window.revision++;
            Level level = levels.get(WindowKey.level(window.slot));
            write(level, window, around.limits().apply(settings.topics().output(level)), now);
            around.metrics().revised();
            if (level.number() == 0) {
                recent.corrected(window);
            }
        }
    }
}
