package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Measures the way from the bytes of a message to event time and value. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadingBenchmark {
    private final ReadingDeserializer deserializer =
            new ReadingDeserializer(ZoneOffset.UTC, Duration.ofSeconds(60), System::currentTimeMillis);
    private final ObjectMapper databind = new ObjectMapper();

    private final byte[] plain = bytes("{\"ts\":\"2025-01-01T12:00:00.123456Z\",\"value\":42}");
    private final byte[] fieldsSwapped = bytes("{\"value\":42,\"ts\":\"2025-01-01T12:00:00.123456Z\"}");
    private final byte[] encodedTwice = bytes("\"{\\\"ts\\\":\\\"2025-01-01T12:00:00.123456\\\",\\\"value\\\":42}\"");

    public static final class Pojo {
        public String ts;
        public double value;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    /** A message as our producer, and most others, write it. */
    @Benchmark
    public Reading plain() {
        return deserializer.deserialize("readings", plain);
    }

    @Benchmark
    public Reading fieldsSwapped() {
        return deserializer.deserialize("readings", fieldsSwapped);
    }

    @Benchmark
    public Reading encodedTwice() {
        return deserializer.deserialize("readings", encodedTwice);
    }

    /** Reads a message as tutorials do. */
    @Benchmark
    public long tutorial() throws IOException {
        Pojo reading = databind.readValue(plain, Pojo.class);
        return Instant.parse(reading.ts).toEpochMilli() + (long) reading.value;
    }
}
