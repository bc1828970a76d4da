package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Both ways to read a command line agree, and a missing option takes its value from the environment. */
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
            CommandLine.ParseResult parsed = AggregateCommand.command().parseArgs(argument);
            String value =
                    parsed.matchedOption(option.names.get(0)).<Object>getValue().toString();
            assertThat(AggregateCommand.parsePlain("aggregate", argument)).isEqualTo(Map.of(option, value));
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
        assertThat(AggregateCommand.parsePlain(line.split(" "))).isNull();
    }

    @Test
    void theEnvironmentStandsInForWhatIsNotGiven() {
        Map<String, String> environment = Map.of(
                "BATCH_AGGREGATOR_FROM_DATETIME", "2025-01-01T00:00:00",
                "BATCH_AGGREGATOR_TO_DATETIME", "2025-01-02",
                "BATCH_AGGREGATOR_GRANULARITY", "1day",
                "BATCH_AGGREGATOR_DIMENSIONS", "app,user",
                "BATCH_AGGREGATOR_USER", "user1, user2",
                "BATCH_AGGREGATOR_INPUT_DIR", "logs",
                "BATCH_AGGREGATOR_THREADS", "3",
                "BATCH_AGGREGATOR_STRICT", "true");
        AggregateOptions options = AggregateOptions.of(Map.of(AggregateOption.THREADS, "5"), environment);
        assertThat(options.query().users()).containsExactly("user1", "user2");
        assertThat(options.query().byUser()).isTrue();
        assertThat(options.query().to() - options.query().from()).isEqualTo(86400);
        assertThat(options.inputDir()).isEqualTo("logs");
        assertThat(options.threads()).isEqualTo(5);
        assertThat(options.strict()).isTrue();
    }

    @Test
    void emptyValuesAndUnprefixedVariablesCountAsNone() {
        Map<AggregateOption, String> given = new HashMap<>(REQUIRED);
        Map<String, String> environment =
                new HashMap<>(Map.of("THREADS", "auto", "FORMAT", "pretty", "INPUT_DIR", "x"));
        for (AggregateOption option : AggregateOption.values()) {
            environment.put(option.variable(), "");
            if (!option.isSwitch()) {
                given.putIfAbsent(option, "");
            }
        }
        AggregateOptions defaults = AggregateOptions.of(REQUIRED, Map.of());
        assertThat(AggregateOptions.of(given, Map.of())).isEqualTo(defaults);
        assertThat(AggregateOptions.of(REQUIRED, environment)).isEqualTo(defaults);
        assertThat(AggregateOptions.of(given, Map.of("BATCH_AGGREGATOR_INPUT_DIR", "logs"))
                        .inputDir())
                .isEqualTo("logs");
    }

    @Test
    void anOldNameThatIsSetIsToldInOneLine() {
        Map<String, String> environment = Map.of("INPUT_DIR", "x", "AGGREGATE_USER", "u", "OUTPUT", "", "THREADS", "1");
        assertThat(EnvironmentVariables.oldNames(environment, AggregateOption.mainNames()))
                .isEqualTo("warning: environment variables without the program's name are ignored:"
                        + " AGGREGATE_USER, THREADS, INPUT_DIR are now called BATCH_AGGREGATOR_USER,"
                        + " BATCH_AGGREGATOR_THREADS, BATCH_AGGREGATOR_INPUT_DIR");
        assertThat(EnvironmentVariables.oldNames(
                        Map.of("THREADS", "auto", "BATCH_AGGREGATOR_THREADS", "2"), AggregateOption.mainNames()))
                .isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "2025-1-1 0:0:0, 2025-01-01T00:00:00",
        "2025-1-1, 2025-01-01T00:00:00",
        "2025-01-01T7:5, 2025-01-01T07:05:00",
        "2025-12-31  23:59:59, 2025-12-31T23:59:59",
    })
    void aTimeMayHaveSingleDigits(String written, String meant) {
        Map<AggregateOption, String> given = new HashMap<>(REQUIRED);
        given.put(AggregateOption.TO, "9999-01-01");
        given.put(AggregateOption.FROM, written);
        assertThat(AggregateOptions.of(given, Map.of()).query().from())
                .isEqualTo(LocalDateTime.parse(meant).toEpochSecond(ZoneOffset.UTC));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "25-01-01",
                "2025-1",
                "2025-1-1 0",
                "2025-1-1 ",
                "2025-1-1 0:0:0:0",
                "2025-1-1x0:0:0",
                "2025-1-32"
            })
    void whatIsNoTimeIsRefused(String written) {
        Map<AggregateOption, String> given = new HashMap<>(REQUIRED);
        given.put(AggregateOption.FROM, written);
        assertThatThrownBy(() -> AggregateOptions.of(given, Map.of()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--from_datetime=" + written);
    }

    @Test
    void anEmptyNameAmongOthersIsOne() {
        Map<AggregateOption, String> given = new HashMap<>(REQUIRED);
        given.put(AggregateOption.USER, ",");
        given.put(AggregateOption.APP, "a, ,b");
        Query query = AggregateOptions.of(given, Map.of()).query();
        assertThat(query.users()).containsExactly("");
        assertThat(query.apps()).containsExactly("a", "", "b");
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
