package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The two ways to read a command line agree, and the environment stands in for what is not given. */
class AggregateOptionsTest {

    private static final Map<AggregateOption, String> REQUIRED = Map.of(
            AggregateOption.FROM, "2025-01-01",
            AggregateOption.TO, "2025-01-02 03:04",
            AggregateOption.GRANULARITY, "30m",
            AggregateOption.DIMENSIONS, "");

    @ParameterizedTest
    @EnumSource
    void everyNameOfAnOptionIsReadAlikeWithAndWithoutPicocli(AggregateOption option) {
        for (String name : option.names) {
            String argument = option.isSwitch() ? name : name + "=some value";
            CommandLine.ParseResult parsed = Aggregate.command().parseArgs(argument);
            String value =
                    parsed.matchedOption(option.names.get(0)).<Object>getValue().toString();
            assertThat(Aggregate.plain("aggregate", argument)).isEqualTo(Map.of(option, value));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "generate",
                "",
                "aggregate --help",
                "aggregate --nonsense=1",
                "aggregate --user",
                "aggregate --user a",
                "aggregate --strict=true",
                "aggregate --user=a --user=b",
                "aggregate --from_datetime=2025-01-01 --from-datetime=2025-01-01",
                "aggregate @file"
            })
    void whatIsNotPlainIsLeftToPicocli(String line) {
        assertThat(Aggregate.plain(line.split(" "))).isNull();
    }

    @Test
    void theEnvironmentStandsInForWhatIsNotGiven() {
        Map<String, String> environment = Map.of(
                "FROM_DATETIME", "2025-01-01T00:00:00",
                "TO_DATETIME", "2025-01-02",
                "GRANULARITY", "1day",
                "DIMENSIONS", "app,user",
                "USER", "whoever is logged in",
                "AGGREGATE_USER", "user1, user2",
                "INPUT_DIR", "logs",
                "THREADS", "3",
                "STRICT", "true");
        AggregateOptions options = AggregateOptions.of(Map.of(AggregateOption.THREADS, "5"), environment);
        assertThat(options.query().users()).containsExactly("user1", "user2");
        assertThat(options.query().byUser()).isTrue();
        assertThat(options.query().to() - options.query().from()).isEqualTo(86400);
        assertThat(options.inputDir()).isEqualTo("logs");
        assertThat(options.threads()).isEqualTo(5);
        assertThat(options.strict()).isTrue();
    }

    @Test
    void withoutThemTheDefaultsAreThose() {
        AggregateOptions options = AggregateOptions.of(REQUIRED, Map.of());
        assertThat(options.threads()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(options.inputDir()).isEqualTo("./csv_logs");
        assertThat(options.result()).isEqualTo(new File("./results/result.csv").getAbsoluteFile());
        assertThat(options.query().measures()).isEqualTo(List.of(Measure.SUM));
        assertThat(options.strict() || options.index() || options.quiet() || options.reportJson())
                .isFalse();
    }

    @ParameterizedTest
    @EnumSource(names = {"FROM", "TO", "GRANULARITY", "DIMENSIONS"})
    void aMissingRequiredOptionIsNamed(AggregateOption option) {
        Map<AggregateOption, String> given = new HashMap<>(REQUIRED);
        given.remove(option);
        assertThatThrownBy(() -> AggregateOptions.of(given, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(option.names.get(0))
                .hasMessageContaining(option.variable());
    }
}
