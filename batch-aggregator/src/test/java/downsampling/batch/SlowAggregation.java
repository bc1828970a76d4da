package downsampling.batch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The slow and obvious version against which the fast one is held. It uses strings of whole files, big integers and a
 * tree map. Files are read as ISO-8859-1, so that a character is a byte, until a field is used.
 */
final class SlowAggregation {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withResolverStyle(ResolverStyle.STRICT);

    private record Key(LocalDateTime period, String user, String app) {}

    private record RawRecord(List<String> fields, int end) {}

    private final Query query;
    private final Map<Key, List<List<BigInteger>>> rows = new TreeMap<>(Comparator.comparing(Key::period)
            .thenComparing(Key::user, SlowAggregation::compareCodePoints)
            .thenComparing(Key::app, SlowAggregation::compareCodePoints));
    private final ByteArrayOutputStream rejects = new ByteArrayOutputStream();
    private long read;
    private long aggregated;
    private long filteredOut;
    private long rejected;

    SlowAggregation(Query query) {
        this.query = query;
    }

    SlowAggregation read(Path folder) throws IOException {
        List<Path> files;
        try (var listing = Files.list(folder)) {
            files = listing.filter(file -> isWanted(file.getFileName().toString()))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            read(Files.readString(file, StandardCharsets.ISO_8859_1));
        }
        return this;
    }

    private boolean isWanted(String name) {
        if (!name.matches("\\d{4}-\\d\\d-\\d\\d\\.log\\.csv")) {
            return false;
        }
        long day = LocalDate.parse(name.substring(0, 10)).toEpochDay();
        return day * 86400 < query.to() && (day + 1) * 86400 > query.from();
    }

    private void read(String file) throws IOException {
        int at = file.startsWith("\u00EF\u00BB\u00BF") ? 3 : 0;
        boolean first = true;
        while (at < file.length()) {
            RawRecord record = split(file, at);
            boolean header =
                    first && record != null && record.fields.get(0).strip().equalsIgnoreCase("timestamp");
            first = false;
            if (header) {
                int line = nextLine(file, at);
                at = noRowInside(file, line, record.end) ? record.end : line;
                continue;
            }
            read++;
            if (record != null && isRow(file, at, record)) {
                take(record);
                at = record.end;
                continue;
            }
            rejected++;
            int end = nextLine(file, at);
            if (record != null && noRowInside(file, end, record.end)) {
                end = record.end;
            }
            String raw = file.substring(at, end);
            boolean ended = raw.endsWith("\n") || raw.endsWith("\r");
            rejects.writeBytes((ended ? raw : raw + "\n").getBytes(StandardCharsets.ISO_8859_1));
            at = end;
        }
    }

    /** The position after the next LF, CR LF or CR. */
    private static int nextLine(String file, int at) {
        for (int i = at; i < file.length(); i++) {
            if (isLineBreak(file, i)) {
                return i + lineBreak(file, i);
            }
        }
        return file.length();
    }

    private static boolean isLineBreak(String file, int at) {
        return file.charAt(at) == '\n' || file.charAt(at) == '\r';
    }

    /** The length of the line break that is here. */
    private static int lineBreak(String file, int at) {
        return file.startsWith("\r\n", at) ? 2 : 1;
    }

    private static boolean noRowInside(String file, int from, int to) {
        for (int line = from; line < to; line = nextLine(file, line)) {
            RawRecord record = split(file, line);
            if (record != null && isRow(file, line, record)) {
                return false;
            }
        }
        return true;
    }

    /** The record that starts here; null if its quotes are broken or it is longer than a megabyte. */
    private static RawRecord split(String file, int from) {
        List<String> fields = new ArrayList<>();
        int at = from;
        while (true) {
            StringBuilder field = new StringBuilder();
            if (file.startsWith("\"", at)) {
                at++;
                while (true) {
                    if (at >= file.length()) {
                        return null;
                    }
                    if (file.startsWith("\"\"", at)) {
                        field.append('"');
                        at += 2;
                    } else if (file.charAt(at) == '"') {
                        at++;
                        break;
                    } else {
                        field.append(file.charAt(at++));
                    }
                }
                if (at < file.length() && file.charAt(at) != ',' && !isLineBreak(file, at)) {
                    return null;
                }
            } else {
                while (at < file.length() && file.charAt(at) != ',' && !isLineBreak(file, at)) {
                    field.append(file.charAt(at++));
                }
            }
            fields.add(field.toString());
            boolean comma = at < file.length() && file.charAt(at) == ',';
            at += at == file.length() ? 0 : comma ? 1 : lineBreak(file, at);
            if (!comma) {
                return at - from > RowParser.MAX_RECORD ? null : new RawRecord(fields, at);
            }
        }
    }

    private static boolean isRow(String file, int from, RawRecord record) {
        if (record.fields.size() < 12) {
            return false;
        }
        try {
            byte[] bytes = file.substring(from, record.end).getBytes(StandardCharsets.ISO_8859_1);
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            LocalDateTime.parse(record.fields.get(0), TIME);
        } catch (CharacterCodingException | DateTimeParseException e) {
            return false;
        }
        for (String metric : record.fields.subList(3, 12)) {
            if (!metric.matches("[ \t]*[+-]?[0-9]+[ \t]*") || metric(metric).bitLength() > 63) {
                return false;
            }
        }
        return true;
    }

    private static BigInteger metric(String text) {
        return new BigInteger(text.strip());
    }

    private void take(RawRecord record) {
        LocalDateTime time = LocalDateTime.parse(record.fields.get(0), TIME);
        long second = time.toEpochSecond(ZoneOffset.UTC);
        String user = utf8(record.fields.get(1));
        String app = utf8(record.fields.get(2));
        if (second < query.from()
                || second >= query.to()
                || !query.users().isEmpty() && !query.users().contains(user)
                || !query.apps().isEmpty() && !query.apps().contains(app)) {
            filteredOut++;
            return;
        }
        aggregated++;
        LocalDateTime period = LocalDateTime.ofEpochSecond(
                Math.floorDiv(second, query.granularity()) * query.granularity(), 0, ZoneOffset.UTC);
        Key key = new Key(period, query.byUser() ? user : "", query.byApp() ? app : "");
        rows.computeIfAbsent(key, k -> new ArrayList<>())
                .add(record.fields.subList(3, 12).stream()
                        .map(SlowAggregation::metric)
                        .toList());
    }

    private static String utf8(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static int compareCodePoints(String a, String b) {
        return Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());
    }

    RowCounts rowCounts() {
        return new RowCounts(read, aggregated, filteredOut, rejected);
    }

    String rejects() {
        return rejects.toString(StandardCharsets.ISO_8859_1);
    }

    String csv() {
        StringBuilder csv = new StringBuilder("timestamp");
        csv.append(query.byUser() ? ",user" : "").append(query.byApp() ? ",app" : "");
        for (int metric = 1; metric <= 9; metric++) {
            for (Measure measure : query.measures()) {
                csv.append(",metric_").append(metric);
                csv.append(query.measures().equals(List.of(Measure.SUM)) ? "" : "_" + measure.label());
            }
        }
        csv.append('\n');
        rows.forEach((key, metrics) -> {
            csv.append(TIME.format(key.period));
            csv.append(query.byUser() ? "," + quoted(key.user) : "");
            csv.append(query.byApp() ? "," + quoted(key.app) : "");
            for (int metric = 0; metric < 9; metric++) {
                int column = metric;
                List<BigInteger> values =
                        metrics.stream().map(row -> row.get(column)).toList();
                for (Measure measure : query.measures()) {
                    csv.append(',').append(measure(measure, values));
                }
            }
            csv.append('\n');
        });
        return csv.toString();
    }

    private static String measure(Measure measure, List<BigInteger> values) {
        BigInteger sum = values.stream().reduce(BigInteger.ZERO, BigInteger::add);
        return switch (measure) {
            case SUM -> sum.toString();
            case COUNT -> Integer.toString(values.size());
            case MIN ->
                values.stream().min(Comparator.naturalOrder()).orElseThrow().toString();
            case MAX ->
                values.stream().max(Comparator.naturalOrder()).orElseThrow().toString();
            case MEAN -> {
                BigDecimal mean = new BigDecimal(sum).divide(new BigDecimal(values.size()), 6, RoundingMode.HALF_EVEN);
                yield mean.signum() == 0 ? "0" : mean.stripTrailingZeros().toPlainString();
            }
        };
    }

    private static String quoted(String name) {
        return name.matches("(?s).*[\",\r\n].*") ? "\"" + name.replace("\"", "\"\"") + "\"" : name;
    }
}
