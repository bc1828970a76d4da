package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import downsampling.processor.settings.Statistic;
import downsampling.service.FailedException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each statistic is held against its definition, computed with as many digits as it takes. */
class SummaryTest {
    private static final List<String> ALL = List.of(
            "count", "sum", "min", "max", "mean", "stddev", "first", "last", "median", "p0.001", "p5", "p99",
            "p99.999");
    private static final MathContext EXACT = new MathContext(60);

    /** A reading; NaN for a field that it does not have. */
    private record Reading(long time, double[] values) {}

    // Against the definitions.

    @Test
    void shouldSayWhatTheDefinitionsSayOfRandomReadings() {
        for (int seed = 0; seed < 1_000; seed++) {
            Random random = new Random(seed);
            SummaryLayout layout = layout(random);
            List<Reading> readings = readings(random, layout);
            Summary summary = of(layout, readings);
            assertThat(summary.readings()).isEqualTo(readings.size());
            for (int field = 0; field < layout.fields().size(); field++) {
                assertField("seed " + seed, summary, field, readings);
            }
            assertThat(summary.isIncomplete()).isFalse();
        }
    }

    private static void assertField(String seed, Summary summary, int field, List<Reading> readings) {
        List<Reading> counted = having(readings, field);
        assertThat(summary.field(field).count).as(seed).isEqualTo(counted.size());
        assertThat(new String(new SummaryJson().write(0, summary), UTF_8).contains("\"f" + field + "\":{"))
                .as(seed)
                .isEqualTo(!counted.isEmpty());
        if (counted.isEmpty()) {
            return;
        }
        for (Statistic statistic : summary.layout().statistics()) {
            assertStatistic(seed, statistic, summary.field(field).get(statistic), define(statistic, counted, field));
        }
    }

    private static List<Reading> having(List<Reading> readings, int field) {
        return readings.stream()
                .filter(reading -> !Double.isNaN(reading.values[field]))
                .toList();
    }

    private static void assertStatistic(String seed, Statistic statistic, double found, double expected) {
        double error = switch (statistic.kind()) {
            case QUANTILE -> Math.abs(expected) * 0.01;
            case STDDEV -> Math.ulp(expected);
            default -> 0;
        };
        assertThat(Double.isNaN(expected) ? Double.isNaN(found) : Math.abs(found - expected) <= error)
                .as("%s, %s: expected %s, found %s", seed, statistic, expected, found)
                .isTrue();
    }

    /** By the book. */
    private static double define(Statistic statistic, List<Reading> readings, int field) {
        double[] values = readings.stream()
                .mapToDouble(reading -> reading.values[field])
                .sorted()
                .toArray();
        BigDecimal count = BigDecimal.valueOf(values.length);
        BigDecimal sum = Arrays.stream(values).mapToObj(BigDecimal::new).reduce(BigDecimal.ZERO, BigDecimal::add);
        return switch (statistic.kind()) {
            case COUNT -> values.length;
            case SUM -> sum.doubleValue();
            case MIN -> values[0];
            case MAX -> values[values.length - 1];
            case MEAN ->
                Math.max(values[0], Math.min(values[values.length - 1], scaledDown(sum) / values.length / 0x1p-64));
            case STDDEV -> {
                BigDecimal mean = sum.divide(count, EXACT);
                BigDecimal squares = Arrays.stream(values)
                        .mapToObj(value -> new BigDecimal(value).subtract(mean).pow(2))
                        .reduce(BigDecimal.ZERO, BigDecimal::add);
                yield values.length == 1
                        ? Double.NaN
                        : squares.divide(count.subtract(BigDecimal.ONE), EXACT)
                                .sqrt(EXACT)
                                .doubleValue();
            }
            case FIRST -> {
                long first = readings.stream().mapToLong(Reading::time).min().orElseThrow();
                yield newestOf(readings, first).values[field];
            }
            case LAST -> {
                long last = readings.stream().mapToLong(Reading::time).max().orElseThrow();
                yield newestOf(readings, last).values[field];
            }
            case QUANTILE ->
                values[
                        BigInteger.valueOf(values.length - 1)
                                .multiply(BigInteger.valueOf(statistic.share()))
                                .divide(BigInteger.valueOf(100_000))
                                .intValueExact()];
        };
    }

    /** Both steps of a mean, this and the division, are rounded once; scaled, as the sum of large values is no double. */
    private static double scaledDown(BigDecimal sum) {
        return sum.divide(BigDecimal.valueOf(2).pow(64)).doubleValue();
    }

    private static Reading newestOf(List<Reading> readings, long time) {
        List<Reading> those =
                readings.stream().filter(reading -> reading.time == time).toList();
        return those.get(those.size() - 1);
    }

    private static SummaryLayout layout(Random random) {
        List<String> statistics = new ArrayList<>(ALL);
        Collections.shuffle(statistics, random);
        List<String> fields =
                IntStream.range(0, 1 + random.nextInt(3)).mapToObj(i -> "f" + i).toList();
        return Summaries.layout(
                fields,
                String.join(",", statistics.subList(0, 1 + random.nextInt(random.nextBoolean() ? 3 : ALL.size()))));
    }

    /** With times of which many are the same. */
    private static List<Reading> readings(Random random, SummaryLayout layout) {
        List<DoubleSupplier> sources =
                layout.fields().stream().map(field -> source(random)).toList();
        List<Reading> readings = new ArrayList<>();
        double missing = layout.fields().size() == 1 ? 0 : random.nextDouble();
        int count = 1 + random.nextInt(random.nextBoolean() ? 3 : 150);
        for (int i = 0; i < count; i++) {
            int always = random.nextInt(sources.size());
            double[] values = IntStream.range(0, sources.size())
                    .mapToDouble(field -> field != always && random.nextDouble() < missing
                            ? Double.NaN
                            : sources.get(field).getAsDouble())
                    .toArray();
            readings.add(new Reading(1_764_159_935_000L + random.nextInt(20), values));
        }
        return readings;
    }

    private static DoubleSupplier source(Random random) {
        double size = Math.pow(10, random.nextInt(13) - 3);
        return switch (random.nextInt(6)) {
            case 0 -> () -> random.nextInt(5) - 2;
            case 1 -> () -> Math.round((random.nextDouble() - 0.3) * size * 100) / 100.0;
            case 2 -> () -> 1e9 + (random.nextDouble() - 0.5) * 2e-3;
            case 3 -> () -> -1e9 + random.nextInt(3) * 1e-3;
            case 4 -> () -> (random.nextBoolean() ? 1 : -1) * Math.exp(random.nextDouble() * 80 - 40);
            default -> () -> random.nextInt(20) == 0 ? 1e30 : 21.5; // now and then a fault of the sensor
        };
    }

    private static Summary of(SummaryLayout layout, List<Reading> readings) {
        Summary summary = layout.empty();
        readings.forEach(reading -> summary.add(reading.time, reading.values));
        return summary;
    }

    // Merged and stored.

    /** Windows that follow each other, merged by two neighbours at a time, stored and read now and then. */
    @Test
    void shouldSayTheSameWhenPartsAreMergedInAnyTree() {
        for (int seed = 0; seed < 1_000; seed++) {
            Random random = new Random(seed);
            SummaryLayout layout = layout(random);
            List<Reading> readings = readings(random, layout);
            List<Summary> parts = new ArrayList<>();
            for (int from = 0; from < readings.size(); ) {
                int to = Math.min(readings.size(), from + 1 + random.nextInt(40));
                parts.add(of(layout, readings.subList(from, to)));
                from = to;
            }
            assertThat(json(merged(parts, random))).as("seed %d", seed).isEqualTo(json(of(layout, readings)));
        }
    }

    @Test
    void shouldSayTheSameInWhateverOrderPartsAreMerged() {
        for (int seed = 0; seed < 1_000; seed++) {
            Random random = new Random(seed);
            SummaryLayout layout = layout(random);
            List<Reading> readings = readings(random, layout);
            List<Summary> parts = new ArrayList<>();
            for (int i = 0; i < readings.size(); i++) {
                readings.set(i, new Reading(i, readings.get(i).values)); // or else the order would matter
                parts.add(of(layout, readings.subList(i, i + 1)));
            }
            String expected = json(of(layout, readings));
            Collections.shuffle(parts, random);
            assertThat(json(merged(parts, random))).as("seed %d", seed).isEqualTo(expected);
        }
    }

    private static Summary merged(List<Summary> parts, Random random) {
        List<Summary> left = new ArrayList<>(parts);
        while (left.size() > 1) {
            int at = random.nextInt(left.size() - 1);
            Summary later = left.remove(at + 1);
            byte[] before = bytes(later);
            left.get(at).merge(later);
            assertThat(bytes(later)).isEqualTo(before);
            if (random.nextInt(4) == 0) {
                left.set(at, stored(left.get(at)));
            }
        }
        return left.get(0);
    }

    @Test
    void shouldGoOnAfterItWasStored() {
        for (int seed = 0; seed < 1_000; seed++) {
            Random random = new Random(seed);
            SummaryLayout layout = layout(random);
            List<Reading> readings = readings(random, layout);
            Summary summary = layout.empty();
            for (Reading reading : readings) {
                summary.add(reading.time, reading.values);
                summary = random.nextInt(4) == 0 ? stored(summary) : summary;
            }
            assertThat(bytes(summary)).as("seed %d", seed).isEqualTo(bytes(of(layout, readings)));
        }
    }

    private static Summary stored(Summary summary) {
        byte[] bytes = bytes(summary);
        Summary read = summary.layout().read(bytes);
        assertThat(bytes(read)).isEqualTo(bytes);
        return read;
    }

    private static byte[] bytes(Summary summary) {
        return summary.layout().write(summary);
    }

    private static String json(Summary summary) {
        return new String(new SummaryJson().write(0, summary), UTF_8);
    }

    @Test
    void shouldReadAndWriteWhatVersion01Wrote() {
        byte[] stored = ByteBuffer.allocate(40)
                .putLong(3)
                .putDouble(1)
                .putDouble(9)
                .putDouble(12.75 * 0x1p-64)
                .putDouble(0)
                .array();
        for (String statistics : List.of("count,min,max,mean", "mean", "min,sum,max")) {
            Summary summary =
                    Summaries.layout(List.of("temperature"), statistics).read(stored);
            assertThat(bytes(summary)).isEqualTo(stored);
            assertThat(summary.isIncomplete()).isFalse();
        }
        assertThat(json(Summaries.usual().read(stored)))
                .isEqualTo("{\"time\":0,\"temperature\":{\"count\":3,\"min\":1,\"max\":9,\"mean\":4.25}}");
        assertThat(bytes(Summaries.of(1, 2.75, 9))).isEqualTo(stored);
    }

    /** Should this fail, state that is stored somewhere would not be read any more: another version is needed. */
    @Test
    void shouldWriteWhatItAlwaysWrote() {
        SummaryLayout layout = Summaries.layout(List.of("t", "hum"), String.join(",", ALL));
        Summary summary = layout.empty();
        summary.add(1_764_159_935_000L, new double[] {21.5, Double.NaN});
        summary.add(1_764_159_935_500L, new double[] {-0.5, 40});
        summary.add(1_764_159_936_000L, new double[] {0, 1e30});

        assertThat(HexFormat.of().formatHex(bytes(summary)))
                .isEqualTo(
                        "017f02000174000368756d40080000000000004008000000000000bfe000000000000040358000000000003c350000000000"
                                + "0000000000000000004035800000000000c045c000000000000000000000000000408d920000000000000000000000000042"
                                + "79ac020521800040358000000000004279ac020560000000000000000000000000000d0402050001ce02020700014b024000"
                                + "000000000000404400000000000046293e5939a08cea42293e5939a08cea3c44000000000000404400000000000046293e59"
                                + "39a08ceac0440000000000004c63e9e4e4c2f345c90f93b6b3de93c64279ac020540c00040440000000000004279ac020560"
                                + "000046293e5939a08cea00000009050002900302e03702");
    }

    @ParameterizedTest
    @CsvSource({
        "count, 24",
        "last, 40",
        "'count,min,max,mean', 40",
        "'count,min,max,mean,stddev', 96",
        "'first,last', 56"
    })
    void shouldStoreNoMoreThanWasAskedFor(String statistics, int bytes) {
        Summary summary = Summaries.layout(List.of("temperature"), statistics).empty();
        summary.add(0, new double[] {1});
        assertThat(bytes(summary)).hasSize(bytes);
    }

    // Other settings than when a window was begun.

    @Test
    void shouldKnowWhatItKeptWhenOtherThingsAreAskedForAndNothingElse() {
        for (int seed = 0; seed < 1_000; seed++) {
            Random random = new Random(seed);
            SummaryLayout before = layout(random);
            SummaryLayout after = layout(random);
            List<Reading> readings = readings(random, before);
            List<Reading> more = readings(random, after);
            Summary summary = after.read(bytes(of(before, readings)));
            more.forEach(reading -> summary.add(reading.time, reading.values));
            Summary again = stored(summary);

            List<Reading> all = new ArrayList<>();
            for (Reading reading : readings) {
                double[] values = Arrays.copyOf(reading.values, after.fields().size());
                for (int field = reading.values.length; field < values.length; field++) {
                    values[field] = Double.NaN;
                }
                all.add(new Reading(reading.time, values));
            }
            all.addAll(more);
            boolean lacks = false;
            for (int field = 0; field < after.fields().size(); field++) {
                boolean none = field < before.fields().size()
                        && having(all.subList(0, readings.size()), field).isEmpty();
                List<Reading> counted = having(all, field);
                for (Statistic statistic : after.statistics()) {
                    boolean known = none || field < before.fields().size() && keeps(before, statistic);
                    lacks |= !known;
                    if (!known || !counted.isEmpty()) {
                        assertStatistic(
                                "seed " + seed,
                                statistic,
                                again.field(field).get(statistic),
                                known ? define(statistic, counted, field) : Double.NaN);
                    }
                }
            }
            assertThat(again.isIncomplete()).as("seed %d", seed).isEqualTo(lacks);
        }
    }

    /** Whether all that it is computed from is there because of other statistics, too. */
    private static boolean keeps(SummaryLayout layout, Statistic statistic) {
        List<Statistic.Kind> kinds =
                layout.statistics().stream().map(Statistic::kind).toList();
        boolean range = kinds.contains(Statistic.Kind.MEAN) || kinds.contains(Statistic.Kind.QUANTILE);
        boolean min = range || kinds.contains(Statistic.Kind.MIN);
        boolean max = range || kinds.contains(Statistic.Kind.MAX);
        boolean sum = kinds.contains(Statistic.Kind.MEAN) || kinds.contains(Statistic.Kind.SUM);
        return switch (statistic.kind()) {
            case COUNT -> true;
            case MIN -> min;
            case MAX -> max;
            case SUM -> sum;
            case MEAN -> min && max && sum;
            default -> kinds.contains(statistic.kind());
        };
    }

    @Test
    void shouldSayThatItDoesNotKnowWhatWasNotAskedForBefore() {
        SummaryLayout layout = Summaries.layout(List.of("temperature", "humidity"), "count,max,p99");
        Summary summary = layout.read(bytes(Summaries.of(1, 3)));
        summary.add(0, new double[] {2, 40});
        assertThat(json(summary))
                .isEqualTo("{\"time\":0,\"temperature\":{\"count\":3,\"max\":3,\"p99\":null},"
                        + "\"humidity\":{\"count\":null,\"max\":null,\"p99\":null}}");
        assertThat(summary.readings()).isEqualTo(3);
        assertThat(summary.isIncomplete()).isTrue();

        Summary renamed = Summaries.layout(List.of("temp"), "count,mean").read(bytes(Summaries.of(1, 3)));
        renamed.add(0, new double[] {2});
        assertThat(json(stored(renamed))).isEqualTo("{\"time\":0,\"temp\":{\"count\":null,\"mean\":null}}");
    }

    @Test
    void shouldNotMergeWhatItKnowsWithWhatItDoesNotKnow() {
        SummaryLayout layout = Summaries.layout(List.of("temperature"), String.join(",", ALL));
        for (boolean unknownFirst : new boolean[] {true, false}) {
            Summary unknown = layout.read(bytes(Summaries.of(1, 3)));
            Summary known = layout.empty();
            known.add(5, new double[] {2});
            Summary one = unknownFirst ? unknown : known;
            one.merge(unknownFirst ? known : unknown);
            one.add(9, new double[] {0});
            assertThat(json(stored(one)))
                    .isEqualTo("{\"time\":0,\"temperature\":{\"count\":4,\"sum\":6,\"min\":0,\"max\":3,\"mean\":1.5,"
                            + "\"stddev\":null,\"first\":null,\"last\":null,\"median\":null,\"p0.001\":null,\"p5\":null,"
                            + "\"p99\":null,\"p99.999\":null}}");
        }
    }

    @Test
    void shouldNotReadWhatANewerVersionWrote() {
        assertThatThrownBy(() -> Summaries.usual().read(new byte[] {2, 0, 0}))
                .isInstanceOf(FailedException.class)
                .hasMessageContaining("newer version");
    }

    // Numbers at the edges.

    @ParameterizedTest
    @ValueSource(
            doubles = {
                0,
                -0.0,
                1,
                -1,
                0.1,
                Double.MAX_VALUE,
                -Double.MAX_VALUE,
                Double.MIN_VALUE,
                -Double.MIN_VALUE,
                1e-300
            })
    void shouldGiveAnOnlyReadingBack(double value) {
        SummaryLayout layout = Summaries.layout(List.of("temperature"), String.join(",", ALL));
        Summary summary = layout.empty();
        summary.add(0, new double[] {value});
        for (Statistic statistic : layout.statistics()) {
            switch (statistic.kind()) {
                case COUNT -> assertThat(summary.field(0).get(statistic)).isEqualTo(1);
                case STDDEV -> assertThat(summary.field(0).get(statistic)).isNaN();
                case SUM ->
                    assertThat(summary.field(0).get(statistic)).isCloseTo(value, within(1e-304)); // see means.md
                default ->
                    assertThat(summary.field(0).get(statistic))
                            .as(statistic.name())
                            .isEqualTo(value);
            }
        }
    }

    @Test
    void shouldNotOverflow() {
        double most = Double.MAX_VALUE;
        assertThat(json("min,mean,median", most, most, most))
                .isEqualTo(
                        "{\"min\":1.7976931348623157E308,\"mean\":1.7976931348623157E308,\"median\":1.7976931348623157E308}");
        assertThat(json("sum,mean,stddev", most, -most)).isEqualTo("{\"sum\":0,\"mean\":0,\"stddev\":null}");
        assertThat(json("sum", most, most)).isEqualTo("{\"sum\":3.595386269724631E+308}");
        assertThat(json("sum", -most, -most)).isEqualTo("{\"sum\":-3.595386269724631E+308}");
    }

    @Test
    void shouldNotLoseSmallValuesBesideLargeOnes() {
        assertThat(json("sum,mean", 1e16, 1, -1e16)).isEqualTo("{\"sum\":1,\"mean\":0.3333333333333333}");
        assertThat(json("mean", IntStream.range(0, 10).mapToDouble(i -> 0.1).toArray()))
                .isEqualTo("{\"mean\":0.1}");
        assertThat(json("stddev", 1e9 - 1e-3, 1e9, 1e9 + 1e-3)).startsWith("{\"stddev\":0.00100004673");
        assertThat(json("stddev", 0, 1e9, 1e9)).startsWith("{\"stddev\":5.77350269189625");
        assertThat(json("stddev", 21.5, 21.5, 21.5)).isEqualTo("{\"stddev\":0}");
    }

    @Test
    void shouldNotLetAnAbsurdValueSpoilTheMedian() {
        assertThat(json("p5,median,p99", 21.5, 3.4e38, 21.5, -1e-300, 21.5))
                .isEqualTo("{\"p5\":-1E-300,\"median\":21.6771,\"p99\":21.6771}");
    }

    /** Doubles of any bits whatever, which no sensor sends. */
    @Test
    void shouldBoundTheSizeOfASketchWhateverComes() {
        SummaryLayout layout = Summaries.layout(List.of("temperature"), "p1,p25,median,p75,p99");
        for (int seed = 0; seed < 5; seed++) {
            Random random = new Random(seed);
            List<Reading> readings = new ArrayList<>();
            for (int i = 0; i < 30_000; i++) {
                double value = Double.longBitsToDouble(random.nextLong());
                if (Double.isFinite(value)) {
                    readings.add(new Reading(i, new double[] {value}));
                }
            }
            Summary summary = of(layout, readings);
            assertThat(bytes(summary)).hasSizeLessThan(14_000);
            for (Statistic statistic : layout.statistics()) {
                double expected = define(statistic, readings, 0);
                assertThat(summary.field(0).get(statistic))
                        .as("seed %d, %s", seed, statistic)
                        .isBetween(Math.min(expected / 2, expected * 2), Math.max(expected / 2, expected * 2));
            }
            List<Summary> parts = new ArrayList<>();
            for (int from = 0; from < readings.size(); from += 1000) {
                parts.add(of(layout, readings.subList(from, Math.min(from + 1000, readings.size()))));
            }
            Collections.shuffle(parts, random);
            assertThat(bytes(merged(parts, random))).as("seed %d", seed).isEqualTo(bytes(summary));
        }
    }

    @Test
    void shouldLeaveOutFieldsWithoutValues() {
        Summary summary = Summaries.layout(List.of("a", "b", "c"), "mean,count").empty();
        summary.add(0, new double[] {Double.NaN, 1, 2});
        summary.add(0, new double[] {Double.NaN, 3, Double.NaN});
        assertThat(json(summary))
                .isEqualTo("{\"time\":0,\"b\":{\"mean\":2,\"count\":2},\"c\":{\"mean\":2,\"count\":1}}");
    }

    /** Of one field. */
    private static String json(String statistics, double... values) {
        Summary summary = Summaries.layout(List.of("a"), statistics).empty();
        for (double value : values) {
            summary.add(0, new double[] {value});
        }
        return json(summary).replaceFirst("^\\{\"time\":0,\"a\":(.*)}$", "$1");
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "-0.0, 0",
        "0, 0",
        "4.25, 4.25",
        "-12345678.5, -1.23456785E7",
        "1e15, 1000000000000000",
        "1e18, 1000000000000000000",
        "1e20, 1E20",
        "1.5e300, 1.5E300",
        "-1e300, -1E300",
        "1e-7, 1E-7",
        "0.1, 0.1",
        "4.9e-324, 4.9E-324",
        "2e-3, 0.002",
        "2e23, 2E23"
    })
    void shouldWriteNumbersAsJsonWithoutNeedlessFractions(double value, String json) {
        assertThat(new String(new SummaryJson().write(10, Summaries.of(value)), UTF_8))
                .isEqualTo("{\"time\":10,\"temperature\":{\"count\":1,\"min\":" + json + ",\"max\":" + json
                        + ",\"mean\":" + json + "}}");
        assertThat(Double.parseDouble(json)).isEqualTo(value + 0.0);
    }
}
