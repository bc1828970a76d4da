package downsampling.processor.window;

import downsampling.processor.reading.SensorIdDeserializer;
import java.util.Arrays;
import java.util.function.Function;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of a raw record that is larger than the late or the dead-letter topic accepts: it goes there cut, and says so.
 *
 * <p>A record that the input took can be too large for the way out, which adds headers of its own: topics differ in what they
 * accept, a record of many mebibytes fits most of them if it compresses well, and nobody knows how well it will compress the next
 * time. One that is refused on its way out aborts the transaction, is read again, and stops its partition for good. So what is
 * reckoned with here is its size without compression.
 *
 * <p>One per task and topic, for one thread.
 */
final class SizeLimit {
    private static final Logger LOG = LoggerFactory.getLogger(SizeLimit.class);

    /** What is left of a part that is cut. An id that is one is never cut. */
    private static final int KEPT = SensorIdDeserializer.MAX_BYTES;

    /** More than a record needs beside its parts, the header of its batch included. */
    private static final int FRAME = 256;

    private final String topic;
    private final Function<String, TopicLimits> limits;
    private boolean reported;

    /**
     * What goes out.
     *
     * @param isCut whether something is left out, which headers {@code cut.…} then say
     */
    record Fitting(byte[] key, byte[] value, Headers headers, boolean isCut) {}

    /** @param limits what a topic accepts, by its name; may change while this is used */
    SizeLimit(String topic, Function<String, TopicLimits> limits) {
        this.topic = topic;
        this.limits = limits;
    }

    /**
     * The record whole if it fits; otherwise the first bytes of a key or value that is large, without its own headers if those
     * are, and with headers {@code cut.key.bytes}, {@code cut.value.bytes} and {@code cut.headers.bytes} that say how large they
     * were. Where the whole record stands has to be in {@code added}.
     *
     * @param own   the record's headers, left as they are
     * @param added those of this program, never left out
     */
    Fitting fit(byte[] key, byte[] value, Headers own, Headers added) {
        long most = limits.apply(topic).bytes();
        long frame = FRAME + size(added);
        long ownSize = size(own);
        long size = frame + size(key) + size(value) + ownSize;
        if (size + size / 64 <= most) { // what cannot be compressed grows a little
            Headers all = new RecordHeaders(own);
            added.forEach(all::add);
            return new Fitting(key, value, all, false);
        }
        int kept = (int) Math.min(KEPT, most / 4);
        Headers headers = new RecordHeaders(ownSize > kept ? new RecordHeaders() : own);
        added.forEach(headers::add);
        if (ownSize > kept) {
            headers.add("cut.headers.bytes", HeaderText.of(ownSize));
        }
        Fitting cut = new Fitting(cut("key", key, kept, headers), cut("value", value, kept, headers), headers, true);
        if (!reported) {
            reported = true;
            LOG.warn(
                    "Topic {} accepts records of up to {} bytes, but this one has {}: it was cut to fit, and its headers name the"
                            + " offset of the whole record. Further records that are cut are not logged",
                    topic,
                    most,
                    size);
        }
        return cut;
    }

    private static byte[] cut(String part, byte[] bytes, int kept, Headers headers) {
        if (size(bytes) <= kept) {
            return bytes;
        }
        headers.add("cut." + part + ".bytes", HeaderText.of(bytes.length));
        return Arrays.copyOf(bytes, kept);
    }

    private static int size(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private static long size(Headers headers) {
        long size = 0;
        for (Header header : headers) {
            size += 3L * header.key().length() + size(header.value()) + 10; // a name's UTF-8 at most, and two lengths
        }
        return size;
    }
}
