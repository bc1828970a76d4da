package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;

class SensorPartitionsTest {
    private static final int MILLION = 1_000_000;

    private final SensorPartitions sensors = new SensorPartitions();

    @Test
    void shouldFindASensorThatComesFromTwoPartitionsInTurn() {
        seen("A", 0, 3, 0, 3, 0);
        seen("B", 1, 1, 1);

        assertThat(sensors.inTwoPartitions()).isEqualTo(1);
    }

    @Test
    void shouldAccuseNoSensorThatHasMovedOnce() {
        seen("A", 0, 0, 3, 3, 3);

        assertThat(sensors.inTwoPartitions()).isZero();
    }

    @Test
    void shouldCompareIdsWhereHashesAreTheSame() {
        SensorPartitions colliding = new SensorPartitions(id -> 42);
        for (int window = 0; window < 5; window++) {
            colliding.seen(id("A"), 0);
            colliding.seen(id("B"), 1);
        }
        assertThat(colliding.inTwoPartitions()).isZero();

        colliding.seen(id("A"), 0);
        colliding.seen(id("A"), 1);
        colliding.seen(id("A"), 0);
        assertThat(colliding.inTwoPartitions()).isEqualTo(1);
    }

    @Test
    void shouldAccuseNobodyAmongAMillionSensorsThatStayWhereTheyAre() {
        for (int window = 0; window < 3; window++) {
            for (int i = 0; i < MILLION; i++) {
                sensors.seen(id("sensor-" + i), i % 6);
            }
        }

        assertThat(sensors.inTwoPartitions()).isZero();
    }

    @Test
    void shouldFindOneAmongAHundredThousand() {
        for (int window = 0; window < 4; window++) {
            for (int i = 0; i < 100_000; i++) {
                sensors.seen(id("sensor-" + i), i % 6);
                if (i % 1000 == 0) {
                    seen("stray", window % 2);
                }
            }
        }

        assertThat(sensors.inTwoPartitions()).isEqualTo(1);
    }

    @Test
    void shouldStopCountingAtAThousandWhereAMillionAreInTwoPartitions() {
        for (int window = 0; window < 4; window++) {
            for (int partition = 0; partition < 2; partition++) {
                for (int i = 0; i < MILLION; i++) {
                    sensors.seen(id("sensor-" + i), partition);
                }
            }
        }

        assertThat(sensors.inTwoPartitions()).isEqualTo(1000);
    }

    private void seen(String sensor, int... partitions) {
        for (int partition : partitions) {
            sensors.seen(id(sensor), partition);
        }
    }

    private static Bytes id(String sensor) {
        return Bytes.wrap(sensor.getBytes(UTF_8));
    }
}
