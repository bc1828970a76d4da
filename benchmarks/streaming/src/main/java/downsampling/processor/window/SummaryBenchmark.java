package downsampling.processor.window;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
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
    private final SummaryJson json = new SummaryJson();
    private final ObjectMapper databind = new ObjectMapper();
    private final double value = 42;
    private final Summary summary = Summary.of(1).add(20).add(43.5);
    private final byte[] stored = summary.toBytes();
    private final Pojo pojo = pojo();
    private final byte[] message = pojoAsJson();

    public static final class Pojo {
        public long count;
        public double sum;
        public double min;
        public double max;
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
        return summary.add(value);
    }

    @Benchmark
    public byte[] toBytes() {
        return summary.toBytes();
    }

    @Benchmark
    public Summary fromBytes() {
        return Summary.fromBytes(stored);
    }

    /** Writes the message of a closed window. */
    @Benchmark
    public byte[] message() {
        return json.write(1735732810000L, summary);
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
