package downsampling.processor.window;

import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;

/** The record that both topologies write for a closed window. */
final class SummaryRecord {
    private SummaryRecord() {}

    /**
     * @param sensor    in UTF-8
     * @param start     inclusive, epoch milliseconds; becomes the record's timestamp, so that a coarser window over the output
     *     topic sees the summary in its place
     * @param end       exclusive, epoch milliseconds
     * @param partition of the input topic where the readings stand: a sensor in two of them has two summaries for a window, and
     *     only this tells them apart
     */
    static Record<byte[], byte[]> of(byte[] sensor, long start, long end, Summary summary, int partition) {
        PrintedRows.summary(sensor, start, end, summary);
        Headers headers = new RecordHeaders()
                .add("window.start", HeaderText.of(start))
                .add("window.end", HeaderText.of(end))
                .add("source.partition", HeaderText.of(partition));
        return new Record<>(sensor, SummaryJson.write(end, summary), start, headers);
    }
}
