package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import downsampling.processor.settings.Options;
import downsampling.service.Program;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Measures the way from the bytes of a message to event time and values, with a thousand messages in turn for each shape. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadingBenchmark {
    private static final int MESSAGES = 1024;
    private static final long NOW = Instant.parse("2025-01-02T00:00:00Z").toEpochMilli();

    private final ObjectMapper databind = new ObjectMapper();
    private int next;

    private final Shape plain = new Shape("{'ts':'%1$s.%2$06dZ','value':%3$d}");
    private final Shape decimals = new Shape("{'ts':'%1$s.%2$06dZ','value':%3$d.%4$d}");
    private final Shape fieldsSwapped = new Shape("{'value':%3$d,'ts':'%1$s.%2$06dZ'}");
    private final Shape withOffset = new Shape("{'ts': '%1$s.%2$06d+00:00', 'value': %3$d}");
    private final Shape encodedTwice = new Shape("\"{\\'ts\\': \\'%1$s.%2$06d\\', \\'value\\': %3$d}\"");
    private final Shape localTime = new Shape("{'ts':'%1$s.%2$06d','value':%3$d}", "--zone=Europe/Berlin");
    private final Shape among = new Shape("{'id':'a1','unit':'°C','ok':true,'ts':'%1$s.%2$06dZ','value':%3$d,'n':7}");
    private final Shape seconds = new Shape("{'ts':%5$d,'value':%3$d}", "--time-unit=s");
    private final Shape nested = new Shape(
            "{'device':{'id':'a1'},'timestamp':%5$d,'temp':%3$d.%4$d,'hum':%3$d}",
            "--fields=temperature=temp,humidity=hum", "--time-field=timestamp", "--time-unit=s");
    private final Shape byPointer = new Shape(
            "{'meta':{'at':'%1$s.%2$06dZ'},'data':[{'t':%3$d.%4$d},{'t':%3$d}]}",
            "--fields=a=/data/0/t,b=/data/1/t", "--time-field=/meta/at");
    private final Shape careful = new Shape("{'ts':'%1$s.%2$06dZ','value':%3$de0}");

    public static final class Pojo {
        public String ts;
        public double value;
    }

    /** Messages, and how they are read. */
    private static final class Shape {
        private final byte[][] messages = new byte[MESSAGES][];
        private final ReadingReader reader;
        private final Reading reading;

        /** @param format of a time, its microseconds, an integer, another one and the time in seconds; quotes for double ones */
        Shape(String format, String... options) {
            Random random = new Random(1);
            for (int i = 0; i < MESSAGES; i++) {
                Instant time = Instant.ofEpochSecond(NOW / 1000 - 86_400 + random.nextInt(80_000));
                messages[i] = String.format(
                                format.replace('\'', '"'),
                                time.toString().substring(0, 19),
                                random.nextInt(1_000_000),
                                random.nextInt(100),
                                random.nextInt(1000),
                                time.getEpochSecond())
                        .getBytes(UTF_8);
            }
            Options parsed = new Options(Map.of());
            new Program("benchmark", Map.of(), new Program.Output())
                    .commandLine(parsed)
                    .parseArgs(options);
            reader = new ReadingReader(parsed.settings().readings());
            reading = new Reading(parsed.settings().readings().fields().size());
        }

        Reading read(int number) {
            reader.read(messages[number & MESSAGES - 1], NOW, NOW, reading);
            return reading;
        }
    }

    /** A message as our producer, and most others, write it. */
    @Benchmark
    public Reading plain() {
        return plain.read(next++);
    }

    @Benchmark
    public Reading decimals() {
        return decimals.read(next++);
    }

    @Benchmark
    public Reading fieldsSwapped() {
        return fieldsSwapped.read(next++);
    }

    /** As {@code isoformat} of Python's datetime writes it. */
    @Benchmark
    public Reading withOffset() {
        return withOffset.read(next++);
    }

    @Benchmark
    public Reading encodedTwice() {
        return encodedTwice.read(next++);
    }

    @Benchmark
    public Reading localTime() {
        return localTime.read(next++);
    }

    /** With members beside those that are read. */
    @Benchmark
    public Reading among() {
        return among.read(next++);
    }

    @Benchmark
    public Reading seconds() {
        return seconds.read(next++);
    }

    /** Two fields and an object beside them. */
    @Benchmark
    public Reading nested() {
        return nested.read(next++);
    }

    /** Two fields in an array of objects. */
    @Benchmark
    public Reading byPointer() {
        return byPointer.read(next++);
    }

    /** What the fast path leaves to the careful one. */
    @Benchmark
    public Reading careful() {
        return careful.read(next++);
    }

    /** Reads a message as tutorials do. */
    @Benchmark
    public long tutorial() throws IOException {
        Pojo reading = databind.readValue(plain.messages[next++ & MESSAGES - 1], Pojo.class);
        return Instant.parse(reading.ts).toEpochMilli() + (long) reading.value;
    }
}
