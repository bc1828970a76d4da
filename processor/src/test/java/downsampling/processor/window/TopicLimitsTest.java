package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicLimitsTest {
    private static final long NOW = 1_735_732_800_000L;
    private static final TopicLimits AN_HOUR = new TopicLimits(1000, 3_600_000, 3_600_000);

    @ParameterizedTest
    @CsvSource({"0, 0", "-60, -55", "-55, -55", "-56, -55", "-1000000, -55", "55, 55", "56, 55", "40000000, 55"})
    void shouldMoveATimestampToTheNearestThatTheTopicTakes(long minutes, long moved) {
        Record<byte[], byte[]> record = record(NOW + minutes * 60_000, 10);

        Record<byte[], byte[]> fitting = AN_HOUR.fit(record, NOW);

        assertThat(fitting.timestamp()).isEqualTo(NOW + moved * 60_000);
        assertThat(Driver.header(fitting.headers(), "source.timestamp"))
                .isEqualTo(minutes == moved ? null : String.valueOf(record.timestamp()));
        assertThat(fitting.value()).isSameAs(record.value());
    }

    @Test
    void shouldLeaveAnyTimeAloneWhereTheTopicHasNoLimits() {
        for (long time : new long[] {0, NOW, Long.MAX_VALUE}) {
            Record<byte[], byte[]> record = record(time, 10);
            assertThat(TopicLimits.NONE.fit(record, NOW)).isSameAs(record);
        }
    }

    @Test
    void shouldTakeALimitThatIsShorterThanTheMarginForNow() {
        TopicLimits seconds = new TopicLimits(1000, 1000, 1000);
        assertThat(seconds.timestamp(0, NOW)).isEqualTo(NOW);
        assertThat(seconds.timestamp(Long.MAX_VALUE, NOW)).isEqualTo(NOW);
    }

    private static Record<byte[], byte[]> record(long timestamp, int bytes) {
        return new Record<>(
                "a".getBytes(UTF_8),
                new byte[bytes],
                timestamp,
                new RecordHeaders().add("source.offset", "7".getBytes(UTF_8)));
    }
}
