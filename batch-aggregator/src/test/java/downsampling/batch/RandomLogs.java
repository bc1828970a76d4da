package downsampling.batch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Makes a folder of log files with every irregularity there is, and a query for it, both from a seed. */
final class RandomLogs {

    private static final LocalDate FIRST_DAY = LocalDate.of(2024, 12, 30);
    private static final List<String> NAMES = List.of(
            "user1",
            "user2",
            "user10",
            "user99",
            "a",
            "",
            " ",
            "two words",
            "über",
            "日本語",
            "😀",
            "\uFFFDx",
            "x,y",
            "say \"hi\"",
            "line\nbreak",
            "crlf\r\nbreak",
            "cr\rbreak",
            "12345678",
            "123456789",
            "exactly16bytes!!",
            "u".repeat(100),
            "timestamp",
            "'",
            "tab\there");
    private static final List<String> BAD_ROWS = List.of(
            "",
            " ",
            "garbage",
            "2025-02-30 00:00:00,u,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01 24:00:00,u,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01 00:60:00,u,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01 00:00:60,u,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01T00:00:00,u,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01 00:00:0,u,a,1,2,3,4,5,6,7,8,9",
            "2025-13-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9",
            "2025-01-00 00:00:00,u,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01 2::00:00,u,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8",
            "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,",
            "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,x",
            "2025-01-01 00:00:00,u,a,1,2,,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u,a,1,2,3.0,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u,a,1,2,1 2,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u,a,1,2,--3,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u,a,1,2,+,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u,a,1,2,9223372036854775808,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u,a,1,2,-9223372036854775809,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u,a,1,2,99999999999999999999999,4,5,6,7,8,9",
            "2025-01-01 00:00:00,\"u,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01 00:00:00,\"u\"x,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,\"9",
            "2025-01-01 00:00:00,u\u00FF,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u,\u00C0\u00AF,1,2,3,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9,\u00E2\u0082",
            "2025-01-01 00:00:00,u,a,1,2,\u0663,4,5,6,7,8,9",
            "\"2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01 00:00:00,\"two\nlines\",a,1,2,3,4,5,6,7,8",
            "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9\r2025-01-01 00:00:00",
            "\u0000\u0000\u0000",
            "\u0000".repeat(10) + " 00:00:00,u,a,1,2,3,4,5,6,7,8,9",
            "2025-01-01 00:00:00,u\r,a,1,2,3,4,5,6,7,8,9",
            "\r\r");

    private final Random random;

    RandomLogs(long seed) {
        random = new Random(seed);
    }

    /** Writes the files, and returns a query for them. */
    Query write(Path folder) throws IOException {
        int days = 1 + random.nextInt(4);
        List<String> users = pick(NAMES, 1 + random.nextInt(12));
        List<String> apps = pick(NAMES, 1 + random.nextInt(6));
        boolean plainOnly = random.nextInt(4) == 0;
        double badRows = plainOnly || random.nextBoolean() ? 0 : random.nextDouble() * 0.3;
        double strays = random.nextInt(3) == 0 ? random.nextDouble() * 0.1 : 0;
        double odd = plainOnly ? 0 : random.nextDouble() * 0.5;
        int size = random.nextInt(3) == 0 ? 400 : 40;
        int magnitude = random.nextInt(4);
        int sorting = random.nextInt(3);
        for (int day = 0; day < days; day++) {
            if (random.nextInt(8) == 0) {
                continue;
            }
            List<String> rows = new ArrayList<>();
            int count = random.nextInt(size);
            for (int i = 0; i < count; i++) {
                LocalDate date = FIRST_DAY.plusDays(random.nextDouble() < strays ? random.nextInt(6) - 1 : day);
                rows.add(row(date, pick(users), pick(apps), odd, magnitude));
            }
            if (sorting > 0) {
                // The rows are sorted roughly by user, or by time.
                int column = sorting == 1 ? 20 : 0;
                rows.sort((a, b) -> a.substring(column).compareTo(b.substring(column)));
            }
            write(folder.resolve(FIRST_DAY.plusDays(day) + LogFile.SUFFIX), rows, badRows);
        }
        return query(days, users, apps);
    }

    private void write(Path file, List<String> rows, double badRows) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (random.nextInt(5) == 0) {
            out.writeBytes(new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF});
        }
        int lineEnds = random.nextInt(5);
        if (random.nextInt(5) == 0) {
            out.writeBytes(("timestamp,user,app,metric_1" + lineEnd(lineEnds)).getBytes(StandardCharsets.UTF_8));
        }
        for (int i = 0; i < rows.size(); i++) {
            if (random.nextDouble() < badRows) {
                out.writeBytes((pick(BAD_ROWS) + lineEnd(lineEnds)).getBytes(StandardCharsets.ISO_8859_1));
            }
            boolean unended = i == rows.size() - 1 && random.nextInt(3) == 0;
            out.writeBytes((rows.get(i) + (unended ? "" : lineEnd(lineEnds))).getBytes(StandardCharsets.UTF_8));
        }
        Files.write(file, out.toByteArray());
    }

    private String lineEnd(int kind) {
        return switch (kind) {
            case 0 -> "\n";
            case 1 -> "\r\n";
            case 2 -> "\r";
            default -> pick(kind == 3 ? List.of("\n", "\r\n") : List.of("\n", "\r\n", "\r"));
        };
    }

    private String row(LocalDate date, String user, String app, double odd, int magnitude) {
        StringBuilder row = new StringBuilder();
        int second = random.nextInt(10) == 0 ? (random.nextBoolean() ? 0 : 86399) : random.nextInt(86400);
        row.append(field("%s %02d:%02d:%02d".formatted(date, second / 3600, second / 60 % 60, second % 60), odd / 10));
        row.append(',').append(field(user, odd)).append(',').append(field(app, odd));
        for (int metric = 0; metric < 9; metric++) {
            String number = Long.toString(metric(magnitude));
            if (random.nextDouble() < odd / 10) {
                number = number.replaceFirst("^(-?)", "$1" + "0".repeat(random.nextInt(30)));
                number = number.startsWith("-") || random.nextBoolean() ? number : "+" + number;
                number = " \t".substring(random.nextInt(3)) + number + " ".repeat(random.nextInt(3));
            }
            row.append(',').append(field(number, odd / 20));
        }
        return row.append(random.nextDouble() < odd / 10 ? ",more,\"and, more\"" : "")
                .toString();
    }

    private long metric(int magnitude) {
        return switch (magnitude) {
            case 0 -> 1 + random.nextInt(1000);
            case 1 -> random.nextInt(20_000);
            case 2 -> (long) Math.pow(10, random.nextInt(19)) * (random.nextInt(10) == 0 ? -1 : 1);
            default ->
                switch (random.nextInt(4)) {
                    case 0 -> Long.MAX_VALUE;
                    case 1 -> Long.MIN_VALUE;
                    case 2 -> random.nextLong();
                    default -> random.nextInt(10_000);
                };
        };
    }

    private String field(String text, double quoting) {
        boolean needed = text.contains(",") || text.contains("\n") || text.contains("\r") || text.startsWith("\"");
        return needed || random.nextDouble() < quoting / 3 ? "\"" + text.replace("\"", "\"\"") + "\"" : text;
    }

    private Query query(int days, List<String> users, List<String> apps) {
        long first = FIRST_DAY.toEpochDay() * 86400;
        long from = random.nextInt(3) == 0 ? first + random.nextInt(86400) : first - random.nextInt(3) * 86400;
        long to = from + (random.nextInt(3) == 0 ? random.nextInt(86400 * days) : 86400L * (days + random.nextInt(5)));
        long granularity = pick(List.of(86400L, 1800L, 1L, 60L, 3600L, 7 * 3600L, 7 * 86400L, 86399L, 2 * 86400L));
        List<Measure> measures =
                random.nextBoolean() ? List.of(Measure.SUM) : pick(List.of(Measure.values()), 1 + random.nextInt(5));
        return new Query(
                from,
                to,
                granularity,
                random.nextInt(4) > 0,
                random.nextBoolean(),
                random.nextInt(3) == 0 ? pick(users, 1 + random.nextInt(3)) : List.of(),
                random.nextInt(3) == 0 ? pick(apps, 1 + random.nextInt(2)) : List.of(),
                measures);
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private <T> List<T> pick(List<T> from, int count) {
        List<T> shuffled = new ArrayList<>(from);
        Collections.shuffle(shuffled, random);
        return shuffled.subList(0, Math.min(count, shuffled.size()));
    }
}
