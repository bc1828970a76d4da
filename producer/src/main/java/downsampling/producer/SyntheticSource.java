package downsampling.producer;

import static downsampling.producer.Message.Kind.CORRUPT;
import static downsampling.producer.Message.Kind.FUTURE;
import static downsampling.producer.Message.Kind.LATE;
import static downsampling.producer.Message.Kind.ON_TIME;
import static downsampling.producer.Message.Kind.OUT_OF_ORDER;

import downsampling.service.InvalidSettingException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Readings from a seed: each of a sensor {@code Sensor1}, {@code Sensor2}, … drawn at random, with a whole value from 0
 * to 100. The same seed gives the same readings, values and kinds again, whatever the rate; with a start time, event
 * times too. Needs no broker, and tells of each message what kind it is, so that a test knows what has to become of it.
 *
 * <p>Event time is the time of the clock when the message is taken, or, with a start time, the start time plus 1/rate
 * for each message before; where there is no such rate (none given, or {@code max}), plus the pauses drawn from 0 to 1
 * s. It is in whole µs.
 */
public final class SyntheticSource implements Source {

    /**
     * What to make.
     *
     * @param sensors how many sensors, 1 to 1,000,000
     * @param count how many messages, 0 for no end
     * @param rate messages a second in all, infinite to send as fast as can be, or null for a random pause of 0 to 1 s
     *     between two
     * @param seed of all that is random
     * @param startTime event time of the first message, from 1970 to 2098, or null for the time of sending
     */
    public record Config(int sensors, long count, Double rate, long seed, Instant startTime, Shares shares) {

        private static final Instant MIN_START = Instant.EPOCH;
        private static final Instant MAX_START = Instant.parse("2098-12-31T23:59:59.999999Z");

        /**
         * Checks itself.
         *
         * @throws IllegalArgumentException in one line: name, value, what is allowed
         */
        public Config {
            check(sensors >= 1 && sensors <= 1_000_000, "--sensors", sensors, "a number from 1 to 1000000");
            check(count >= 0, "--count", count, "a number from 1, or 0 for no end");
            check(rate == null || rate > 0, "--rate", rate, "a number above 0, or max");
            check(
                    startTime == null || !startTime.isBefore(MIN_START) && !startTime.isAfter(MAX_START),
                    "--start-time",
                    startTime,
                    "a time in the years 1970 to 2098");
        }
    }

    /**
     * Which part of all messages is what, each from 0 to 1; what is left is on time. See {@link Message.Kind}.
     */
    public record Shares(double outOfOrder, double late, double future, double corrupt) {

        public static final Shares NONE = new Shares(0, 0, 0, 0);

        /**
         * Checks itself.
         *
         * @throws IllegalArgumentException in one line: name, value, what is allowed
         */
        public Shares {
            checkShare("--out-of-order", outOfOrder);
            checkShare("--late", late);
            checkShare("--future", future);
            checkShare("--corrupt", corrupt);
            check(
                    outOfOrder + late + future + corrupt <= 1 + 1e-9,
                    "--out-of-order + --late + --future + --corrupt",
                    outOfOrder + late + future + corrupt,
                    "shares that are 1 at most together");
        }

        private static void checkShare(String name, double share) {
            check(share >= 0 && share <= 1, name, share, "a share from 0 to 1");
        }
    }

    /** Readings per second without a rate, on average: the pauses are 0 to 1 s. */
    static final double PAUSED_RATE = 2;

    private static final Instant FUTURE_START = Instant.parse("2099-01-01T00:00:00Z");
    private static final int FUTURE_SECONDS = 365 * 24 * 3600;

    private final Config config;
    private final Clock clock;
    private final SplittableRandom random;
    private final SplittableRandom pauses;
    private final ReadingJson json;
    private final byte[][] keys;

    private long taken;
    private long pausedNanos;
    /** Of the newest reading on time, which is the newest of all but the future ones. */
    private Instant newestTime;

    private byte[] newestKey;

    /** As {@link #SyntheticSource(Config, Clock)}, with the clock of this machine. */
    public SyntheticSource(Config config) {
        this(config, Clock.systemUTC());
    }

    /** A new run from the seed; the clock is asked only when there is no start time. */
    public SyntheticSource(Config config, Clock clock) {
        this(config, clock, new ReadingJson(false));
    }

    SyntheticSource(Config config, Clock clock, ReadingJson json) {
        this.json = json;
        this.config = config;
        this.clock = clock;
        random = new SplittableRandom(config.seed());
        // Pauses of their own, so that the same seed gives the same readings with a rate as without.
        pauses = random.split();
        keys = IntStream.rangeClosed(1, config.sensors())
                .mapToObj(i -> ("Sensor" + i).getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
    }

    @Override
    public boolean hasNext() {
        return config.count() == 0 || taken < config.count();
    }

    @Override
    public long dueNanos() {
        return config.rate() != null && config.rate().isInfinite() ? 0 : scheduleNanos();
    }

    @Override
    public Message next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Instant now = eventTimeNow();
        Message message = draw(now);
        taken++;
        pausedNanos += pauses.nextLong(1_000_000_001);
        return message;
    }

    private long scheduleNanos() {
        return config.rate() == null || config.rate().isInfinite() ? pausedNanos : (long) (taken * 1e9 / config.rate());
    }

    private Instant eventTimeNow() {
        Instant now = config.startTime() == null
                ? clock.instant()
                : config.startTime().plusNanos(scheduleNanos());
        now = now.truncatedTo(ChronoUnit.MICROS);
        // A clock may be set back; a reading that is meant to be on time is not to become an older one by that.
        return newestTime != null && now.isBefore(newestTime) ? newestTime : now;
    }

    private Message draw(Instant now) {
        byte[] key = keys[random.nextInt(keys.length)];
        int reading = random.nextInt(101);
        switch (drawKind()) {
            case OUT_OF_ORDER:
                return message(OUT_OF_ORDER, newestKey, minusMicros(newestTime, 1_000, 1_000_000), reading);
            case LATE:
                return message(LATE, newestKey, minusMicros(newestTime, 30_000_000, 60_000_000), reading);
            case FUTURE:
                return message(FUTURE, key, FUTURE_START.plusSeconds(random.nextInt(FUTURE_SECONDS)), reading);
            case CORRUPT:
                return Corruption.draw(random).apply(message(CORRUPT, key, now, reading), random);
            default:
                newestTime = now;
                newestKey = key;
                return message(ON_TIME, key, now, reading);
        }
    }

    private Message.Kind drawKind() {
        Shares shares = config.shares();
        double draw = random.nextDouble();
        if ((draw -= shares.corrupt()) < 0) {
            return CORRUPT;
        }
        if ((draw -= shares.future()) < 0) {
            return FUTURE;
        }
        if (newestTime == null) {
            return ON_TIME; // nothing there yet to be older than
        }
        if ((draw -= shares.late()) < 0) {
            return LATE;
        }
        return draw < shares.outOfOrder() ? OUT_OF_ORDER : ON_TIME;
    }

    private Instant minusMicros(Instant time, int min, int max) {
        return time.minusNanos(1_000L * random.nextInt(min, max + 1));
    }

    private Message message(Message.Kind kind, byte[] key, Instant eventTime, int reading) {
        return new Message(kind, key, json.write(eventTime, reading), eventTime, reading);
    }

    private static void check(boolean holds, String name, Object value, String allowed) {
        if (!holds) {
            throw new InvalidSettingException(name, value, allowed);
        }
    }
}
