package downsampling.batch;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;
import java.time.LocalDate;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Makes the rows of one day: {@code timestamp,user,app,metric_1,…,metric_9} with CRLF line ends, sorted by user in code
 * point order ({@code user10} before {@code user2}); the rows of a user are not in order of time. Users, apps, seconds
 * of the day and metrics (1–1000) are distributed uniformly.
 *
 * <p>The bytes of a day depend only on the seed, the date, the number of rows and the number of users, so days may be
 * written in any order by any number of threads. A generator is immutable. It uses 4 bytes per user for all days, and
 * one buffer of {@code batchSize} rows for each day being written, however many rows the day has.
 */
final class LogGenerator {

    static final List<String> APPS =
            List.of("facebook", "twitter", "youtube", "instagram", "tiktok", "whatsapp", "telegram", "snapchat");
    static final int MAX_METRIC = 1000;

    private static final int METRICS = 9;
    private static final int SECONDS_PER_DAY = 24 * 60 * 60;
    /** The longest row: date and time, the longest user and app, the longest metrics, CRLF. */
    private static final int MAX_ROW_BYTES = 19 + ",user2147483647".length() + ",instagram".length() + METRICS * 5 + 2;

    /** Where the user begins in a row. */
    private static final int USER_AT = "2025-01-01 00:00:00,".length();

    private static final byte[][] COMMA_APP =
            APPS.stream().map(app -> ascii("," + app)).toArray(byte[][]::new);
    private static final byte[][] COMMA_METRIC = IntStream.rangeClosed(0, MAX_METRIC)
            .mapToObj(metric -> ascii("," + metric))
            .toArray(byte[][]::new);

    private final int rowsPerDay;
    private final int batchSize;
    private final long seed;
    /** The numbers of the users, in the order of their names. */
    private final int[] usersByName;

    /**
     * @param rowsPerDay at least 1
     * @param users how many users there are, at least 1; their numbers begin with 1
     * @param batchSize how many rows are made before they are written, at least 1
     * @param seed determines the files: the same seed gives the same bytes
     */
    LogGenerator(int rowsPerDay, int users, int batchSize, long seed) {
        this.rowsPerDay = rowsPerDay;
        this.batchSize = Math.min(batchSize, rowsPerDay);
        this.seed = seed;
        this.usersByName = usersByName(users);
    }

    /** Is called after each batch, with times in nanoseconds. */
    interface Progress {
        void batchWritten(int rows, long makingNanos, long writingNanos);
    }

    /**
     * Writes all rows of {@code date}, {@code batchSize} at a time.
     *
     * @param index is given the rows as they are made
     * @throws IOException if {@code out} throws it
     */
    void write(LocalDate date, OutputStream out, UserIndex.Writer index, Progress progress) throws IOException {
        SplittableRandom random = randomOf(date);
        byte[] day = ascii(date + " ");
        byte[] buffer = new byte[Math.multiplyExact(batchSize, MAX_ROW_BYTES)];

        // This draws users in order, without sorting or holding them: the largest of n uniform numbers is distributed
        // as U^(1/n), the next one as that times U^(1/(n-1)), and so on (Bentley and Saxe, "Generating Sorted Lists of
        // Random Numbers", 1980). It is computed in logarithms, and from the other end for ascending order. It needs
        // StrictMath, because Math may differ in the last bit from one processor to the next.
        double logOfLargest = 0;
        int last = 0;
        for (int rowsLeft = rowsPerDay; rowsLeft > 0; ) {
            long began = System.nanoTime();
            int rows = Math.min(batchSize, rowsLeft);
            int end = 0;
            for (int row = 0; row < rows; row++, rowsLeft--) {
                logOfLargest += StrictMath.log(1 - random.nextDouble()) / rowsLeft;
                int descending = (int) (StrictMath.exp(logOfLargest) * usersByName.length);
                int user = usersByName[Math.max(0, usersByName.length - 1 - descending)];
                int start = end;
                end = putRow(buffer, start, day, user, random);
                if (user != last) {
                    last = user;
                    int name = start + USER_AT;
                    index.user(buffer, start, rowsPerDay - rowsLeft, name, name + nameLength(user));
                }
            }
            index.buffer(buffer, end);
            long made = System.nanoTime();
            out.write(buffer, 0, end);
            progress.batchWritten(rows, made - began, System.nanoTime() - made);
        }
    }

    private static int putRow(byte[] buffer, int start, byte[] day, int user, SplittableRandom random) {
        int at = put(buffer, start, day);
        int second = random.nextInt(SECONDS_PER_DAY);
        at = putTwoDigits(buffer, at, second / 3600);
        buffer[at++] = ':';
        at = putTwoDigits(buffer, at, second / 60 % 60);
        buffer[at++] = ':';
        at = putTwoDigits(buffer, at, second % 60);
        at = putUser(buffer, at, user);
        at = put(buffer, at, COMMA_APP[random.nextInt(COMMA_APP.length)]);
        for (int metric = 0; metric < METRICS; metric++) {
            at = put(buffer, at, COMMA_METRIC[1 + random.nextInt(MAX_METRIC)]);
        }
        buffer[at++] = '\r';
        buffer[at++] = '\n';
        return at;
    }

    private static int putUser(byte[] buffer, int start, int user) {
        buffer[start] = ',';
        buffer[start + 1] = 'u';
        buffer[start + 2] = 's';
        buffer[start + 3] = 'e';
        buffer[start + 4] = 'r';
        int end = start + 1 + nameLength(user);
        int at = end;
        for (int rest = user; rest > 0; rest /= 10) {
            buffer[--at] = (byte) ('0' + rest % 10);
        }
        return end;
    }

    /** The length of {@code user} followed by the number. */
    private static int nameLength(int user) {
        int length = "user".length();
        for (int rest = user; rest > 0; rest /= 10) {
            length++;
        }
        return length;
    }

    private static int putTwoDigits(byte[] buffer, int at, int value) {
        buffer[at] = (byte) ('0' + value / 10);
        buffer[at + 1] = (byte) ('0' + value % 10);
        return at + 2;
    }

    private static int put(byte[] buffer, int at, byte[] bytes) {
        System.arraycopy(bytes, 0, buffer, at, bytes.length);
        return at + bytes.length;
    }

    /** Sends seed and date through the generator's own mixing, so that neighbouring days and seeds differ entirely. */
    private SplittableRandom randomOf(LocalDate date) {
        long mixedSeed = new SplittableRandom(seed).nextLong();
        return new SplittableRandom(new SplittableRandom(mixedSeed + date.toEpochDay()).nextLong());
    }

    /** The numbers 1 to {@code users} in the order of their decimal digits: 1, 10, 100, …, 11, …, 2, 20, … */
    private static int[] usersByName(int users) {
        int[] order = new int[users];
        long user = 1;
        for (int i = 0; i < users; i++) {
            order[i] = (int) user;
            if (user * 10 <= users) {
                user *= 10;
            } else {
                while (user % 10 == 9 || user == users) {
                    user /= 10;
                }
                user++;
            }
        }
        return order;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }
}
