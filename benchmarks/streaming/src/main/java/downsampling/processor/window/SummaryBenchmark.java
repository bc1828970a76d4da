package downsampling.processor.window;

import com.fasterxml.jackson.databind.ObjectMapper;
import downsampling.processor.settings.Statistic;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Measures the state of a window: adding a reading to it, and converting it to the bytes of the store and back. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SummaryBenchmark {
    private static final List<String> TEMPERATURE = List.of("temperature");
    private static final Statistic COUNT = new Statistic("count", Statistic.Kind.COUNT, 0);
    private static final Statistic MIN = new Statistic("min", Statistic.Kind.MIN, 0);
    private static final Statistic MAX = new Statistic("max", Statistic.Kind.MAX, 0);
    private static final Statistic MEAN = new Statistic("mean", Statistic.Kind.MEAN, 0);
    private static final List<Statistic> USUAL = List.of(COUNT, MIN, MAX, MEAN);

    private final SummaryJson json = new SummaryJson();
    private final ObjectMapper databind = new ObjectMapper();
    private final double[] value = {42};
    private final double[] values = {42, 55};
    private final SummaryLayout layout = new SummaryLayout(TEMPERATURE, USUAL);
    private final Summary summary = withSome(layout);
    private final Summary twoFields = new SummaryLayout(List.of("temperature", "humidity"), USUAL).empty();
    private final Summary deviation = with(new Statistic("stddev", Statistic.Kind.STDDEV, 0));
    private final Summary last = with(new Statistic("last", Statistic.Kind.LAST, 0));
    private final Summary quantile = with(new Statistic("p99", Statistic.Kind.QUANTILE, 99_000));
    private final byte[] stored = layout.write(summary);
    private final Pojo pojo = pojo();
    private final byte[] message = pojoAsJson();
    private long time;

    public static final class Pojo {
        public long count;
        public double sum;
        public double min;
        public double max;
    }

    private static Summary withSome(SummaryLayout layout) {
        Summary summary = layout.empty();
        for (double value : new double[] {1, 20, 43.5}) {
            summary.add(0, new double[] {value});
        }
        return summary;
    }

    private static Summary with(Statistic statistic) {
        return withSome(new SummaryLayout(TEMPERATURE, List.of(COUNT, MIN, MAX, MEAN, statistic)));
    }

    private static Pojo pojo() {
        Pojo pojo = new Pojo();
        pojo.count = 3;
        pojo.sum = 64.5;
        pojo.min = 1;
        pojo.max = 43.5;
        return pojo;
    }

    private byte[] pojoAsJson() {
        try {
            return databind.writeValueAsBytes(pojo);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Benchmark
    public Summary add() {
        summary.add(time++, value);
        return summary;
    }

    @Benchmark
    public Summary addTwoFields() {
        twoFields.add(time++, values);
        return twoFields;
    }

    /** With the standard deviation, beside the usual statistics; likewise those that follow. */
    @Benchmark
    public Summary addDeviation() {
        deviation.add(time++, value);
        return deviation;
    }

    @Benchmark
    public Summary addLast() {
        last.add(time++, value);
        return last;
    }

    @Benchmark
    public Summary addQuantile() {
        quantile.add(time++, value);
        return quantile;
    }

    @Benchmark
    public byte[] toBytes() {
        return layout.write(summary);
    }

    @Benchmark
    public byte[] quantileToBytes() {
        return quantile.layout().write(quantile);
    }

    @Benchmark
    public Summary fromBytes() {
        return layout.read(stored);
    }

    /** Writes the message of a closed window. */
    @Benchmark
    public byte[] message() {
        return json.write(1735732810000L, summary);
    }

    @Benchmark
    public byte[] quantileMessage() {
        return json.write(1735732810000L, quantile);
    }

    /** Keeps the state as tutorials do. */
    @Benchmark
    public byte[] tutorialToBytes() throws IOException {
        return databind.writeValueAsBytes(pojo);
    }

    @Benchmark
    public Pojo tutorialFromBytes() throws IOException {
        return databind.readValue(message, Pojo.class);
    }
}
