package downsampling.processor;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;

/** A closed window as the record that both topologies write to {@code agg-temperature}. */
final class ClosedWindow {
    private ClosedWindow() {}

    /**
     * @param sensor in UTF-8
     * @param start inclusive, epoch milliseconds; becomes the record's timestamp, so that a coarser window over the output
     *     topic sees the summary in its place
     * @param end   exclusive, epoch milliseconds
     * @param partition of the input topic where the readings stand: a sensor in two of them has two summaries for a window, and
     *     only this tells them apart
     */
    static Record<byte[], byte[]> record(byte[] sensor, long start, long end, Summary summary, int partition) {
        Rows.summary(sensor, start, end, summary);
        Headers headers = new RecordHeaders()
                .add("window.start", text(start))
                .add("window.end", text(end))
                .add("source.partition", text(partition));
        return new Record<>(sensor, SummaryJson.write(end, summary), start, headers);
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Numbers in headers are decimal text: every console shows them, every language reads them. */
    static byte[] text(long number) {
        return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
    }
}
