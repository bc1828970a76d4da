package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.Clock;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Payloads that are sent as they are; a bare number becomes a reading. */
final class PlainPayload implements MqttPayload {

    /** What JSON allows as a number. Other numbers than that go through as they are. */
    private static final Pattern NUMBER = Pattern.compile("-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?");

    private static final int LONGEST_NUMBER = 40;

    private enum Event {
        WITHOUT_A_KEY
    }

    private final MqttKey key;
    private final Clock clock;
    private final MqttCounts<Event> counts;

    /** @param notes receives each line that a person has to know of */
    PlainPayload(MqttKey key, Clock clock, Consumer<String> notes) {
        this.key = key;
        this.clock = clock;
        counts = new MqttCounts<>(Event.class, notes);
    }

    @Override
    public List<Message> read(String topic, byte[] payload, BiConsumer<String, byte[]> publish) {
        byte @Nullable [] sensor = key.of(topic, payload);
        if (sensor == null) {
            counts.add(
                    Event.WITHOUT_A_KEY,
                    () -> "A message on " + topic
                            + " has nothing where --key says; it is sent without a key, and others are counted");
        }
        return List.of(Message.of(sensor, value(payload)));
    }

    @Override
    public MqttCounts<?> counts() {
        return counts;
    }

    private byte[] value(byte[] payload) {
        if (payload.length > LONGEST_NUMBER) {
            return payload;
        }
        String text = new String(payload, ISO_8859_1).strip();
        return NUMBER.matcher(text).matches()
                ? ("{\"ts\":" + clock.millis() + ",\"value\":" + text + "}").getBytes(ISO_8859_1)
                : payload;
    }
}
