package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_8;

import downsampling.processor.settings.MessagePath;
import downsampling.processor.settings.ReadingSettings;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in a message: one where a value stands that is read, or one that leads there. Together they are a tree, whose root is
 * the message itself. For one thread.
 */
final class Place {
    /** Among the numbers of fields, that of the event time. */
    static final int TIME = -1;

    /** Among the numbers of fields, that of the sensor's id. */
    static final int SENSOR = -2;

    /** Among the numbers of fields, that of an array of readings. */
    static final int EACH = -3;

    private static final int ON_THE_WAY = -4;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** The path in the settings that leads here. */
    final String text;

    private final String step;
    private final List<Place> inside = new ArrayList<>();
    /** The numbers of what stands here or inside. */
    private final List<Integer> fields = new ArrayList<>();

    private int field = ON_THE_WAY;

    /** The step in UTF-8, and the quote after it. */
    private final byte[] name;
    /** That of the name; longer than any message if the name cannot stand in one without an escape. */
    private final int length;

    /** Of the first eight bytes of {@link #name}, if there are so many. */
    private final long head;

    private final long headMask;

    /** The place that mostly comes first inside of this one. */
    @Nullable
    Place first;

    /** The place that mostly comes after this one. */
    @Nullable
    Place next;

    private Place(String step, String text) {
        this.step = step;
        this.text = text;
        name = (step + '"').getBytes(UTF_8);
        boolean needsEscape =
                step.chars().anyMatch(c -> c < ' ' || c == '"' || c == '\\' || Character.isSurrogate((char) c));
        length = needsEscape ? Integer.MAX_VALUE / 2 : name.length;
        headMask = name.length < Long.BYTES ? (1L << Byte.SIZE * name.length) - 1 : -1;
        head = (long) LONGS.get(Arrays.copyOf(name, Math.max(Long.BYTES, name.length)), 0) & headMask;
    }

    /** The message that is a reading, or the element of one, with the places inside of it that are read. */
    static Place message(ReadingSettings settings) {
        Place message = around(settings);
        for (int i = 0; i < settings.fields().size(); i++) {
            message.add(settings.fields().get(i).path(), i);
        }
        return message;
    }

    /** The message around an array of readings at a path, with the places inside of it that are read. */
    static Place around(ReadingSettings settings, MessagePath array) {
        Place message = array.steps().isEmpty() ? new Place("", array.text()) : around(settings);
        message.add(array, EACH);
        return message;
    }

    private static Place around(ReadingSettings settings) {
        Place message = new Place("", "");
        settings.time().ifPresent(path -> message.add(path, TIME));
        settings.sensor().ifPresent(path -> message.add(path, SENSOR));
        return message;
    }

    private void add(MessagePath path, int number) {
        Place place = this;
        fields.add(number);
        for (String step : path.steps()) {
            Place inner = place.member(step);
            if (inner == null) {
                inner = new Place(step, path.text());
                if (place.inside.isEmpty()) {
                    place.first = inner;
                } else {
                    place.inside.get(place.inside.size() - 1).next = inner;
                }
                place.inside.add(inner);
                inner.next = place.first;
            }
            inner.fields.add(number);
            place = inner;
        }
        place.field = number;
    }

    /** Whether a value is read here, and none inside. */
    boolean isRead() {
        return field != ON_THE_WAY;
    }

    /** Whether something is read of an array that stands here. */
    boolean hasElements() {
        return field == EACH || inside.stream().anyMatch(place -> place.step.matches("0|[1-9]\\d*"));
    }

    /** The number of the field that stands here, or {@link #TIME}, {@link #SENSOR} or {@link #EACH}. */
    int field() {
        return field;
    }

    @Nullable
    Place member(String name) {
        for (Place place : inside) {
            if (place.step.equals(name)) {
                return place;
            }
        }
        return null;
    }

    @Nullable
    Place element(int index) {
        return member(Integer.toString(index));
    }

    /** The place whose name stands at an index behind a quote, with the quote after it. */
    @Nullable
    Place memberAt(byte[] data, int at, int end) {
        for (int i = 0; i < inside.size(); i++) {
            if (inside.get(i).isNamedAt(data, at, end)) {
                return inside.get(i);
            }
        }
        return null;
    }

    /** Whether its name, without any escapes, and the quote after it stand at an index. */
    boolean isNamedAt(byte[] data, int at, int end) {
        int after = at + length;
        if (after > end) {
            return false;
        }
        if (at + Long.BYTES > data.length) {
            return Arrays.equals(data, at, after, name, 0, name.length);
        }
        return ((long) LONGS.get(data, at) & headMask) == head
                && (name.length <= Long.BYTES || Arrays.equals(data, at, after, name, 0, name.length));
    }

    /** The index behind the name and its quote, if they stand at an index. */
    int after(int at) {
        return at + length;
    }

    /** Whether something that stands here or inside has been read already. */
    boolean isFilled(Reading reading) {
        for (int i = 0; i < fields.size(); i++) {
            int number = fields.get(i);
            boolean filled = switch (number) {
                case TIME -> reading.time != Reading.NONE;
                case SENSOR -> reading.sensor != null;
                default -> !Double.isNaN(reading.values[number]);
            };
            if (filled) {
                return true;
            }
        }
        return false;
    }

    /** Forgets what was read here or inside. */
    void empty(Reading reading) {
        for (int number : fields) {
            switch (number) {
                case TIME -> reading.time = Reading.NONE;
                case SENSOR -> reading.sensor = null;
                case EACH -> reading.elements = null;
                default -> reading.values[number] = Double.NaN;
            }
        }
    }
}
