package downsampling.producer.source;

import static downsampling.producer.source.SyntheticReading.Kind.CORRUPT;
import static downsampling.producer.source.SyntheticReading.Kind.FUTURE;
import static downsampling.producer.source.SyntheticReading.Kind.LATE;
import static downsampling.producer.source.SyntheticReading.Kind.ON_TIME;
import static downsampling.producer.source.SyntheticReading.Kind.OUT_OF_ORDER;

import downsampling.service.InvalidSettingException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * Readings from a seed: each belongs to a sensor {@code Sensor1}, {@code Sensor2}, … drawn at random, and has a whole value
 * from 0 to 100. Where there are further fields, number <i>n</i> has a value from 0 to 100/<i>n</i> with one decimal. The same seed
 * gives the same readings, values and kinds again, whatever the rate and the further fields; with a start time, the same event
 * times, too. This source needs no broker.
 *
 * <p>Event time is the time of the clock when {@link #next()} is called or, with a start time, the start time plus 1/rate for
 * each message before; without a finite rate, plus the pauses drawn from 0 to 1 s. It is in whole µs.
 */
public final class SyntheticSource implements Source {

    /**
     * What readings to make.
     *
     * @param sensors how many sensors, 1 to 1,000,000
     * @param count how many messages, 0 for no end
     * @param rate messages per second of all sensors together, above 0, infinite for as many as possible; empty for a random
     *     pause of 0 to 1 s after each
     * @param seed of everything random
     * @param startTime event time of the first message, from 1970 to 2098; empty for the time of sending
     * @param shares how many messages are not on time
     * @param fields names of the numbers in a message, 1 to {@value ReadingJson#MOST_FIELDS}, each once
     */
    public record Recipe(
            int sensors,
            long count,
            Optional<Double> rate,
            long seed,
            Optional<Instant> startTime,
            Shares shares,
            List<String> fields) {

        private static final Instant MIN_START = Instant.EPOCH;
        private static final Instant MAX_START = Instant.parse("2098-12-31T23:59:59.999999Z");

        /** @throws InvalidSettingException in one line: name, value, what is allowed */
        public Recipe {
            fields = List.copyOf(fields);
            check(sensors >= 1 && sensors <= 1_000_000, "--sensors", sensors, "a number from 1 to 1000000");
            check(count >= 0, "--count", count, "a number from 1, or 0 for no end");
            rate.ifPresent(value -> check(value > 0, "--rate", value, NumberOrMax.EXPECTED));
            startTime.ifPresent(time -> check(
                    !time.isBefore(MIN_START) && !time.isAfter(MAX_START),
                    "--start-time",
                    time,
                    "a time in the years 1970 to 2098"));
            ReadingJson.checkFields("--fields", fields);
        }

        /** Readings with the one field {@code value}. */
        public Recipe(
                int sensors, long count, Optional<Double> rate, long seed, Optional<Instant> startTime, Shares shares) {
            this(sensors, count, rate, seed, startTime, shares, List.of(ReadingJson.USUAL_FIELD));
        }
    }

    /** The share of all messages that is of each kind, from 0 to 1; the rest is on time. See {@link SyntheticReading.Kind}. */
    public record Shares(double outOfOrder, double late, double future, double corrupt) {

        public static final Shares NONE = new Shares(0, 0, 0, 0);

        /** @throws InvalidSettingException in one line: name, value, what is allowed */
        public Shares {
            checkShare("--out-of-order", outOfOrder);
            checkShare("--late", late);
            checkShare("--future", future);
            checkShare("--corrupt", corrupt);
            check(
                    outOfOrder + late + future + corrupt <= 1 + 1e-9,
                    "--out-of-order + --late + --future + --corrupt",
                    outOfOrder + late + future + corrupt,
                    "shares that add up to 1 at most");
        }

        private static void checkShare(String name, double share) {
            check(share >= 0 && share <= 1, name, share, "a share from 0 to 1");
        }
    }

    /** Readings per second without a rate, on average: the pauses are 0 to 1 s. */
    private static final double PAUSED_RATE = 2;

    private static final Instant FUTURE_START = Instant.parse("2099-01-01T00:00:00Z");
    private static final int FUTURE_SECONDS = 365 * 24 * 3600;

    private final Recipe recipe;
    /** Infinite for as many as possible; without a rate, what the pauses come to. */
    private final double readingsPerSecond;
    /** Whether event times follow each other by 1/rate, and not by the pauses. */
    private final boolean steady;

    private final Clock clock;
    private final SplittableRandom random;
    private final SplittableRandom pauses;
    /** Of the fields after the first one. */
    private final SplittableRandom further;

    private final ReadingJson json;
    private final byte[][] keys;
    private final Map<SyntheticReading.Kind, LongAdder> kinds = new EnumMap<>(SyntheticReading.Kind.class);

    private long taken;
    private long pausedNanos;
    /** The newest reading on time, which is the newest of all but the future ones. */
    private Optional<SyntheticReading> newest = Optional.empty();

    /** Makes readings at the time of this machine's clock. */
    public SyntheticSource(Recipe recipe) {
        this(recipe, Clock.systemUTC());
    }

    /** Begins anew from the seed; the clock is asked only when there is no start time. */
    public SyntheticSource(Recipe recipe, Clock clock) {
        this(recipe, clock, false);
    }

    SyntheticSource(Recipe recipe, Clock clock, boolean doubleEncoded) {
        this.recipe = recipe;
        readingsPerSecond = recipe.rate().orElse(PAUSED_RATE);
        steady = recipe.rate().isPresent() && !Double.isInfinite(readingsPerSecond);
        this.clock = clock;
        json = new ReadingJson(recipe.fields(), doubleEncoded);
        random = new SplittableRandom(recipe.seed());
        // Pauses of their own, so that the same seed gives the same readings with a rate as without.
        pauses = random.split();
        // Not split off, too, which would change what a seed means.
        further = new SplittableRandom(~recipe.seed());
        keys = IntStream.rangeClosed(1, recipe.sensors())
                .mapToObj(i -> ("Sensor" + i).getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
    }

    @Override
    public boolean hasNext() {
        return recipe.count() == 0 || taken < recipe.count();
    }

    @Override
    public long dueNanos() {
        return Double.isInfinite(readingsPerSecond) ? 0 : scheduleNanos();
    }

    @Override
    public double readingsPerSecond() {
        return readingsPerSecond;
    }

    /** The kinds by how many messages there were of each; empty when all were of one kind. */
    @Override
    public Map<String, Long> counts() {
        Map<String, Long> counts = new LinkedHashMap<>();
        kinds.forEach(
                (kind, count) -> counts.put(kind.name().toLowerCase(Locale.ROOT).replace('_', ' '), count.sum()));
        return counts.size() > 1 ? counts : Map.of();
    }

    @Override
    public SyntheticReading next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Instant now = eventTimeNow();
        SyntheticReading reading = draw(now);
        kinds.computeIfAbsent(reading.kind(), kind -> new LongAdder()).increment();
        taken++;
        pausedNanos += pauses.nextLong(1_000_000_001);
        return reading;
    }

    private long scheduleNanos() {
        return steady ? (long) (taken * 1e9 / readingsPerSecond) : pausedNanos;
    }

    private Instant eventTimeNow() {
        Instant now =
                recipe.startTime().isPresent() ? recipe.startTime().get().plusNanos(scheduleNanos()) : clock.instant();
        now = now.truncatedTo(ChronoUnit.MICROS);
        // A clock may be set back, which must not make a reading older that is meant to be on time.
        return newest.isPresent() && now.isBefore(newest.get().eventTime())
                ? newest.get().eventTime()
                : now;
    }

    private SyntheticReading draw(Instant now) {
        byte[] key = keys[random.nextInt(keys.length)];
        double[] readings = drawReadings();
        return switch (drawKind()) {
            case OUT_OF_ORDER -> olderThanNewest(OUT_OF_ORDER, 1_000, 1_000_000, readings);
            case LATE -> olderThanNewest(LATE, 30_000_000, 60_000_000, readings);
            case FUTURE -> reading(FUTURE, key, FUTURE_START.plusSeconds(random.nextInt(FUTURE_SECONDS)), readings);
            case CORRUPT ->
                Corruption.draw(random)
                        .apply(
                                reading(CORRUPT, key, now, readings),
                                recipe.fields().get(0),
                                random);
            case ON_TIME -> {
                SyntheticReading onTime = reading(ON_TIME, key, now, readings);
                newest = Optional.of(onTime);
                yield onTime;
            }
        };
    }

    private double[] drawReadings() {
        double[] readings = new double[recipe.fields().size()];
        readings[0] = random.nextInt(101);
        for (int i = 1; i < readings.length; i++) {
            readings[i] = further.nextInt(1000 / (i + 1) + 1) / 10.0;
        }
        return readings;
    }

    private SyntheticReading.Kind drawKind() {
        Shares shares = recipe.shares();
        double draw = random.nextDouble();
        if ((draw -= shares.corrupt()) < 0) {
            return CORRUPT;
        }
        if ((draw -= shares.future()) < 0) {
            return FUTURE;
        }
        if (newest.isEmpty()) {
            return ON_TIME; // there is no reading yet to be older than
        }
        if ((draw -= shares.late()) < 0) {
            return LATE;
        }
        return draw < shares.outOfOrder() ? OUT_OF_ORDER : ON_TIME;
    }

    private SyntheticReading olderThanNewest(
            SyntheticReading.Kind kind, int minMicros, int maxMicros, double[] readings) {
        SyntheticReading newer = newest.orElseThrow();
        Instant eventTime = newer.eventTime().minusNanos(1_000L * random.nextInt(minMicros, maxMicros + 1));
        return reading(kind, Objects.requireNonNull(newer.key()), eventTime, readings);
    }

    private SyntheticReading reading(SyntheticReading.Kind kind, byte[] key, Instant eventTime, double[] readings) {
        return new SyntheticReading(kind, key, json.write(eventTime, readings), eventTime, readings);
    }

    private static void check(boolean holds, String name, Object value, String allowed) {
        if (!holds) {
            throw new InvalidSettingException(name, value, allowed);
        }
    }
}
