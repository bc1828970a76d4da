package downsampling.processor.audit;

import static downsampling.processor.audit.Account.Column.CUT;
import static downsampling.processor.audit.Account.Column.DEAD;
import static downsampling.processor.audit.Account.Column.DELETED;
import static downsampling.processor.audit.Account.Column.DUPLICATE;
import static downsampling.processor.audit.Account.Column.LATE;
import static downsampling.processor.audit.Account.Column.LOST;
import static downsampling.processor.audit.Account.Column.NOT_YET;
import static downsampling.processor.audit.Account.Column.OPEN;
import static downsampling.processor.audit.Account.Column.READ;
import static downsampling.processor.audit.Account.Column.SUMMARISED;
import static downsampling.processor.audit.Account.Column.TWICE;
import static downsampling.processor.audit.Account.Column.WRONG;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.processor.audit.Account.Column;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopologyKind;
import downsampling.processor.window.Driver;
import downsampling.processor.window.Summaries;
import downsampling.processor.window.Summary;
import downsampling.processor.window.SummaryJson;
import downsampling.service.InvalidSettingException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** Windows of 10 s and 1 s grace, {@code --max-ahead} of 60 s; times in seconds; read long after, if not said otherwise. */
class AccountTest {
    private static final Settings CONFIG = Driver.config(TopologyKind.EXACT);
    private static final long ALL = Long.MAX_VALUE;
    /** In milliseconds. */
    private static final long LONG_AFTER = 1_000_000_000;

    private final Account.Partition first = new Account.Partition(0, 0, ALL, ALL);
    private final Account.Partition second = new Account.Partition(1, 0, ALL, ALL);
    private Account account = new Account(CONFIG, List.of(first, second));
    private long offset;

    @Test
    void shouldFindEveryReadingInItsPlace() {
        account.late(null, lateHeaders(0, 2, 10), true);
        account.dead(deadHeaders(0, 3));
        read("a", 1, 5);
        read("a", 12, 7);
        read("a", 2, 9);
        skip("garbage");
        judge("a", 0, Summaries.of(5));

        assertColumns(READ, 4, SUMMARISED, 1, LATE, 1, DEAD, 1, OPEN, 1);
        assertThat(account.isBalanced()).isTrue();
    }

    @Test
    void shouldTakeAWindowAsOpenUntilAReadingComesGraceAfterItsEnd() {
        read("a", 1, 5);
        read("b", 10.999, 5);

        assertColumns(READ, 2, OPEN, 2);
        assertThat(account.isBalanced()).isTrue();
    }

    @Test
    void shouldMissTheSummaryOfAWindowThatAReadingOfAnotherSensorHasClosed() {
        read("a", 1, 5);
        read("a", 2, 5);
        read("b", 11, 5);

        assertColumns(READ, 3, OPEN, 1, LOST, 2);
        assertThat(account.faults())
                .extracting(Account.Fault::toString)
                .containsExactly(
                        "lost: a, window 1970-01-01T00:00:00Z to 1970-01-01T00:00:10Z, partition 0: expected a summary of 2"
                                + " readings, found none");
    }

    @Test
    void shouldNotMissTheSummaryOfAWindowThatTheProcessorMayHaveBeenStoppedBeforeItWasDue() {
        readLive("a", 1, 5, 1);
        readLive("fast", 41, 5, 2);
        readLive("a", 3, 5, 3);

        assertColumns(READ, 3, OPEN, 3);
    }

    @Test
    void shouldMissTheSummaryOfAWindowThatWasDueWhicheverWayTheClocksWent() {
        readLive("a", 1, 5, 1);
        readLive("fast", 41, 5, 2);
        readLive("a", 71, 5, 71);

        assertColumns(READ, 3, OPEN, 2, LOST, 1);
    }

    @Test
    void shouldWaitForReadingsThatComeAfterOneThatIsAhead() {
        readLive("a", 1, 5, 1);
        readLive("fast", 41, 5, 2);
        readLive("a", 3, 6, 3);
        assertThat(account.judge(summary("a", 0, Summaries.of(5, 6)), true)).isFalse();
        readLive("a", 4, 7, 4);
        readLive("a", 71, 5, 71);
        judge("a", 0, Summaries.of(5, 6, 7));

        assertColumns(READ, 5, SUMMARISED, 3, OPEN, 2);
    }

    @Test
    void shouldNotMissSummariesThatMayWaitForAnotherPartitionWhereReadingsAreRekeyed() {
        for (String streamTime : List.of("partition", "sensor")) {
            for (long processed : new long[] {2, 3}) {
                offset = 0;
                account = new Account(
                        Driver.config(TopologyKind.EXACT, "--rekey", "--stream-time=" + streamTime),
                        List.of(new Account.Partition(0, 0, processed, ALL)));
                read("a", 1, 5);
                read("a", 100, 5);
                read("a", 101, 5);

                if (processed == 3) {
                    assertColumns(READ, 3, OPEN, 2, LOST, 1);
                } else {
                    assertColumns(READ, 3, OPEN, 2, NOT_YET, 1);
                }
            }
        }
    }

    @Test
    void shouldNotTakeATimestampOfTheFutureForAClock() {
        readLive("a", 1, 5, 4_000_000_000.0);
        readLive("fast", 41, 5, 4_000_000_000.0);

        assertColumns(READ, 2, OPEN, 2);
    }

    @Test
    void shouldMissTheSummaryOfAWindowThatMustHaveBeenClosedTogetherWithAnother() {
        read("a", 1, 5);
        read("b", 2, 5);
        first.done();
        judge("b", 0, Summaries.of(5));

        assertColumns(READ, 2, SUMMARISED, 1, LOST, 1);
    }

    @Test
    void shouldMissTheSummaryOfAWindowThatALateReadingCameFor() {
        account.late(null, lateHeaders(0, 1, 10), true);
        read("a", 1, 5);
        read("a", 2, 5);

        assertColumns(READ, 2, LATE, 1, LOST, 1);
    }

    @Test
    void shouldMissTheSummaryBetweenTwoOthers() {
        read("a", 1, 5);
        read("a", 15, 5);
        read("a", 25, 5);
        first.done();
        judge("a", 0, Summaries.of(5));
        judge("a", 20, Summaries.of(5));

        assertColumns(READ, 3, SUMMARISED, 2, LOST, 1);
    }

    @Test
    void shouldMissTheReadingThatASummaryLacks() {
        read("a", 1, 5);
        read("a", 2, 6);
        read("a", 11, 5);
        judge("a", 0, Summaries.of(5));

        assertColumns(READ, 3, SUMMARISED, 1, OPEN, 1, LOST, 1);
        assertThat(account.faults().get(0).expected()).contains("\"count\":2");
        assertThat(account.faults().get(0).found()).contains("\"count\":1");
    }

    @Test
    void shouldMissAReadingThatCameForAClosedWindowAndIsNotLate() {
        read("a", 1, 5);
        read("a", 25, 5);
        judge("a", 0, Summaries.of(5));
        read("a", 2, 5);

        assertColumns(READ, 3, SUMMARISED, 1, OPEN, 1, LOST, 1);
    }

    @Test
    void shouldMissTheDeadRecordOfWhatIsNoReading() {
        skip("garbage");

        assertColumns(READ, 1, LOST, 1);
        assertThat(account.faults().get(0).toString()).contains("raw-0 offset 0", "expected JSON");
    }

    @Test
    void shouldSeeASummaryThatCameTwice() {
        read("a", 1, 5);
        read("a", 12, 5);
        read("a", 25, 5);
        judge("a", 0, Summaries.of(5));
        judge("a", 10, Summaries.of(5));
        judge("a", 0, Summaries.of(5));
        judge("a", 10, Summaries.of(5));

        assertColumns(READ, 3, SUMMARISED, 2, OPEN, 1, TWICE, 2);
    }

    @Test
    void shouldCountWhatWasDeletedUnreadOnceThoughItWasToldAndSeen() {
        Account.Partition cut = new Account.Partition(0, 100, 20, 20);
        account = new Account(CONFIG, List.of(cut, second));
        account.dead(deletedHeaders(0, 5, 9));
        account.dead(deletedHeaders(0, 10, 29));
        account.deletedUnread(cut, 20, 100);

        account.close();

        assertThat(account.total(DELETED)).isEqualTo(95);
        assertThat(account.total(TWICE) + account.total(WRONG) + account.total(LOST))
                .isZero();
        assertThat(account.isBalanced()).isFalse();
        assertThat(account.faults())
                .extracting(Account.Fault::toString)
                .first()
                .isEqualTo("deleted: raw-0 offsets 5 to 9: expected to be read before they are deleted, found deleted");
    }

    @Test
    void shouldSeeALateAndADeadRecordThatCameTwice() {
        account.late(null, lateHeaders(0, 0, 10), true);
        account.late(null, lateHeaders(0, 0, 10), true);
        account.dead(deadHeaders(0, 1));
        account.dead(deadHeaders(0, 1));
        account.dead(deadHeaders(0, 0));
        read("a", 1, 5);
        skip("garbage");

        assertColumns(READ, 2, LATE, 1, DEAD, 1, TWICE, 3);
    }

    @Test
    void shouldSeeASummaryThatCountsTooMuchOrSaysOtherThanItsReadings() {
        read("a", 1, 5);
        read("b", 1, 5);
        read("c", 11, 5);
        judge("a", 0, Summaries.of(5, 5));
        judge("b", 0, Summaries.of(6));

        assertColumns(READ, 3, SUMMARISED, 2, OPEN, 1, WRONG, 2);
    }

    @Test
    void shouldTakeSummariesWithOtherStatisticsAsRightInWhatTheySay() {
        read("a", 1, 5);
        read("b", 1, 5);
        read("c", 1, 5);
        read("d", 1, 5);
        read("e", 11, 5);
        first.done();
        judge("a", "{\"time\":10000,\"temperature\":{\"mean\":5,\"count\":1,\"p99\":5}}");
        judge("b", "{\"time\":10000,\"temperature\":{\"count\":1,\"min\":5,\"max\":null,\"mean\":5}}");
        judge("c", "{\"time\":10000,\"temperature\":{\"count\":1,\"mean\":6}}");
        judge("d", "{\"time\":10001,\"temperature\":{\"count\":1,\"mean\":5}}");

        assertColumns(READ, 5, SUMMARISED, 4, OPEN, 1, WRONG, 2);
        assertThat(account.otherStatistics()).isEqualTo(2);
    }

    @Test
    void shouldTakeFromAHeaderHowManyReadingsASummaryHas() {
        given(new Account.Partition(0, 0, 1, 3));
        read("a", 1, 5);
        read("a", 2, 6);
        read("a", 3, 7);
        account.partitions().get(0).done();
        ConsumerRecord<byte[], byte[]> summary = summary("a", 0, "{\"time\":10000,\"temperature\":{\"last\":6}}");
        summary.headers().add("window.readings", text(2));
        assertThat(account.judge(summary, true)).isTrue();

        assertColumns(READ, 3, SUMMARISED, 2, NOT_YET, 1);
    }

    @Test
    void shouldSeeASummaryWithoutReadingsAndALateRecordWithoutOne() {
        account.late(null, lateHeaders(0, 7, 10), true);
        first.done();
        second.done();
        judge("a", 0, Summaries.of(5));

        assertColumns(WRONG, 2);
    }

    @Test
    void shouldWaitForTheReadingsOfASummary() {
        read("a", 1, 5);
        read("a", 10.999, 5);

        assertThat(account.judge(summary("a", 0, Summaries.of(5)), true)).isFalse();
        assertThat(account.awaited(summary("a", 0, Summaries.of(5)))).containsExactly(first);

        read("a", 11, 5);

        assertThat(account.judge(summary("a", 0, Summaries.of(5)), true)).isTrue();
        assertColumns(READ, 3, SUMMARISED, 1, OPEN, 2);
    }

    @Test
    void shouldWaitForAllPartitionsWithTheSummaryOfAnUnknownSensor() {
        read("a", 20, 5);

        assertThat(account.awaited(summary("b", 0, Summaries.of(5)))).containsExactly(second);
    }

    @Test
    void shouldTakeNothingAsLostThatTheProcessorHasNotComeTo() {
        given(new Account.Partition(0, 0, 1, 3));
        read("a", 1, 5);
        read("a", 2, 5);
        skip("perhaps dead soon");
        read("b", 100, 5);

        assertColumns(READ, 4, OPEN, 1, NOT_YET, 3);
        assertThat(account.isBalanced()).isTrue();
    }

    @Test
    void shouldTakeASummaryWithAnyPartOfTheReadingsThatTheProcessorWasAt() {
        given(new Account.Partition(0, 0, 1, 3));
        read("a", 1, 5);
        read("a", 2, 6);
        read("a", 3, 7);
        account.partitions().get(0).done();
        judge("a", 0, Summaries.of(5, 6));

        assertColumns(READ, 3, SUMMARISED, 2, NOT_YET, 1);
        assertThat(account.isBalanced()).isTrue();
    }

    @Test
    void shouldNotJudgeWindowsThatRetentionMayHaveCut() {
        offset = 100;
        given(new Account.Partition(0, 100, ALL, ALL));
        account.late(null, lateHeaders(0, 99, 10), true);
        read("a", 15, 5);
        read("a", 85, 5);
        read("a", 92, 5);
        read("a", 105, 5);
        read("a", 115, 5);
        judge("gone", 0, Summaries.of(5, 5));
        judge("a", 10, Summaries.of(5, 5));
        judge("a", 80, Summaries.of(5, 5));
        judge("a", 90, Summaries.of(5, 5));
        judge("a", 100, Summaries.of(5));

        // Taken with the window [10, 20) open, the first reading says that stream time was not 21 yet, so no reading
        // before it
        // was at 81: the window of 80 may be cut, too, and that of 90 may not.
        assertColumns(READ, 5, CUT, 2, SUMMARISED, 2, OPEN, 1, WRONG, 1);
        assertThat(account.uncheckedSummaries()).isEqualTo(3);
    }

    @Test
    void shouldNotMissSummariesThatRetentionHasCut() {
        read("a", 1, 5);
        read("a", 11, 5);
        read("a", 22, 5);
        account.books().get(0).cut(summary("a", 10, Summaries.of(5)));
        judge("a", 10, Summaries.of(5));

        assertColumns(READ, 3, CUT, 1, SUMMARISED, 1, OPEN, 1);
        assertThat(account.isBalanced()).isTrue();
    }

    @Test
    void shouldLeaveOutRecordsOfOtherTopics() {
        assertThat(account.dead(deadHeaders(7, 0))).isFalse();
        assertThat(account.dead(new RecordHeaders())).isFalse();
        assertThat(account.late(null, new RecordHeaders().add("source.partition", null), true))
                .isFalse();
        assertThat(account.late(
                        null,
                        lateHeaders(0, 0, 10).remove("source.topic").add("source.topic", "another".getBytes(UTF_8)),
                        true))
                .isFalse();
    }

    @Test
    void shouldNameASensorWhoseReadingsStandInTwoPartitions() {
        read("a", 1, 5);
        account.read(raw(1, 0, "a", json(2, 5)));

        assertThat(account.strayingSensor()).isEqualTo("a");
    }

    @Test
    void shouldRefuseSummariesOfAnotherWindowSize() {
        Headers headers = new RecordHeaders().add("window.start", text(0)).add("window.end", text(20_000));
        ConsumerRecord<byte[], byte[]> summary = record("agg", 0, 0, 0, "a", "{}", headers);

        assertThatThrownBy(() -> account.judge(summary, true))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage("--window=10s: expected 20s, as the summary at agg-0 offset 0 has it");
    }

    @Test
    void shouldTellDuplicatesFromWhatIsLost() {
        givenDedup(first, second);
        account.late(null, lateHeaders(0, 6, 10), true);
        read("a", 1, 5);
        read("a", 1, 5);
        read("a", 1, 6);
        read("a", 2, 5);
        read("b", 1, 5);
        read("a", 12, 5);
        read("a", 1, 5); // late, and no duplicate
        read("a", 12, 5);
        judge("a", 0, Summaries.of(5, 6, 5));
        judge("b", 0, Summaries.of(5));

        assertColumns(READ, 8, SUMMARISED, 4, LATE, 1, DUPLICATE, 2, OPEN, 1);
        assertThat(account.isBalanced()).isTrue();
    }

    @Test
    void shouldCountDuplicatesAsReadingsWhereTheyAreNotAskedFor() {
        read("a", 1, 5);
        read("a", 1, 5);
        read("a", 12, 5);
        judge("a", 0, Summaries.of(5, 5));

        assertColumns(READ, 3, SUMMARISED, 2, OPEN, 1);
    }

    @Test
    void shouldSeeADuplicateThatWasCountedAndAReadingThatWasTakenForOne() {
        givenDedup(first, second);
        read("a", 1, 5);
        read("a", 1, 5);
        read("b", 1, 5);
        read("b", 2, 5);
        read("c", 11, 5);
        judge("a", 0, Summaries.of(5, 5));
        judge("b", 0, Summaries.of(5));

        assertColumns(READ, 5, SUMMARISED, 2, DUPLICATE, 1, OPEN, 1, LOST, 1, WRONG, 1);
    }

    @Test
    void shouldTakeADuplicateThatTheProcessorHasNotComeToAsNotYetProcessed() {
        givenDedup(new Account.Partition(0, 0, 1, 3));
        read("a", 1, 5);
        read("a", 1, 5);
        read("a", 2, 5);
        read("a", 2, 5);
        account.partitions().get(0).done();
        judge("a", 0, Summaries.of(5, 5));

        assertColumns(READ, 4, SUMMARISED, 2, NOT_YET, 2);
        assertThat(account.isBalanced()).isTrue();
    }

    /** The processor's clock goes by what it counts; so what a duplicate came with does not say that windows are due. */
    @Test
    void shouldNotMissTheSummaryOfAWindowThatADuplicateAloneWouldHaveClosed() {
        givenDedup(first, second);
        readLive("a", 1, 5, 1);
        readLive("fast", 41, 5, 2);
        readLive("a", 1, 5, 171);

        assertColumns(READ, 3, DUPLICATE, 1, OPEN, 2);
    }

    private void given(Account.Partition partition) {
        account = new Account(CONFIG, List.of(partition));
    }

    private void givenDedup(Account.Partition... partitions) {
        account = new Account(Driver.config(TopologyKind.EXACT, "--dedup"), List.of(partitions));
    }

    private void read(String sensor, double seconds, int value) {
        account.read(raw(0, offset++, sensor, json(seconds, value)));
    }

    private void readLive(String sensor, double seconds, int value, double arrived) {
        account.read(record(
                "raw", 0, offset++, Math.round(arrived * 1000), sensor, json(seconds, value), new RecordHeaders()));
    }

    private void skip(String value) {
        account.read(raw(0, offset++, "a", value));
    }

    /** Of the first window. */
    private void judge(String sensor, String summary) {
        assertThat(account.judge(summary(sensor, 0, summary), true)).isTrue();
    }

    private void judge(String sensor, long start, Summary summary) {
        assertThat(account.judge(summary(sensor, start, summary), true)).isTrue();
    }

    /** Closes the account; columns that are not named have to be zero. */
    private void assertColumns(Object... columnsAndCounts) {
        account.close();
        String expected = Stream.of(Column.values())
                .map(column -> column + "=" + count(column, columnsAndCounts))
                .toList()
                .toString();
        assertThat(Stream.of(Column.values())
                        .map(column -> column + "=" + account.total(column))
                        .toList())
                .hasToString(expected);
    }

    private static Object count(Column column, Object... columnsAndCounts) {
        int at = Arrays.asList(columnsAndCounts).indexOf(column);
        return at < 0 ? 0 : columnsAndCounts[at + 1];
    }

    private static String json(double seconds, int value) {
        return "{\"ts\":" + Math.round(seconds * 1000) + ",\"value\":" + value + "}";
    }

    private static ConsumerRecord<byte[], byte[]> raw(int partition, long offset, String sensor, String value) {
        return record("raw", partition, offset, LONG_AFTER, sensor, value, new RecordHeaders());
    }

    private static ConsumerRecord<byte[], byte[]> summary(String sensor, long start, Summary summary) {
        return summary(sensor, start, new String(new SummaryJson().write(start * 1000 + 10_000, summary), UTF_8));
    }

    private static ConsumerRecord<byte[], byte[]> summary(String sensor, long start, String summary) {
        long end = start * 1000 + 10_000;
        Headers headers = new RecordHeaders()
                .add("window.start", text(start * 1000))
                .add("window.end", text(end))
                .add("source.partition", text(0));
        return record("agg", 0, 0, 0, sensor, summary, headers);
    }

    private static ConsumerRecord<byte[], byte[]> record(
            String topic, int partition, long offset, long timestamp, String key, String value, Headers headers) {
        return new ConsumerRecord<>(
                topic,
                partition,
                offset,
                timestamp,
                TimestampType.CREATE_TIME,
                0,
                0,
                key.getBytes(UTF_8),
                value.getBytes(UTF_8),
                headers,
                Optional.empty());
    }

    private static Headers lateHeaders(int partition, long offset, long windowEnd) {
        return new RecordHeaders()
                .add("late.window.end", text(windowEnd * 1000))
                .add("source.topic", "raw".getBytes(UTF_8))
                .add("source.partition", text(partition))
                .add("source.offset", text(offset));
    }

    private static Headers deadHeaders(int partition, long offset) {
        return new RecordHeaders()
                .add("__streams.errors.topic", "raw".getBytes(UTF_8))
                .add("__streams.errors.partition", text(partition))
                .add("__streams.errors.offset", text(offset));
    }

    private static Headers deletedHeaders(int partition, long first, long last) {
        return deadHeaders(partition, first).add("deleted.last.offset", text(last));
    }

    private static byte[] text(long number) {
        return Long.toString(number).getBytes(UTF_8);
    }
}
