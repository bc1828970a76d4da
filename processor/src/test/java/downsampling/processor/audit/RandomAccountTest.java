package downsampling.processor.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.audit.Account.Column;
import downsampling.processor.settings.Level;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopologyKind;
import downsampling.processor.window.Driver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The account of what the exact topology makes of random readings with random options has to balance, wherever the processor was
 * stopped or looked at; and it must not as soon as one record is taken out, doubled, moved or changed.
 *
 * <p>{@code -Daudit.runs} says how many runs, {@code -Daudit.seed} with which one to begin.
 */
class RandomAccountTest {
    private static final int RUNS = Integer.getInteger("audit.runs", 300);
    private static final int SEED = Integer.getInteger("audit.seed", 1);

    @Test
    void shouldBalanceWhateverTheOptions() {
        for (int seed = SEED; seed < SEED + RUNS; seed++) {
            Run run = new Run(seed);
            String as = run.toString();

            Account whole = run.account(run.results, run.steps, run.steps);

            assertThat(whole.faults()).as(as).isEmpty();
            assertThat(whole.total(Column.NOT_YET)).as(as).isZero();
            assertAddsUp(whole, run, as);
            for (Account.Book book : whole.books()) {
                assertThat(book.summaries() + book.revisions())
                        .as(as)
                        .isEqualTo(run.results.get(book.topic).size());
            }

            int processed = run.random.nextInt(run.steps + 1);
            Account part = run.account(run.results, processed, processed + run.random.nextInt(3));

            assertThat(part.faults())
                    .as("until step " + processed + " of " + as)
                    .isEmpty();
            assertAddsUp(part, run, as);
        }
    }

    @Test
    void shouldMissNothingThatRetentionHasDeleted() {
        for (int seed = SEED; seed < SEED + RUNS; seed++) {
            Run run = new Run(seed);
            Map<String, List<Result>> results = new HashMap<>();
            // One topic or another has lost its first records.
            run.results.forEach((topic, list) -> {
                boolean isSummaries = !topic.equals(run.settings.topics().late())
                        && !topic.equals(run.settings.topics().dead());
                int cut = isSummaries && run.random.nextBoolean() ? run.random.nextInt(list.size() + 1) : 0;
                results.put(topic, list.subList(cut, list.size()));
            });
            run.retention = true;
            run.begin = run.random.nextBoolean() ? run.random.nextInt(run.input.size()) : 0;

            Account account = run.account(results, run.steps, run.steps);

            assertThat(account.faults())
                    .as("from " + run.begin + " of " + run.input.size() + ", " + run)
                    .isEmpty();
        }
    }

    @Test
    void shouldFindEachPlantedFault() {
        Map<String, Integer> found = new HashMap<>();
        for (int seed = SEED; seed < SEED + RUNS; seed++) {
            Run run = new Run(seed);
            for (Fault fault : Fault.values()) {
                Map<String, List<Result>> results = new HashMap<>();
                run.results.forEach((topic, list) -> results.put(topic, new ArrayList<>(list)));
                String what = run.plant(fault, results);
                if (what != null) {
                    Account account = run.account(results, run.steps, run.steps);
                    assertThat(account.isBalanced())
                            .as(fault + ": " + what + "; " + run)
                            .isFalse();
                    assertThat(account.faults()).extracting(Account.Fault::kind).contains(fault.kinds(what));
                    found.merge(fault + (what.contains("rollup") ? " of a rollup" : ""), 1, Integer::sum);
                }
            }
        }
        // Else the test tests less than it says.
        assertThat(found).hasSizeGreaterThan(RUNS < 100 ? 0 : 14);
    }

    private static void assertAddsUp(Account account, Run run, String as) {
        assertThat(account.total(Column.READ)).as(as).isEqualTo(run.input.size());
        assertThat(Arrays.stream(Column.values())
                        .filter(column -> column != Column.READ)
                        .mapToLong(account::total)
                        .sum())
                .as(as)
                .isEqualTo(run.input.size());
    }

    private enum Fault {
        SUMMARY_GONE,
        LAST_REVISION_GONE,
        REVISION_GONE,
        SUMMARY_TWICE,
        OUT_OF_ORDER,
        READING_MISSED,
        NO_READINGS,
        SILENT_GONE,
        BACK_GONE,
        SILENT_TWICE;

        private Column[] kinds(String what) {
            return new Column[] {
                switch (this) {
                    case SUMMARY_GONE, LAST_REVISION_GONE, READING_MISSED ->
                        what.contains("rollup") ? Column.WRONG : Column.LOST;
                    case SUMMARY_TWICE, OUT_OF_ORDER, SILENT_TWICE -> Column.TWICE;
                    case REVISION_GONE, NO_READINGS, SILENT_GONE, BACK_GONE -> Column.WRONG;
                }
            };
        }
    }

    /** @param step of the processor that it was committed with */
    private record Result(int step, ConsumerRecord<byte[], byte[]> record) {
        private String key() {
            return new String(record.key(), UTF_8);
        }

        private long number(String name) {
            Header header = record.headers().lastHeader(name);
            return header == null ? 0 : Long.parseLong(new String(header.value(), UTF_8));
        }

        private boolean isOfSameWindow(Result other) {
            return key().equals(other.key()) && number("window.start") == other.number("window.start");
        }

        @Override
        public String toString() {
            return record.topic() + " " + key() + " " + value() + " of " + number("window.start") + " revision "
                    + number("revision");
        }

        private String value() {
            return new String(record.value(), UTF_8);
        }
    }

    private static final class Run {
        private final int seed;
        private final Random random;
        private final List<String> options = new ArrayList<>();
        private final Settings settings;
        private final List<ConsumerRecord<byte[], byte[]>> input = new ArrayList<>();
        private final List<Integer> stepOfInput = new ArrayList<>();
        private final Map<String, List<Result>> results = new HashMap<>();
        private int steps;
        /** Of the input: offset of the first reading that is still there. */
        private int begin;

        private boolean retention;

        Run(int seed) {
            this.seed = seed;
            random = new Random(seed);
            options.add("--grace=" + any("1ms", "1s", "5s"));
            options.add("--idle-close=" + any("off", "8s", "30s"));
            options.add("--allowed-lateness=" + any("off", "30s", "3m"));
            options.add("--stream-time=" + any("partition", "sensor"));
            options.add("--forget-after=" + any("7d", "7d", "2m"));
            options.add("--silent-after=" + any("off", "15s"));
            options.add("--rollups=" + any("", "1m", "30s,1m,10m"));
            options.add("--calendar=" + any("UTC", "Asia/Kathmandu"));
            options.add("--statistics=" + any("count,min,max,mean", "max", "count,last,stddev"));
            options.add("--state-store=" + any("memory", "memory", "rocksdb"));
            options.add(random.nextBoolean() ? "--dedup=true" : "--dedup=false");
            settings = Driver.config(TopologyKind.EXACT, options.toArray(String[]::new));
            settings.results().forEach(topic -> results.put(topic, new ArrayList<>()));
            try (Driver driver = new Driver(settings)) {
                process(driver);
            }
        }

        private String any(String... values) {
            return values[random.nextInt(values.length)];
        }

        private void process(Driver driver) {
            int sensors = 1 + random.nextInt(4);
            int skew = random.nextInt(3);
            int pace = 1 + random.nextInt(12);
            for (int batch = 0; batch < 25; batch++) {
                if (random.nextInt(8) == 0) {
                    driver.idleFor(Duration.ofSeconds(random.nextInt(90)));
                    commit(driver);
                }
                driver.advanceWallClock(Duration.ofMillis(random.nextInt(pace * 1000)));
                commit(driver);
                List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
                long back = random.nextInt(5) == 0 ? random.nextInt(240_000) : 0;
                for (int i = random.nextInt(6); i >= 0; i--) {
                    int sensor = random.nextInt(sensors);
                    long time = driver.now().toEpochMilli()
                            - (sensor == 0 ? back : 0)
                            - random.nextInt(3_000)
                            + (sensor == 1 ? skew * 10_000L : 0)
                            - (sensor == 2 ? skew * 20_000L : 0)
                            + (random.nextInt(50) == 0 ? 50_000 : 0);
                    String value = random.nextInt(30) == 0
                            ? "garbage"
                            : "{\"ts\":" + time / 500 * 500 + ",\"value\":" + random.nextInt(3) + "}";
                    long arrived = driver.now().toEpochMilli() - random.nextInt(100);
                    records.add(record(
                            settings.topics().input(),
                            input.size(),
                            arrived,
                            "s" + sensor,
                            value.getBytes(UTF_8),
                            new RecordHeaders()));
                    input.add(records.get(records.size() - 1));
                    stepOfInput.add(steps);
                }
                driver.send(records);
                commit(driver);
            }
        }

        /** All that the test driver has processed is committed. */
        private void commit(Driver driver) {
            results.forEach((topic, list) -> {
                for (TestRecord<byte[], byte[]> result : driver.read(topic)) {
                    list.add(new Result(
                            steps,
                            record(
                                    topic,
                                    list.size(),
                                    result.timestamp(),
                                    new String(result.key(), UTF_8),
                                    result.value(),
                                    result.headers())));
                }
            });
            steps++;
        }

        private static ConsumerRecord<byte[], byte[]> record(
                String topic, long offset, long timestamp, String key, byte[] value, Headers headers) {
            return new ConsumerRecord<>(
                    topic,
                    0,
                    offset,
                    timestamp,
                    TimestampType.CREATE_TIME,
                    0,
                    0,
                    key.getBytes(UTF_8),
                    value,
                    headers,
                    Optional.empty());
        }

        /**
         * The account after the processor has processed a part.
         *
         * @param processed all steps before this had been committed when the offsets of the input were looked up
         * @param end       all before this had been when the ends of the results were
         */
        Account account(Map<String, List<Result>> results, int processed, int end) {
            int sure = processed - random.nextInt(Math.min(3, processed + 1));
            Account.Partition partition = new Account.Partition(
                    0, begin, firstAfter(processed), firstAfter(Math.min(steps, end + (end == steps ? 0 : 2))));
            Account account = new Account(settings, List.of(partition));
            Predicate<Result> isThere = result -> result.step < end;
            results.get(settings.topics().late()).stream()
                    .filter(isThere)
                    .forEach(late -> account.late(late.record.key(), late.record.headers(), late.step < sure));
            results.get(settings.topics().dead()).stream()
                    .filter(isThere)
                    .forEach(dead -> account.dead(dead.record.headers()));
            List<List<Result>> summaries = settings.levels().stream()
                    .map(level -> results.get(settings.topics().output(level)).stream()
                            .filter(isThere)
                            .toList())
                    .toList();
            for (Account.Book book : account.books()) {
                List<Result> left = summaries.get(account.books().indexOf(book));
                boolean isCut = results.get(book.topic).size()
                        < this.results.get(book.topic).size();
                if (retention && isCut) {
                    book.cut(left.isEmpty() ? null : left.get(0).record);
                }
            }
            int[] next = new int[summaries.size()];
            for (int read = begin, tries = 0; tries < 1000; tries++) {
                int from = random.nextInt(summaries.size() + 2);
                if (from < summaries.size()) {
                    while (next[from] < summaries.get(from).size()
                            && account.judge(
                                    summaries.get(from).get(next[from]).record,
                                    summaries.get(from).get(next[from]).step < sure)) {
                        next[from]++;
                        tries = 0;
                    }
                } else if (read < input.size()) {
                    account.read(input.get(read++));
                    tries = 0;
                } else {
                    partition.done();
                }
                if (random.nextInt(20) == 0) {
                    account.settle();
                }
            }
            assertThat(IntStream.range(0, next.length)
                            .allMatch(i -> next[i] == summaries.get(i).size()))
                    .isTrue();
            if (settings.sensors().saysSilent()) {
                results.get(settings.topics().status()).stream()
                        .filter(isThere)
                        .forEach(status -> account.status(status.record, retention));
            }
            account.close();
            return account;
        }

        private long firstAfter(int step) {
            int first = 0;
            while (first < input.size() && stepOfInput.get(first) < step) {
                first++;
            }
            return first;
        }

        /** @return what was done; null if there is nothing of the kind */
        @Nullable
        String plant(Fault fault, Map<String, List<Result>> results) {
            Level level = settings.levels().get(random.nextInt(settings.levels().size()));
            List<Result> summaries = results.get(settings.topics().output(level));
            String of = level.number() == 0 ? "" : "rollup ";
            switch (fault) {
                case SUMMARY_GONE -> {
                    Result gone = any(
                            summaries,
                            one -> summaries.stream().noneMatch(r -> !r.equals(one) && r.isOfSameWindow(one))
                                    && isClosedFor(one, results));
                    return gone != null && summaries.remove(gone) ? of + gone : null;
                }
                case LAST_REVISION_GONE -> {
                    Result gone = any(summaries, one -> one.number("revision") > 0 && next(one, summaries) == null);
                    return gone != null && summaries.remove(gone) ? of + gone : null;
                }
                case REVISION_GONE -> {
                    Result gone = any(summaries, one -> next(one, summaries) != null);
                    return gone != null && summaries.remove(gone) ? of + gone : null;
                }
                case SUMMARY_TWICE -> {
                    Result again = any(summaries, one -> true);
                    if (again == null) {
                        return null;
                    }
                    int at = summaries.indexOf(again) + 1;
                    summaries.add(at + random.nextInt(summaries.size() + 1 - at), again);
                    return of + again;
                }
                case OUT_OF_ORDER -> {
                    Result early = any(summaries, one -> next(one, summaries) != null);
                    if (early == null) {
                        return null;
                    }
                    Result late = next(early, summaries);
                    summaries.remove(early);
                    summaries.add(summaries.indexOf(late) + 1, early);
                    return of + early;
                }
                case READING_MISSED -> {
                    Result wrong = any(summaries, one -> next(one, summaries) == null);
                    if (wrong == null) {
                        return null;
                    }
                    summaries.set(summaries.indexOf(wrong), oneLess(wrong));
                    return of + wrong;
                }
                case NO_READINGS -> {
                    Result like = any(summaries, one -> true);
                    if (like == null) {
                        return null;
                    }
                    long start = level.start(like.number("window.start")
                            - 20 * Duration.ofDays(1).toMillis());
                    RecordHeaders headers =
                            new RecordHeaders(like.record.headers().toArray());
                    headers.remove("revision").remove("window.start").remove("window.end");
                    headers.add("window.start", text(start)).add("window.end", text(level.end(start)));
                    summaries.add(
                            0,
                            new Result(
                                    0,
                                    record(like.record.topic(), 0, start, like.key(), like.record.value(), headers)));
                    return of + like;
                }
                default -> {
                    return settings.sensors().saysSilent()
                                    && settings.sensors().forgetAfter().toDays() > 0
                            ? plantStatus(fault, results.get(settings.topics().status()))
                            : null;
                }
            }
        }

        private @Nullable String plantStatus(Fault fault, List<Result> status) {
            boolean silent = fault != Fault.BACK_GONE;
            Result one = any(
                    status,
                    record -> record.value().contains(silent ? "silent" : "back")
                            && (fault != Fault.SILENT_GONE || followed(record, status)));
            if (one == null) {
                return null;
            }
            int at = status.indexOf(one);
            if (fault == Fault.SILENT_TWICE) {
                status.add(at, one);
            } else {
                status.remove(at);
            }
            return one.toString();
        }

        private static boolean followed(Result one, List<Result> all) {
            return all.subList(all.indexOf(one) + 1, all.size()).stream()
                    .anyMatch(other -> other.key().equals(one.key()));
        }

        private static @Nullable Result next(Result one, List<Result> all) {
            return all.stream()
                    .filter(other ->
                            other.isOfSameWindow(one) && other.number("revision") == one.number("revision") + 1)
                    .findAny()
                    .orElse(null);
        }

        /** Whether another record, which there was for certain, says that its window is closed. */
        private boolean isClosedFor(Result one, Map<String, List<Result>> results) {
            return settings.levels().stream()
                    .flatMap(level -> results.get(settings.topics().output(level)).stream())
                    .anyMatch(other -> other.step < steps - 3
                            && !other.equals(one)
                            && other.number("window.end") >= one.number("window.end")
                            && (!settings.sensors().ownTime() || other.key().equals(one.key())));
        }

        private @Nullable Result any(List<Result> results, Predicate<Result> which) {
            List<Result> all = results.stream().filter(which).toList();
            return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
        }

        private static Result oneLess(Result result) {
            String value = result.value();
            RecordHeaders headers = new RecordHeaders(result.record.headers().toArray());
            long said = result.number("window.readings");
            if (said > 0) {
                headers.remove("window.readings").add("window.readings", text(said - 1));
            } else {
                long count = Long.parseLong(value.replaceFirst(".*\"count\":(\\d+).*", "$1"));
                value = value.replaceFirst("\"count\":\\d+", "\"count\":" + (count - 1));
            }
            ConsumerRecord<byte[], byte[]> record = result.record;
            return new Result(
                    result.step,
                    record(
                            record.topic(),
                            record.offset(),
                            record.timestamp(),
                            result.key(),
                            value.getBytes(UTF_8),
                            headers));
        }

        private static byte[] text(long number) {
            return Long.toString(number).getBytes(UTF_8);
        }

        @Override
        public String toString() {
            return "-Daudit.seed=" + seed + " " + String.join(" ", options);
        }
    }
}
