package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import downsampling.processor.reading.NotAReadingException.Reason;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.settings.ReadingSettings;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopologyKind;
import java.util.Arrays;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** A bug in reading, which is planted here, is told apart from a record that is no reading. */
class FaultsTest {
    /** Reads as usual, but for a value of 13. */
    private static final class Buggy extends ReadingReader {
        private Buggy(ReadingSettings settings) {
            super(settings);
        }

        @Override
        public void read(byte[] value, long timestamp, long now, Reading into) {
            if (new String(value, UTF_8).contains("13")) {
                throw new IllegalStateException("a planted bug");
            }
            super.read(value, timestamp, now, into);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldGoOnAndShowTheTraceOnceInTheLogAndInEachDeadLetter(TopologyKind topology) {
        Logger logger = (Logger) LoggerFactory.getLogger(Faults.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        Settings config = Driver.config(topology);
        try (Driver driver = new Driver(config, () -> new Buggy(config.readings()))) {
            // When records come of which two meet the bug and one is no reading
            driver.send("a", "2025-01-01T12:00:01Z", 1);
            driver.send("a", "2025-01-01T12:00:02Z", 13);
            driver.send("a", "2025-01-01T12:00:03Z", "\"warm\"");
            driver.send("a", "2025-01-01T12:00:04Z", 13);
            driver.send("a", "2025-01-01T12:00:11Z", 2);

            // Then the rest is counted, and all three are dead letters
            assertThat(driver.rows())
                    .containsExactly("a {\"time\":1735732810000,\"temperature\":"
                            + "{\"count\":1,\"min\":1,\"max\":1,\"mean\":1}}");
            assertThat(driver.dead().stream().map(FaultsTest::trace))
                    .satisfiesExactly(FaultsTest::hasTrace, FaultsTest::hasNone, FaultsTest::hasTrace);
            assertThat(driver.metrics.dead()).containsEntry(Reason.OTHER, 2L).containsEntry(Reason.NUMBER, 1L);
            assertThat(new String(driver.metrics.scrape().content(), UTF_8)).contains("downsampling_faults_total 2.0");

            // And one line tells of the bug, with its trace
            assertThat(log.list).singleElement().satisfies(event -> {
                assertThat(event.getFormattedMessage()).contains("raw-0 offset 1", "downsampling_faults_total");
                assertThat(event.getThrowableProxy().getMessage()).isEqualTo("a planted bug");
                assertThat(Arrays.toString(event.getThrowableProxy().getStackTraceElementProxyArray()))
                        .contains("Buggy.read");
            });
        } finally {
            logger.detachAppender(log);
        }
    }

    private static String trace(TestRecord<byte[], byte[]> letter) {
        return Driver.header(letter.headers(), "__streams.errors.stacktrace");
    }

    private static void hasTrace(String trace) {
        assertThat(trace).contains("a planted bug", "at downsampling.processor.window.FaultsTest");
    }

    private static void hasNone(String trace) {
        assertThat(trace).contains("expected a number").doesNotContain("\tat ");
    }
}
