package downsampling.processor.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SeenReadingsTest {
    @Test
    void shouldKnowWhatAPlainSetKnows() {
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            int fields = 1 + random.nextInt(3);
            int different = 1 + random.nextInt(20);
            SeenReadings seen = new SeenReadings(fields);
            Set<String> plain = new HashSet<>();
            int count = random.nextInt(random.nextBoolean() ? 20 : 5_000);
            for (int i = 0; i < count; i++) {
                long time = random.nextInt(different);
                double[] values = random.doubles(fields, 0, 5)
                        .map(value -> value > 4 ? Double.NaN : Math.floor(value) - 1)
                        .toArray();
                assertThat(seen.add(time, values))
                        .as("seed %d", seed)
                        .isEqualTo(plain.add(time + Arrays.toString(values)));
                if (random.nextInt(100) == 0) {
                    seen = stored(seen);
                }
            }
            assertThat(seen.size()).isEqualTo(plain.size());
        }
    }

    private static SeenReadings stored(SeenReadings seen) {
        int fields = seen.bytes() / Long.BYTES - 1;
        int unwritten = seen.unwritten();
        ByteBuffer bytes = ByteBuffer.allocate(unwritten * seen.bytes());
        seen.write(unwritten, bytes);
        assertThat(seen.unwritten()).isZero();
        SeenReadings again = new SeenReadings(fields);
        again.read(unwritten, bytes.flip(), false);
        assertThat(again.unwritten()).isEqualTo(unwritten);
        return again;
    }

    @Test
    void shouldCompareValuesAsNumbers() {
        SeenReadings seen = new SeenReadings(2);
        assertThat(seen.add(1, new double[] {0.0, Double.NaN})).isTrue();
        assertThat(seen.add(1, new double[] {-0.0, Double.longBitsToDouble(0x7ff8_0000_0000_0001L)}))
                .isFalse();
        assertThat(seen.add(1, new double[] {Double.NaN, 0.0})).isTrue();
        assertThat(seen.add(1, new double[] {Double.MIN_VALUE, Double.NaN})).isTrue();
        assertThat(seen.add(2, new double[] {0.0, Double.NaN})).isTrue();
    }

    /** All of which would be the same, were it for the last digits, or for some hash of the first. */
    @Test
    void shouldTakeNoReadingForAnotherOne() {
        SeenReadings seen = new SeenReadings(1);
        for (int i = 0; i < 300_000; i++) {
            double value = Math.scalb(1.0 + (i % 300) * 0x1p-52, i % 1000 - 500);
            assertThat(seen.add((long) i << 32 | i, new double[] {value})).isTrue();
        }
        assertThat(seen.add(0, new double[] {Math.scalb(1.0, -500)})).isFalse();
    }
}
