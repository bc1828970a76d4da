package downsampling.processor.window;

import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;

/** The records that both topologies write for closed windows. One per task. */
public final class SummaryRecords {
    /** Header with the number of readings, where the message itself does not say it. */
    public static final String READINGS = "window.readings";

    private final SummaryJson json = new SummaryJson();
    private final Header partition;
    /** Header of a record that stands in the place of an earlier one of the same window: 1 for the second, and so on. */
    public static final String REVISION = "revision";

    /** Those of the window that was written last: its other sensors have the same. */
    private Header[] headers = {};

    private long headersStart = -1;

    /**
     * @param partition of the input topic where the readings stand: a sensor in two of them has two summaries for a window, and
     *     only this tells them apart
     */
    SummaryRecords(int partition) {
        this.partition = new RecordHeader("source.partition", HeaderText.of(partition));
    }

    /**
     * The record of one window.
     *
     * @param sensor in UTF-8
     * @param start  inclusive, epoch milliseconds; becomes the record's timestamp, so that a coarser window over the output
     *     topic sees the summary in its place
     * @param end    exclusive, epoch milliseconds
     * @param revision how many records the window had before
     */
    Record<byte[], byte[]> of(byte[] sensor, long start, long end, Summary summary, int revision) {
        if (start != headersStart) {
            headersStart = start;
            headers = new Header[] {
                new RecordHeader("window.start", HeaderText.of(start)),
                new RecordHeader("window.end", HeaderText.of(end)),
                partition
            };
        }
        Headers own = new RecordHeaders(headers);
        if (!summary.layout().saysReadings()) {
            own.add(READINGS, HeaderText.of(summary.readings()));
        }
        if (revision > 0) {
            own.add(REVISION, HeaderText.of(revision));
        }
        // A day that began before the epoch has no timestamp of its own.
        return new Record<>(sensor, json.write(end, summary), Math.max(0, start), own);
    }
}
