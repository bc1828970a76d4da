package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SensorIdTest {
    @Test
    void shouldBeEqualWhereTheBytesAreAndKnowPlainText() {
        Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            byte[] id = new byte[1 + random.nextInt(20)];
            for (int at = 0; at < id.length; at++) {
                id[at] = (byte) (random.nextInt(20) == 0 ? random.nextInt(256) : 32 + random.nextInt(96));
            }
            SensorId sensor = new SensorId(id);
            assertThat(sensor).isEqualTo(new SensorId(id.clone())).hasSameHashCodeAs(new SensorId(id.clone()));
            boolean plain = true;
            for (byte b : id) {
                plain &= b >= ' ';
            }
            assertThat(sensor.isPlain()).as(Arrays.toString(id)).isEqualTo(plain);
            byte[] other = id.clone();
            other[random.nextInt(id.length)] ^= 1;
            assertThat(new SensorId(other)).isNotEqualTo(sensor);
        }
    }

    @Test
    void shouldSpreadNumberedIds() {
        Set<Integer> hashes = new HashSet<>();
        for (int sensor = 0; sensor < 1_000_000; sensor++) {
            hashes.add(new SensorId(("Sensor" + sensor).getBytes(US_ASCII)).hashCode());
        }
        assertThat(hashes).hasSizeGreaterThan(990_000);
    }
}
