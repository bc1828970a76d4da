package downsampling.processor;

import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.StreamsConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How large a record the late or the dead-letter topic takes, and what becomes of a raw record that is larger: it goes there
 * cut, and says so.
 *
 * <p>A record that the input took can be too large for the way out, which adds headers of its own: topics differ in what they
 * take, a record of many mebibytes fits most of them if it compresses well, and nobody knows how well it will compress the next
 * time. One that is refused on its way out aborts the transaction, is read again, and stops its partition for good. So what is
 * reckoned with here is its size without compression.
 *
 * <p>One per task and topic, for one thread.
 */
final class RecordLimit {
    /** The setting that holds what a topic takes, in bytes; the topic's name is behind it. */
    static final String SETTING = "downsampling.max.bytes.";

    private static final Logger LOG = LoggerFactory.getLogger(RecordLimit.class);

    /** What is left of a part that is cut. An id that is one is never cut. */
    private static final int KEPT = SensorIdDeserializer.MAX_BYTES;

    /** More than a record takes beside its parts, the header of its batch included. */
    private static final int FRAME = 256;

    private final String topic;
    private final long most;
    private boolean told;

    /**
     * What goes out.
     *
     * @param isCut whether something is left out, which headers {@code cut.…} tell
     */
    record Fitting(byte[] key, byte[] value, Headers headers, boolean isCut) {}

    private RecordLimit(String topic, long most) {
        this.topic = topic;
        this.most = most;
    }

    /**
     * What a topic and the producer that writes to it take.
     *
     * @param settings of Kafka Streams, with {@link #SETTING} where it is known
     */
    static RecordLimit of(Map<String, ?> settings, String topic) {
        long takes = number(settings.get(SETTING + topic), Topics.MAX_RECORD_BYTES);
        long sends = producer(settings, ProducerConfig.MAX_REQUEST_SIZE_CONFIG);
        long holds = producer(settings, ProducerConfig.BUFFER_MEMORY_CONFIG);
        return new RecordLimit(topic, Math.min(takes, Math.min(sends, holds)));
    }

    private static long producer(Map<String, ?> settings, String name) {
        Object prefixed = settings.get(StreamsConfig.producerPrefix(name));
        return number(prefixed == null ? settings.get(name) : prefixed, Topics.MAX_RECORD_BYTES);
    }

    private static long number(Object setting, long otherwise) {
        return setting == null ? otherwise : Long.parseLong(setting.toString().trim());
    }

    /**
     * The record whole if it fits; otherwise the first bytes of a key or value that is large, without its own headers if those
     * are, and with headers {@code cut.key.bytes}, {@code cut.value.bytes} and {@code cut.headers.bytes} that say how large they
     * were. Where the whole stands, {@code added} has to tell.
     *
     * @param own   the record's headers, left as they are
     * @param added those of this program, never left out
     */
    Fitting fit(byte[] key, byte[] value, Headers own, Headers added) {
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
            headers.add("cut.headers.bytes", ClosedWindow.text(ownSize));
        }
        Fitting cut = new Fitting(cut("key", key, kept, headers), cut("value", value, kept, headers), headers, true);
        if (!told) {
            told = true;
            LOG.warn(
                    "Topic {} accepts records of up to {} bytes, this one has {}: it is cut to fit, and its headers name the"
                            + " offset of the whole record; other records are treated alike, without a line of their own",
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
        headers.add("cut." + part + ".bytes", ClosedWindow.text(bytes.length));
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
