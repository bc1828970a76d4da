package downsampling.processor.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SummaryTest {
    private static Summary of(double... values) {
        Summary summary = Summary.of(values[0]);
        for (int i = 1; i < values.length; i++) {
            summary = summary.add(values[i]);
        }
        return summary;
    }

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
        Summary summary = of(value);
        assertThat(summary.count()).isEqualTo(1);
        assertThat(summary.min()).isEqualTo(value);
        assertThat(summary.max()).isEqualTo(value);
        assertThat(summary.mean()).isEqualTo(value);
    }

    @Test
    void shouldKeepExtremesOfNegativeValues() {
        Summary summary = of(-3, -1, -2);
        assertThat(summary.min()).isEqualTo(-3);
        assertThat(summary.max()).isEqualTo(-1);
        assertThat(summary.mean()).isEqualTo(-2);
    }

    @Test
    void shouldNotOverflow() {
        assertThat(of(Double.MAX_VALUE, Double.MAX_VALUE, Double.MAX_VALUE).mean())
                .isEqualTo(Double.MAX_VALUE);
        assertThat(of(Double.MAX_VALUE, -Double.MAX_VALUE).mean()).isZero();
    }

    @Test
    void shouldNotLoseSmallValuesBesideLargeOnes() {
        assertThat(of(1e16, 1, -1e16).mean()).isEqualTo(1.0 / 3);
        assertThat(of(IntStream.range(0, 10).mapToDouble(i -> 0.1).toArray()).mean())
                .isEqualTo(0.1);
    }

    @Test
    void shouldGiveTheCorrectlyRoundedMeanInAnyOrder() {
        Random random = new Random(2);
        for (int round = 0; round < 2_000; round++) {
            int count = 1 + random.nextInt(200);
            double spread = Math.pow(10, random.nextInt(6));
            List<Double> values = new java.util.ArrayList<>(DoubleStream.generate(
                            () -> Math.round((random.nextDouble() - 0.3) * spread * 100) / 100.0)
                    .limit(count)
                    .boxed()
                    .toList());
            BigDecimal exact = values.stream().map(BigDecimal::new).reduce(BigDecimal.ZERO, BigDecimal::add);
            double expected = exact.doubleValue() / count; // both steps rounded once
            for (int order = 0; order < 3; order++) {
                assertThat(of(values.stream().mapToDouble(d -> d).toArray()).mean())
                        .isEqualTo(expected);
                Collections.shuffle(values, random);
            }
            assertThat(exact.divide(BigDecimal.valueOf(count), MathContext.DECIMAL128)
                            .doubleValue())
                    .isCloseTo(expected, org.assertj.core.data.Offset.offset(2 * Math.ulp(expected)));
        }
    }

    @Test
    void shouldSurviveBytes() {
        Summary summary = of(0.1, -7, 1e300);
        assertThat(summary.toBytes()).hasSize(Summary.BYTES);
        assertThat(Summary.fromBytes(summary.toBytes()))
                .usingRecursiveComparison()
                .isEqualTo(summary);
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
        assertThat(new String(new SummaryJson().write(10, Summary.of(value)), StandardCharsets.UTF_8))
                .isEqualTo("{\"time\":10,\"temperature\":{\"count\":1,\"min\":" + json + ",\"max\":" + json
                        + ",\"mean\":" + json + "}}");
        assertThat(Double.parseDouble(json)).isEqualTo(value + 0.0);
    }
}
