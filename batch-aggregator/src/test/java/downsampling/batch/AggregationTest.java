package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine agrees with {@link SlowAggregation} on result, counts and rejected lines, however the work is divided. */
class AggregationTest {

    static final long DAY = 86400;
    static final long FIRST_DAY = LocalDate.of(2025, 1, 1).toEpochDay() * DAY;

    /** A file of regular and irregular rows, and of lines that are not rows. */
    @SuppressWarnings("StringConcatToTextBlock") // line breaks are part of what is tested
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

    /** Puts bytes that mean something, and bytes that nobody would write, in any order. */
    @Test
    void agreesWithTheSlowVersionOnHostileBytes() throws IOException {
        String row = "2025-01-01 12:00:00,u,a,1,2,3,4,5,6,7,8,9";
        String nul = "\u0000";
        List<String> pieces = List.of(
                row + "\n",
                row + "\r\n",
                row + "\r",
                row,
                row.replace("u", "\"u") + "\n",
                row.replace("a", "\"a\nb\"") + "\n",
                row + ",more\r",
                row.replace("2025-01-01", nul.repeat(10)) + "\n",
                row.replace("u", "\n".repeat(8)),
                row.replace("u", "\r".repeat(8)),
                row.replace("u", nul.repeat(8)) + "\n",
                row.replace("a", nul) + "\r\n",
                "\"",
                "\"\"",
                "\r",
                "\n",
                ",",
                nul,
                nul.repeat(10) + " 00:00:00",
                "\u00FF",
                "\u00EF\u00BB\u00BF",
                "timestamp");
        Query query = new Query(0, FIRST_DAY + DAY, 1800, true, true, List.of(), List.of(), List.of(Measure.SUM));
        int[] threads = {1, 2, 3, 8, 64};
        for (int seed = 0; seed < 600; seed++) {
            Random random = new Random(seed);
            Path logs = Files.createDirectory(folder.resolve("hostile" + seed));
            for (int day = 1; day <= 2; day++) {
                StringBuilder file = new StringBuilder();
                for (int left = random.nextInt(seed % 4 == 0 ? 5 : 25); left > 0; left--) {
                    file.append(pieces.get(random.nextInt(pieces.size())));
                }
                Files.writeString(logs.resolve("2025-01-0" + day + LogFile.SUFFIX), file, StandardCharsets.ISO_8859_1);
            }
            int part = 1 + random.nextInt(200);
            Aggregation.Sizes sizes = new Aggregation.Sizes(1 + random.nextInt(120), part, part, HEAP);
            check(query, logs, threads[seed % threads.length], sizes, "hostile bytes, seed " + seed);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",a thirteenth field"})
    void rowsThatEndWithACrAloneAreRows(String more) throws IOException {
        String row = "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9" + more;
        Files.writeString(
                folder.resolve("2025-01-01.log.csv"), (row + "\r").repeat(5) + row + "\n" + row + "\r\n" + row);
        FastAggregation fast = FastAggregation.run(query(DAY, true, true), folder, 2);
        assertThat(fast.rowCounts()).isEqualTo(new RowCounts(8, 8, 0, 0));
        check(query(DAY, true, true), folder, 2, Aggregation.Sizes.NORMAL, "CR");
    }

    @Test
    void aQuoteNeverClosedBeforePlainRowsAtTheEndOfAFileCostsOneLine() throws IOException {
        Files.writeString(folder.resolve("2025-01-01.log.csv"), """
                2025-01-01 12:00:00,"bob,fb,1,2,3,4,5,6,7,8,9
                2025-01-01 12:00:00,eve,fb,1,2,3,4,5,6,7,8,9
                """);
        FastAggregation fast = FastAggregation.run(query(DAY, true, true), folder, 1);
        assertThat(fast.rowCounts()).isEqualTo(new RowCounts(2, 1, 0, 1));
    }

    @Test
    void tenNulsAreNoDateWhoeverReadsThemFirst() throws IOException {
        Files.writeString(
                folder.resolve("2025-01-01.log.csv"), "\u0000".repeat(10) + " 00:00:00,u,a,1,2,3,4,5,6,7,8,9\n");
        Query query = new Query(0, FIRST_DAY + DAY, DAY, true, true, List.of(), List.of(), List.of(Measure.SUM));
        FastAggregation fast = FastAggregation.run(query, folder, 1);
        assertThat(fast.rowCounts()).isEqualTo(new RowCounts(1, 0, 0, 1));
    }

    @Test
    void wrongCutsOfManyFilesAreAllFoundInOneAttempt() throws IOException {
        for (int day = 1; day <= 28; day++) {
            Files.writeString(
                    folder.resolve("2025-01-%02d.log.csv".formatted(day)),
                    "2025-01-%02d 00:00:00,\"two\nlines\",a,1,2,3,4,5,6,7,8,9\n"
                            .formatted(day)
                            .repeat(40));
        }
        Aggregation.Sizes sizes = new Aggregation.Sizes(64, 150, 150, HEAP);
        check(query(DAY, true, true), folder, 8, sizes, "cut in names");
        Query query = query(DAY, true, true);
        List<LogFile> files = LogFile.list(folder.toFile(), FIRST_DAY / DAY, FIRST_DAY / DAY + 27);
        AggregationPlan plan = AggregationPlan.of(query, files, 8, false, sizes, AggregationPlan.Assumptions.NONE);
        try (OrderedResultOutput output =
                new OrderedResultOutput(folder.resolve("result").toFile(), query, ResultFormat.CSV)) {
            AggregationAttempt attempt = new AggregationAttempt(query, plan, 8, false, true, sizes, output);
            attempt.run();
            assertThat(attempt.distrusted()).containsExactlyInAnyOrderElementsOf(files);
        }
    }

    @Test
    void filesThatBeginWithLineBreaksInQuotesAreCutOnlyWhereTheyAreLarge() throws IOException {
        Aggregation.Sizes sizes = new Aggregation.Sizes(64, 150, 1000, HEAP);
        String plain = "2025-01-01 00:00:00,\"one line\",a,1,2,3,4,5,6,7,8,9\n";
        Path small = folder.resolve("2025-01-01.log.csv");
        // This file is too small to be cut, so its contents do not matter.
        Files.writeString(small, plain.replace("one ", "two\n"));
        for (boolean broken : new boolean[] {false, true}) {
            Files.writeString(
                    folder.resolve("2025-01-02.log.csv"), (broken ? plain.replace("one ", "two\n") : plain).repeat(40));
            List<LogFile> files = LogFile.list(folder.toFile(), FIRST_DAY / DAY, FIRST_DAY / DAY + 2);
            AggregationPlan.Assumptions assumptions = AggregationPlan.assumptions(files, 8, sizes);
            assertThat(assumptions.cautious()).isEqualTo(broken);
            AggregationPlan plan = AggregationPlan.of(query(DAY, true, true), files, 8, false, sizes, assumptions);
            assertThat(plan.parts()).hasSize(broken ? 3 : 14);
            check(query(DAY, true, true), folder, 8, sizes, "broken " + broken);
        }
    }

    @Test
    void aStrictRunDoesNotStopAtALineThatOnlyAWrongCutRejects() throws IOException {
        Files.writeString(
                folder.resolve("2025-01-01.log.csv"),
                "2025-01-01 00:00:00,\"two\nlines\",a,1,2,3,4,5,6,7,8,9\n".repeat(40));
        Query query = query(DAY, true, true);
        List<LogFile> files = LogFile.list(folder.toFile(), FIRST_DAY / DAY, FIRST_DAY / DAY);
        try (OrderedResultOutput output =
                new OrderedResultOutput(folder.resolve("result").toFile(), query, ResultFormat.CSV)) {
            Aggregation aggregation =
                    new Aggregation(query, files, 8, true, false, new Aggregation.Sizes(64, 150, 150, HEAP), output);
            assertThat(aggregation.run().rowCounts()).isEqualTo(new RowCounts(40, 40, 0, 0));
        }
    }

    @ParameterizedTest
    @CsvSource({"3, false", "200, false", "700, false", "200, true"})
    void agreesWithTheSlowVersionOnManyPlainGroups(int apps, boolean byTime) throws IOException {
        Random random = new Random(apps);
        for (int day = 1; day <= 3; day++) {
            List<String> rows = new ArrayList<>();
            for (int i = 0; i < 2500; i++) {
                int second = random.nextInt(86400);
                StringBuilder row = new StringBuilder("2025-01-0%d %02d:%02d:%02d,%s,%s"
                        .formatted(
                                day,
                                second / 3600,
                                second / 60 % 60,
                                second % 60,
                                name(random, 40),
                                name(random, apps)));
                for (int metric = 0; metric < 9; metric++) {
                    row.append(',').append(random.nextInt((int) Math.pow(10, 1 + random.nextInt(7))));
                }
                rows.add(row.append('\n').toString());
            }
            int column = byTime ? 0 : 20;
            rows.sort(Comparator.comparing(row -> row.substring(column)));
            Files.writeString(folder.resolve("2025-01-0" + day + LogFile.SUFFIX), String.join("", rows));
        }
        for (long granularity : new long[] {60, 1800, DAY, 2 * DAY}) {
            Query query = query(granularity, true, true);
            check(query, folder, 2, Aggregation.Sizes.NORMAL, "granularity " + granularity);
            check(query, folder, 2, new Aggregation.Sizes(1000, 9000, 9000, 1 << 20), "cut, spilled " + granularity);
        }
    }

    /** One of {@code names} names of 1 to 20 bytes, some of which have 15, 16 or 17 bytes. */
    private static String name(Random random, int names) {
        int name = random.nextInt(names);
        return "n".repeat(name % 18) + name;
    }

    @Test
    void lineBreaksWhereAUserShouldBeAreNoneThatWasSeenBefore() throws IOException {
        String row = "2025-01-01 00:00:00," + "u".repeat(500) + ",a,1,2,3,4,5,6,7,8,9\n";
        Files.writeString(folder.resolve("2025-01-01.log.csv"), row + row + "2025-01-01 00:00:00," + "\n".repeat(9));
        for (int buffer = 500; buffer < 1200; buffer++) {
            Aggregation.Sizes sizes = new Aggregation.Sizes(buffer, 1 << 20, 1 << 20, HEAP);
            check(query(DAY, true, true), folder, 1, sizes, "buffer " + buffer);
        }
    }

    @Test
    void sumsBeyond64BitsStayExact() throws IOException {
        String row = "2025-01-01 00:00:00,u,a" + ",9223372036854775807".repeat(5) + ",-9223372036854775808".repeat(4);
        Files.writeString(folder.resolve("2025-01-01.log.csv"), (row + "\n").repeat(5));
        assertThat(check(query(DAY, false, false), folder, 1, Aggregation.Sizes.NORMAL, ""))
                .endsWith("\n2025-01-01 00:00:00" + ",46116860184273879035".repeat(5)
                        + ",-46116860184273879040".repeat(4) + "\n");
    }

    @Test
    void manyRowsInOneGroupFillNoSum() throws IOException {
        // Each sum is more than 2^32, and its metrics are small enough for the fast path.
        String row = "2025-01-01 00:00:00,u,a" + ",9999".repeat(9) + "\n";
        Files.writeString(folder.resolve("2025-01-01.log.csv"), row.repeat(500_000));
        FastAggregation fast = FastAggregation.run(query(DAY, false, false), folder, 2);
        assertThat(fast.csv()).endsWith("\n2025-01-01 00:00:00" + ",4999500000".repeat(9) + "\n");
        assertThat(fast.rowCounts()).isEqualTo(new RowCounts(500_000, 500_000, 0, 0));
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
        assertThat(fast.rowCounts()).isEqualTo(new RowCounts(60_002, 60_001, 0, 1));
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

    /** Sums for all users and apps of 30 days from {@link #FIRST_DAY} on. */
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

    /** Returns the result, which is the same for both. */
    private static String check(Query query, Path logs, int threads, Aggregation.Sizes sizes, String which)
            throws IOException {
        SlowAggregation slow = new SlowAggregation(query).read(logs);
        FastAggregation fast = FastAggregation.run(query, logs, threads, sizes);
        assertThat(fast.csv()).as("result, " + which).isEqualTo(slow.csv());
        assertThat(fast.rowCounts()).as("account, " + which).isEqualTo(slow.rowCounts());
        assertThat(fast.rejects()).as("rejects, " + which).isEqualTo(slow.rejects());
        return fast.csv();
    }
}
