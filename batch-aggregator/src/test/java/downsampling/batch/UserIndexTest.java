package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.LocalDate;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The result is the same with an index and without, whenever it was made, and whatever has happened to the file since.
 */
class UserIndexTest {

    private static final long DAY = LocalDate.of(2025, 1, 1).toEpochDay();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void sortedFile() throws IOException {
        file = folder.resolve("2025-01-01.log.csv");
        write("\uFEFFtimestamp,user,app,metric_1\r\n" + rows(99, 20));
    }

    @Test
    void onlyBlocksOfTheUsersAskedForAreRead() throws IOException {
        check("user1", "user50", "user99", "nobody", "a", "zzz");
        assertThat(index().isUsable()).isTrue();
        assertThat(index().rows()).isEqualTo(99 * 20);
        long read = 0;
        for (UserIndex.Block block : index().blocksOf(List.of("user50", "a"))) {
            read += block.end() - block.start();
        }
        assertThat(read).isBetween(1L, 3L * UserIndex.BLOCK).isLessThan(Files.size(file) / 2);
        check("user1", "user50", "user99", "nobody", "a", "zzz");
        for (int user = 1; user <= 99; user++) {
            check("user" + user);
        }
    }

    @Test
    void aChangedFileGetsANewIndex() throws IOException {
        check("user7");
        Files.writeString(file, Files.readString(file) + "2025-01-01 00:00:00,zoe,a,1,2,3,4,5,6,7,8,9\n");
        check("user7", "zoe");
        check("zoe");
    }

    @Test
    void aChangeThatKeepsSizeAndTimeIsSeenInWhatIsRead() throws IOException {
        check("user7");
        FileTime time = Files.getLastModifiedTime(file);
        String changed = Files.readString(file).replace(",user7,app,", ",user7,xyz,");
        Files.writeString(file, changed);
        Files.setLastModifiedTime(file, time);
        assertThat(run(true, "user7").csv())
                .isEqualTo(run(false, "user7").csv())
                .contains("user7,xyz,");
    }

    @Test
    void aDamagedIndexIsNotUsed() throws IOException {
        check("user7");
        Path sidecar = UserIndex.sidecar(file.toFile()).toPath();
        byte[] good = Files.readAllBytes(sidecar);
        for (int i = 0; i < good.length; i += 7) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            Files.write(sidecar, bad);
            assertThat(UserIndex.load(log())).as("byte %d", i).isNull();
        }
        for (int length = 0; length < good.length; length += 11) {
            Files.write(sidecar, java.util.Arrays.copyOf(good, length));
            assertThat(UserIndex.load(log())).as("%d bytes", length).isNull();
        }
        check("user7");
        assertThat(Files.readAllBytes(sidecar)).isEqualTo(good);
    }

    @Test
    void aFileThatIsNotSortedIsReadWhole() throws IOException {
        write(rows(9, 300) + "2025-01-01 00:00:00,user1,a,1,2,3,4,5,6,7,8,9\n");
        check("user1");
        assertThat(index().isUsable()).isFalse();
        check("user1");
    }

    @Test
    void aFileWithARejectedLineIsReadWholeSoThatTheLineIsSeen() throws IOException {
        write(rows(9, 300) + "bad\n");
        check("user1");
        assertThat(index().isUsable()).isFalse();
        assertThat(run(true, "user1").rowCounts().rejected()).isEqualTo(1);
    }

    private void write(String text) throws IOException {
        Files.writeString(file, text);
    }

    private static String rows(int users, int rowsEach) {
        Random random = new Random(1);
        StringBuilder rows = new StringBuilder();
        java.util.stream.IntStream.rangeClosed(1, users)
                .mapToObj(user -> "user" + user)
                .sorted()
                .forEach(user -> {
                    for (int row = 0; row < rowsEach; row++) {
                        rows.append("2025-01-01 12:%02d:00,%s,app,".formatted(random.nextInt(60), user));
                        rows.append("1,2,3,4,5,6,7,8,")
                                .append(random.nextInt(1000))
                                .append("\r\n");
                    }
                });
        return rows.toString();
    }

    private LogFile log() {
        return new LogFile(file.toFile(), DAY, file.toFile().length());
    }

    private UserIndex index() {
        return UserIndex.load(log());
    }

    /** Compares runs with and without an index, the former twice. */
    private void check(String... users) throws IOException {
        FastAggregation plain = run(false, users);
        assertThat(run(true, users)).isEqualTo(plain);
        assertThat(run(true, users)).isEqualTo(plain);
    }

    private FastAggregation run(boolean index, String... users) throws IOException {
        Query query = new Query(
                DAY * 86400, (DAY + 1) * 86400, 1800, true, true, List.of(users), List.of(), List.of(Measure.SUM));
        Path result = folder.resolve("result");
        try (OrderedResultOutput output = new OrderedResultOutput(result.toFile(), query, ResultFormat.CSV)) {
            Aggregation aggregation =
                    new Aggregation(query, List.of(log()), 2, false, index, Aggregation.Sizes.NORMAL, output);
            AggregationAttempt finished = aggregation.run();
            assertThat(finished.indexProblem()).isNull();
            return new FastAggregation(Files.readString(result, StandardCharsets.UTF_8), finished.rowCounts(), "");
        }
    }
}
