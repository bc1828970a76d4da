package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.Oracle;
import downsampling.processor.Oracle.Fate;
import downsampling.processor.Oracle.Reading;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopologyKind;
import downsampling.service.InvalidSettingException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;

/**
 * All options together on random streams, held against the {@link Oracle}: sensors with wrong clocks, silent ones, backlogs that are
 * delivered at once, readings out of order, late, twice, and without some of their fields.
 *
 * <p>System properties: {@code options.runs}, and {@code options.seed}, from which on the seeds count.
 */
class AllOptionsTest {
    private static final List<String> ROLLUPS = List.of(
            "", "1m", "1m,1h", "1m,15m,1h,6h,1d", "5m,1h,1d,1mo", "1h,1w", "10m,30m,2h", "1h", "1d", "30m,12h,1w");
    private static final List<String> CALENDARS = List.of(
            "UTC",
            "Europe/Berlin",
            "Asia/Kolkata",
            "Asia/Kathmandu",
            "Australia/Lord_Howe",
            "America/St_Johns",
            "America/Havana",
            "Africa/Cairo");
    private static final List<String> STATISTICS = List.of(
            "count,min,max,mean", "count,sum,stddev", "first,last", "median,p99.9,count", "mean,last,stddev,p5,sum");

    /** Now, and before clocks were changed in one of the zones. */
    private static final List<String> BEGINNINGS = List.of(
            "2024-10-26T22:00:00Z", // Berlin
            "2024-10-31T20:00:00Z", // Cairo
            "2024-11-03T03:30:00Z", // Havana, and St John's
            "2024-10-05T14:00:00Z", // Lord Howe
            "2024-03-31T00:00:00Z",
            "2024-05-31T17:30:00Z"); // end of a month in Kolkata and Kathmandu

    @Test
    void shouldAgreeWithTheOracleWhateverTheOptionsAre() {
        int from = Integer.getInteger("options.seed", 0);
        int runs = Integer.getInteger("options.runs", 500);
        Map<Fate, Integer> fates = new EnumMap<>(Fate.class);
        for (int seed = from; seed < from + runs; seed++) {
            Random random = new Random(seed);
            List<String> options = options(random);
            try (Run run = new Run(random, Driver.config(TopologyKind.EXACT, options.toArray(String[]::new)))) {
                run.go();
                for (Fate fate : Fate.values()) {
                    fates.merge(fate, run.oracle.count(fate), Integer::sum);
                }
            } catch (AssertionError | RuntimeException | IOException e) {
                throw new AssertionError(
                        "-Doptions.seed=%d -Doptions.runs=1: %s\n%s"
                                .formatted(seed, String.join(" ", options), e.getMessage()),
                        e);
            }
        }
        System.out.println("Readings in " + runs + " runs: " + fates);
        if (runs >= 500) {
            assertThat(fates.values()).allMatch(count -> count > runs / 20);
        }
    }

    /** At random, and such as are not refused. */
    private static List<String> options(Random random) {
        List<String> options = new ArrayList<>();
        options.add("--window=" + any(random, "10s", "10s", "30s", "1m"));
        options.add("--grace=" + any(random, "1s", "0s", "5s", "20s"));
        options.add("--statistics=" + any(random, STATISTICS));
        options.add("--fields=" + any(random, "f0", "f0,f1", "f0,f1,f2"));
        options.add("--dedup=" + random.nextBoolean());
        options.add("--idle-close=" + any(random, "off", "5s", "30s", "2m"));
        options.add("--stream-time=" + any(random, "partition", "sensor"));
        options.add("--allowed-lateness=" + any(random, "off", "10s", "1m", "20m", "2h"));
        options.add("--forget-after=" + any(random, "7d", "7d", "10m", "1h"));
        options.add("--silent-after=" + any(random, "off", "20s", "2m"));
        options.add("--state-store=" + (random.nextInt(10) == 0 ? "rocksdb" : "memory"));
        while (true) {
            List<String> all = new ArrayList<>(options);
            all.add("--rollups=" + any(random, ROLLUPS));
            all.add("--calendar=" + any(random, CALENDARS));
            try {
                Driver.config(TopologyKind.EXACT, all.toArray(String[]::new));
                return all;
            } catch (InvalidSettingException e) {
                // Others, then.
            }
        }
    }

    private static String any(Random random, String... choices) {
        return any(random, List.of(choices));
    }

    private static <T> T any(Random random, List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    /** A reading on its way: when it is delivered, on the clock of the scene. */
    private record Sent(Reading reading, long delivered) {}

    private static final class Run implements AutoCloseable {
        private final Random random;
        private final Settings settings;
        private final Driver driver;
        private final Oracle oracle;
        private final List<String> fields;
        private final int levels;
        private final List<ConsumerRecord<byte[], byte[]>> batch = new ArrayList<>();
        private final List<Long> late = new ArrayList<>();
        private final Map<String, List<String>> statuses = new TreeMap<>();
        /** From when on it is known that the partition is read to its end. */
        private long since = Oracle.UNKNOWN;

        Run(Random random, Settings settings) {
            this.random = random;
            this.settings = settings;
            driver = new Driver(settings);
            oracle = new Oracle(settings);
            levels = settings.levels().size();
            fields = settings.readings().fields().stream()
                    .map(field -> field.name())
                    .toList();
            oracle.advance(now(), since);
        }

        void go() throws IOException {
            boolean live = random.nextBoolean();
            long begin =
                    live ? now() : Instant.parse(any(random, BEGINNINGS)).toEpochMilli() + random.nextInt(7_200_000);
            List<Sent> stream = stream(begin);
            if (live && random.nextBoolean()) {
                since = now();
            }
            for (Sent sent : stream) {
                if (live) {
                    if (sent.delivered > now()) {
                        flush();
                        advance(sent.delivered - now());
                    }
                    if (random.nextInt(100) == 0) {
                        flush();
                        since = since == Oracle.UNKNOWN ? now() : Oracle.UNKNOWN;
                    }
                }
                send(sent.reading, live ? now() - random.nextInt(500) : sent.delivered);
            }
            flush();
            comeToAnEnd();
            // What comes when all is over.
            for (int i = random.nextInt(8); i > 0 && !stream.isEmpty(); i--) {
                Reading of = any(random, stream).reading;
                send(reading(of.sensor(), of.time() - random.nextInt(3_000)), now());
            }
            flush();
            comeToAnEnd();
            check();
        }

        /** Of sensors with wrong clocks, jitter, backlogs and silences of their own, in the order of delivery. */
        private List<Sent> stream(long begin) {
            int sensors = 1 + random.nextInt(4);
            int count = 20 + random.nextInt(random.nextInt(4) == 0 ? 180 : 60);
            int pace = any(random, List.of(300, 1_000, 5_000, 30_000, 300_000));
            List<Sent> all = new ArrayList<>();
            for (int sensor = 0; sensor < sensors; sensor++) {
                int skew = any(random, List.of(0, 0, 0, -20_000, 10_000, 50_000, -47_000));
                int jitter = any(random, List.of(1, 1, 2_000, 30_000));
                int uploads = any(random, List.of(1, 1, 1, 60_000, 3_600_000)); // at once, or each so often
                long time = begin;
                for (int i = 0; i < count / sensors; i++) {
                    time += random.nextInt(30) == 0 ? random.nextInt(40 * pace) : random.nextInt(2 * pace);
                    long delivered = (time / uploads + (uploads == 1 ? 0 : 1)) * uploads + random.nextInt(jitter);
                    if (random.nextInt(40) == 0) {
                        delivered += random.nextInt(7_200_000);
                    }
                    int ahead = random.nextInt(300) == 0 ? 200_000 : skew;
                    // Whole seconds, so that some are twice.
                    Reading reading = reading("s" + sensor, (time + ahead) / 1000 * 1000);
                    for (int copies = random.nextInt(10) == 0 ? 2 : 1; copies > 0; copies--) {
                        all.add(new Sent(reading, delivered + random.nextInt(copies * copies)));
                    }
                }
            }
            all.sort(Comparator.comparingLong(Sent::delivered));
            return all;
        }

        private Reading reading(String sensor, long time) {
            Map<String, Double> values = new LinkedHashMap<>();
            List<String> some = new ArrayList<>(fields);
            Collections.shuffle(some, random);
            for (String field : some.subList(0, 1 + random.nextInt(fields.size()))) {
                values.put(
                        field, random.nextBoolean() ? 1.0 + random.nextInt(5) : random.nextInt(100_000) / 100.0 - 200);
            }
            return new Reading(sensor, time, values, 0);
        }

        private void send(Reading of, long arrived) throws IOException {
            long said = random.nextInt(60) == 0 ? arrived + random.nextInt(7_200_000) - 3_600_000 : arrived;
            Reading reading = new Reading(of.sensor(), of.time(), of.values(), said);
            for (int tries = 0; oracle.fate(reading) == null; tries++) {
                if (tries == 5) {
                    return;
                }
                flush();
                advance(2_500);
            }
            String value = of.values().entrySet().stream()
                    .map(field -> ",\"" + field.getKey() + "\":" + field.getValue())
                    .collect(Collectors.joining("", "{\"ts\":" + of.time(), "}"));
            ConsumerRecord<byte[], byte[]> record =
                    driver.record(of.sensor().getBytes(UTF_8), value.getBytes(UTF_8), Instant.ofEpochMilli(said));
            batch.add(record);
            if (oracle.read(reading) == Fate.LATE) {
                late.add(record.offset());
            }
            if (random.nextInt(4) == 0) {
                flush();
            }
        }

        private void flush() throws IOException {
            if (!batch.isEmpty()) {
                driver.send(List.copyOf(batch));
                batch.clear();
                take();
                oracle.committed();
            }
        }

        /** The wall clock goes on, with a look once a second at the end of the time at least. */
        private void advance(long millis) throws IOException {
            long left = millis;
            while (left > 0) {
                long step = left > 10_000 ? left - 6_000 : Math.min(left, 1_000);
                driver.reached = since == Oracle.UNKNOWN
                        ? null
                        : Driver.readUpTo(since, driver.now().plusMillis(step));
                driver.advanceWallClock(Duration.ofMillis(step));
                left -= step;
            }
            oracle.advance(now(), since);
            take();
        }

        /** Nothing comes any more, for so long that all closes that silence closes. */
        private void comeToAnEnd() throws IOException {
            since = since == Oracle.UNKNOWN ? now() : since;
            for (Duration silence : List.of(
                    Duration.ofSeconds(20), Duration.ofMinutes(10), Duration.ofHours(3), Duration.ofHours(80))) {
                advance(silence.toMillis());
            }
            for (int tries = 0; tries < 20 && !oracle.isSettled(); tries++) {
                advance(2_500);
            }
        }

        private void take() throws IOException {
            List<Oracle.Written> written = new ArrayList<>();
            for (int level = 0; level < levels; level++) {
                for (TestRecord<String, String> record : driver.summaries(level)) {
                    written.add(Oracle.Written.of(
                            level, record.key(), record.value(), record.timestamp(), record.headers()));
                }
            }
            oracle.assertWritten(written);
            driver.statuses()
                    .forEach(record -> statuses.computeIfAbsent(record.key(), none -> new ArrayList<>())
                            .add(record.timestamp() + " " + record.value()));
        }

        private void check() {
            oracle.assertComplete();
            assertThat(driver.late().stream().map(record -> Driver.header(record.headers(), "source.offset")))
                    .as("offsets of late readings")
                    .containsExactlyElementsOf(
                            late.stream().map(String::valueOf).toList());
            assertThat(driver.dead()).as("dead").hasSize(oracle.count(Fate.DEAD));
            assertThat(driver.metrics.duplicates()).as("duplicates").isEqualTo(oracle.count(Fate.DUPLICATE));
            if (settings.sensors().saysSilent()) {
                oracle.assertStatuses(statuses);
            } else {
                assertThat(statuses).isEmpty();
            }
        }

        private long now() {
            return driver.now().toEpochMilli();
        }

        @Override
        public void close() {
            driver.close();
        }
    }
}
