package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine against {@link SlowAggregation}: same result, same account, same rejects, however the work is cut. */
class AggregationTest {

    static final long DAY = 86400;
    static final long FIRST_DAY = LocalDate.of(2025, 1, 1).toEpochDay() * DAY;

    /** What may stand in a file, and what may not. */
    static final String HOSTILE = "\uFEFF2025-01-01 00:00:00,user1,app,1,2,3,4,5,6,7,8,9\r\n"
            + "2025-01-01 00:00:01,\"li\nne\",app,1,2,3,4,5,6,7,8,9\n"
            + "2025-01-01 00:00:01,\"looks\n2025-01-01 05:00:00,user7,app,1,2,3,4,5,6,7,8,9\nlike a row\",app,1,2,3,4,5,6,7,8,9\n"
            + "2025-01-01 00:00:02,user2,app,1,2,x,4,5,6,7,8,9\n"
            + "2025-01-01 00:00:03,\"open,app,1,2,3,4,5,6,7,8,9\n"
            + "2025-01-01 00:00:04,\"us\"\"er\",\"a,b\",1,2,3,4,5,6,7,8,\"9\"\r\n"
            + "2025-01-01 00:00:05,üser,app,-1,+2, 3 ,004,5,6,7,8,9,more\n"
            + "\n"
            + "2025-01-01 00:00:06,user2,app,1000,2000,30000,4,5,6,7,8,9";

    private static final long HEAP = 1 << 30;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void agreesWithTheSlowVersionOnRandomLogs(int threads) throws IOException {
        for (int seed = 0; seed < 250; seed++) {
            Path logs = Files.createDirectory(folder.resolve("logs" + seed));
            Query query = new RandomLogs(seed).write(logs);
            check(query, logs, threads, Aggregation.Sizes.NORMAL, "seed " + seed);
            check(
                    query,
                    logs,
                    threads,
                    new Aggregation.Sizes(64 + seed % 50, 200, 200, HEAP),
                    "small parts, seed " + seed);
            check(query, logs, threads, new Aggregation.Sizes(300, 1000, 1000, 40_000), "small heap, seed " + seed);
        }
    }

    @Test
    void agreesWithTheSlowVersionWhereverAFileIsCut() throws IOException {
        Files.writeString(folder.resolve("2025-01-01.log.csv"), HOSTILE);
        Query query = query(1800, true, true);
        int length = HOSTILE.getBytes(StandardCharsets.UTF_8).length;
        for (int part = 1; part <= length; part++) {
            for (int buffer : new int[] {1, 7, 8, 64, 100, 1000}) {
                check(
                        query,
                        folder,
                        3,
                        new Aggregation.Sizes(buffer, part, part, HEAP),
                        "part " + part + ", buffer " + buffer);
            }
        }
    }

    @Test
    void sumsBeyond64BitsStayExact() throws IOException {
        String row = "2025-01-01 00:00:00,u,a" + (",9223372036854775807").repeat(5) + ",-9223372036854775808".repeat(4);
        Files.writeString(folder.resolve("2025-01-01.log.csv"), (row + "\n").repeat(5));
        assertThat(check(query(DAY, false, false), folder, 1, Aggregation.Sizes.NORMAL, ""))
                .endsWith("\n2025-01-01 00:00:00" + ",46116860184273879035".repeat(5)
                        + ",-46116860184273879040".repeat(4) + "\n");
    }

    @Test
    void manyRowsInOneGroupFillNoSum() throws IOException {
        // More than 2^32 in each sum, from metrics small enough for the fast path.
        String row = "2025-01-01 00:00:00,u,a" + (",9999").repeat(9) + "\n";
        Files.writeString(folder.resolve("2025-01-01.log.csv"), row.repeat(500_000));
        FastAggregation fast = FastAggregation.run(query(DAY, false, false), folder, 2);
        assertThat(fast.csv()).endsWith("\n2025-01-01 00:00:00" + ",4999500000".repeat(9) + "\n");
        assertThat(fast.account()).isEqualTo(new Account(500_000, 500_000, 0, 0));
    }

    @Test
    void aLineOfMoreThanAMegabyteIsRejectedWholeAndTheNextOneRead() throws IOException {
        String row = "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9\n";
        Files.writeString(
                folder.resolve("2025-01-01.log.csv"),
                row + row.replace("u", "u".repeat(RowParser.MAX_RECORD)) + row + "\"" + "q".repeat(3_000_000) + "\n"
                        + row);
        check(query(DAY, true, false), folder, 1, Aggregation.Sizes.NORMAL, "uncut");
        check(query(DAY, true, false), folder, 2, new Aggregation.Sizes(1 << 16, 1 << 18, 1 << 18, HEAP), "cut");
    }

    @Test
    void aQuoteThatIsNeverClosedCostsOnlyItsLine() throws IOException {
        String row = "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9\n";
        Files.writeString(folder.resolve("2025-01-01.log.csv"), row + row.replace("u", "\"u") + row.repeat(60_000));
        FastAggregation fast = FastAggregation.run(query(DAY, true, false), folder, 2);
        assertThat(fast.account()).isEqualTo(new Account(60_002, 60_001, 0, 1));
        assertThat(fast.rejects()).isEqualTo(row.replace("u", "\"u"));
    }

    @Test
    void aPeriodLongerThanADayTakesInTheFilesOfAllItsDays() throws IOException {
        for (int day = 1; day <= 20; day++) {
            Files.writeString(
                    folder.resolve("2025-01-%02d.log.csv".formatted(day)),
                    "2025-01-%02d 00:00:00,u,a,1,2,3,4,5,6,7,8,9\n".formatted(day));
        }
        for (long granularity : new long[] {2 * DAY, 7 * DAY, 36 * 3600, 86399, 400 * DAY}) {
            check(query(granularity, true, false), folder, 3, Aggregation.Sizes.NORMAL, "granularity " + granularity);
        }
    }

    @Test
    void aRowCountsByItsOwnTimeInWhateverFileItStands() throws IOException {
        Files.writeString(folder.resolve("2025-01-01.log.csv"), """
                2025-01-01 10:00:00,u,a,1,2,3,4,5,6,7,8,9
                2025-01-03 10:00:00,u,a,1,2,3,4,5,6,7,8,9
                """);
        Files.writeString(folder.resolve("2025-01-03.log.csv"), """
                2025-01-03 10:00:00,u,a,1,2,3,4,5,6,7,8,9
                2024-12-31 10:00:00,u,a,1,2,3,4,5,6,7,8,9
                """);
        assertThat(check(query(DAY, true, false), folder, 2, Aggregation.Sizes.NORMAL, ""))
                .isEqualTo("""
                        timestamp,user,metric_1,metric_2,metric_3,metric_4,metric_5,metric_6,metric_7,metric_8,metric_9
                        2025-01-01 00:00:00,u,1,2,3,4,5,6,7,8,9
                        2025-01-03 00:00:00,u,2,4,6,8,10,12,14,16,18
                        """);
    }

    /** All users and apps of 30 days from {@link #FIRST_DAY} on, summed up. */
    static Query query(long granularity, boolean byUser, boolean byApp) {
        return new Query(
                FIRST_DAY,
                FIRST_DAY + 30 * DAY,
                granularity,
                byUser,
                byApp,
                List.of(),
                List.of(),
                List.of(Measure.SUM));
    }

    /** Returns the result, the same of both. */
    private static String check(Query query, Path logs, int threads, Aggregation.Sizes sizes, String which)
            throws IOException {
        SlowAggregation slow = new SlowAggregation(query).read(logs);
        FastAggregation fast = FastAggregation.run(query, logs, threads, sizes);
        assertThat(fast.csv()).as("result, " + which).isEqualTo(slow.csv());
        assertThat(fast.account()).as("account, " + which).isEqualTo(slow.account());
        assertThat(fast.account().balances()).isTrue();
        assertThat(fast.rejects()).as("rejects, " + which).isEqualTo(slow.rejects());
        return fast.csv();
    }
}
