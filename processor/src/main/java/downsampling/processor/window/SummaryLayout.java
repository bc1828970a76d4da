package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;

import downsampling.processor.settings.Field;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.Statistic;
import downsampling.service.FailedException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the summaries of a processor are of, and how they are stored. One object for all, immutable.
 *
 * <p>What is stored says what it is of: a version, the {@link Part}s of each field, and the names of the fields stand before the
 * numbers. So other statistics or fields may be asked for while windows are open. Of what was asked for before, these windows know
 * everything; the rest is not known.
 *
 * <p>Version 0.1 wrote five numbers and nothing else. They begin with a zero, and are written as ever where no more is asked for.
 */
public final class SummaryLayout {
    /** What has to be known of a field to compute statistics, in the order in which it is stored. */
    enum Part {
        MIN(1, 1),
        MAX(2, 1),
        /** Scaled, and what it lacks. */
        SUM(4, 2),
        /** A value; the sum of the differences to it, and what it lacks; the sum of their squares, and what it lacks. */
        SQUARES(8, 5),
        /** Time and value. */
        FIRST(16, 2),
        /** Time and value. */
        LAST(32, 2),
        /** {@link QuantileSketch}, with its length before it. */
        SKETCH(64, 0);

        private final int bit;
        final int numbers;

        Part(int bit, int numbers) {
            this.bit = bit;
            this.numbers = numbers;
        }

        private static Set<Part> of(Statistic.Kind kind) {
            return switch (kind) {
                case COUNT -> EnumSet.noneOf(Part.class);
                case SUM -> EnumSet.of(SUM);
                case MIN -> EnumSet.of(MIN);
                case MAX -> EnumSet.of(MAX);
                case MEAN -> USUAL;
                case STDDEV -> EnumSet.of(SQUARES);
                case FIRST -> EnumSet.of(FIRST);
                case LAST -> EnumSet.of(LAST);
                case QUANTILE -> EnumSet.of(MIN, MAX, SKETCH);
            };
        }
    }

    private static final byte VERSION = 1;
    private static final Set<Part> USUAL = EnumSet.of(Part.MIN, Part.MAX, Part.SUM);
    /** Field of version 0.1, whose parts were the usual ones. */
    private static final String FIELD_0_1 = "temperature";

    private static final byte[] NO_SKETCH = {};

    private final List<String> fields;
    private final List<Statistic> statistics;
    private final Set<Part> parts;
    private final boolean usual;
    private final boolean saysReadings;
    /** What stands before the numbers. */
    private final byte[] head;
    /** Whether it is the layout of version 0.1. */
    private final boolean as01;

    public static SummaryLayout of(Settings settings) {
        return new SummaryLayout(
                settings.readings().fields().stream().map(Field::name).toList(),
                settings.summaries().statistics());
    }

    /**
     * Lays out summaries.
     *
     * @param fields     names, in their order
     * @param statistics of each field, in their order
     */
    public SummaryLayout(List<String> fields, List<Statistic> statistics) {
        this(fields, statistics, parts(statistics));
    }

    private SummaryLayout(List<String> fields, List<Statistic> statistics, Set<Part> parts) {
        this.fields = List.copyOf(fields);
        this.statistics = List.copyOf(statistics);
        this.parts = parts;
        usual = USUAL.containsAll(parts);
        as01 = fields.equals(List.of(FIELD_0_1)) && parts.equals(USUAL);
        saysReadings = fields.size() == 1
                && statistics.stream().anyMatch(statistic -> statistic.kind() == Statistic.Kind.COUNT);
        head = head();
    }

    private static Set<Part> parts(List<Statistic> statistics) {
        Set<Part> parts = EnumSet.noneOf(Part.class);
        statistics.forEach(statistic -> parts.addAll(Part.of(statistic.kind())));
        return parts;
    }

    private byte[] head() {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        head.write(VERSION);
        head.write(parts.stream().mapToInt(part -> part.bit).sum());
        head.writeBytes(fieldNames());
        return head.toByteArray();
    }

    /** How the names of the fields are stored: how many there are, then for each its length in two bytes, and itself. */
    byte[] fieldNames() {
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        names.write(fields.size());
        for (String field : fields) {
            byte[] name = field.getBytes(UTF_8);
            names.write(name.length >> 8);
            names.write(name.length);
            names.writeBytes(name);
        }
        return names.toByteArray();
    }

    /** Names, in their order. */
    public List<String> fields() {
        return fields;
    }

    List<Statistic> statistics() {
        return statistics;
    }

    Set<Part> parts() {
        return parts;
    }

    /** For one field; null where nothing is asked for but what is always computed. */
    @Nullable
    FurtherStatistics further() {
        return usual ? null : new FurtherStatistics(parts);
    }

    /** Whether a message says how many readings it is of. */
    boolean saysReadings() {
        return saysReadings;
    }

    /** Bytes of heap that a summary takes; with a sketch, of values that are not far from each other. */
    int heapBytes() {
        int field = 56 + (usual ? 0 : 96) + (parts.contains(Part.SKETCH) ? 300 : 0);
        return fields.size() == 1 ? 8 + field : 64 + fields.size() * (4 + field);
    }

    /** A summary of no readings. */
    public Summary empty() {
        return new Summary(this);
    }

    /** What a store keeps of a summary with this layout; {@link #read} reads it. */
    byte[] write(Summary summary) {
        if (as01 && !Double.isNaN(summary.count)) {
            return summary.toBytes01();
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.write(head);
            out.writeDouble(summary.count);
            for (int i = 0; i < fields.size(); i++) {
                write(summary.field(i), out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }

    private void write(FieldSummary field, DataOutputStream out) throws IOException {
        if (fields.size() > 1) {
            out.writeDouble(field.count);
        }
        for (Part part : parts) {
            if (part == Part.SKETCH) {
                QuantileSketch sketch = field.further().sketch();
                byte[] sketched = sketch == null ? NO_SKETCH : sketch.toBytes();
                out.writeInt(sketched.length);
                out.write(sketched);
            } else {
                for (double number : field.numbers(part)) {
                    out.writeDouble(number);
                }
            }
        }
    }

    /**
     * Reads what a store kept of a summary, with whatever layout.
     *
     * @throws FailedException if a newer version of the processor wrote it
     */
    Summary read(byte[] stored) {
        if (as01 && stored[0] == 0) {
            Summary summary = empty();
            summary.fromBytes01(stored);
            return summary;
        }
        if (stored.length < head.length || !Arrays.equals(stored, 0, head.length, head, 0, head.length)) {
            return convert(of(stored).read(stored));
        }
        Summary summary = empty();
        ByteBuffer in = ByteBuffer.wrap(stored, head.length, stored.length - head.length);
        summary.count = in.getDouble();
        for (int i = 0; i < fields.size(); i++) {
            read(summary.field(i), in);
        }
        return summary;
    }

    private void read(FieldSummary field, ByteBuffer in) {
        if (fields.size() > 1) {
            field.count = in.getDouble();
        }
        for (Part part : parts) {
            if (part == Part.SKETCH) {
                byte[] sketch = new byte[in.getInt()];
                in.get(sketch);
                field.further().sketch(sketch.length == 0 ? null : QuantileSketch.fromBytes(sketch));
            } else {
                double[] numbers = new double[part.numbers];
                in.asDoubleBuffer().get(numbers);
                in.position(in.position() + numbers.length * Double.BYTES);
                field.set(part, numbers);
            }
        }
    }

    /** The layout of what is stored. Its statistics, as far as they follow from the parts, are not known. */
    private static SummaryLayout of(byte[] stored) {
        if (stored[0] == 0) {
            return new SummaryLayout(List.of(FIELD_0_1), List.of(), USUAL);
        }
        if (stored[0] != VERSION) {
            throw new FailedException("the state was written by a newer version of the processor: run that one");
        }
        ByteBuffer head = ByteBuffer.wrap(stored, 1, stored.length - 1);
        int bits = head.get();
        Set<Part> parts = EnumSet.allOf(Part.class);
        parts.removeIf(part -> (bits & part.bit) == 0);
        List<String> fields = new ArrayList<>();
        for (int left = head.get(); left > 0; left--) {
            byte[] name = new byte[Short.toUnsignedInt(head.getShort())];
            head.get(name);
            fields.add(new String(name, UTF_8));
        }
        return new SummaryLayout(fields, List.of(), parts);
    }

    /** The same readings in this layout. What was not kept of them is not known, nor will it be when others are added. */
    private Summary convert(Summary old) {
        Summary summary = empty();
        summary.count = old.readings();
        for (int i = 0; i < fields.size(); i++) {
            int before = old.layout().fields.indexOf(fields.get(i));
            FieldSummary field = summary.field(i);
            if (before >= 0) {
                convert(old.field(before), old.layout().parts, field);
            } else {
                field.count = Double.NaN;
                parts.forEach(field::forget);
            }
        }
        return summary;
    }

    private void convert(FieldSummary old, Set<Part> known, FieldSummary field) {
        field.count = old.count;
        for (Part part : parts) {
            if (known.contains(part)) {
                field.take(part, old);
            } else if (old.count != 0) {
                field.forget(part);
            }
        }
    }
}
