package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
    private record Outcome(int exitCode, String out, String err) {}

    private static Outcome run(String... args) {
        return run(Map.of(), args);
    }

    private static Outcome run(Map<String, String> environment, String... args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream toOut = new ByteArrayOutputStream();
        ByteArrayOutputStream toErr = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(toOut, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(toErr, true, StandardCharsets.UTF_8));
            int exitCode = Main.run(environment, args);
            return new Outcome(
                    exitCode, toOut.toString(StandardCharsets.UTF_8), toErr.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @Test
    void shouldExplainItself() {
        Outcome outcome = run("--help");
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).contains("--bootstrap-servers", "--idle-close", "Exit codes");
        assertThat(outcome.err()).isEmpty();
    }

    @Test
    void shouldTakeDefaultsFromTheEnvironmentAndOptionsOverThem() {
        assertThat(run(Map.of("PROCESSOR_WINDOW", "0s")).err()).contains("--window=0s");
        assertThat(run(Map.of("PROCESSOR_WINDOW", "0s"), "--window=1d", "--threads=0")
                        .err())
                .contains("--threads=0");
        assertThat(run(Map.of("PROCESSOR_IDLE_CLOSE", "1ms")).err()).contains("--idle-close=1ms");
        assertThat(run(Map.of("VERSION", "7", "HELP", "me", "PROCESSOR_WINDOW", "", "PROCESSOR_THREADS", "0"))
                        .err())
                .contains("--threads=0");
    }

    @Test
    void shouldRefuseNamesThatAreTooLongForATopic() {
        assertThat(run("--application-id=" + "a".repeat(220)).exitCode()).isEqualTo(2);
        assertThat(run("--input-topic=" + "a".repeat(250)).exitCode()).isEqualTo(2);
    }

    @Test
    void shouldResetNothingBecauseOfAVariableOfThatName() {
        Map<String, String> environment = Map.of(
                "PROCESSOR_YES",
                "true",
                "PROCESSOR_DRY_RUN",
                "true",
                "PROCESSOR_TO",
                "latest",
                "PROCESSOR_WAIT",
                "1ms");
        assertThat(run(environment, "reset", "--bootstrap-servers=127.0.0.1:1").err())
                .isEqualTo("processor: standard input is no terminal to ask on: expected --yes or --dry-run"
                        + System.lineSeparator());
    }

    @Test
    void shouldRefuseAKafkaSettingThatMakesNoSense() {
        Outcome outcome = run(Map.of("KAFKA_SECURITY_PROTOCOL", "PIGEON"));
        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("security.protocol", "PIGEON").hasLineCount(1);
    }

    @Test
    void shouldTakeForTheAuditWhatStandsBeforeAndBehindItsName() {
        assertThat(run("--window=1s", "audit", "--window=0s").err()).contains("--window=0s: expected 1ms");
        assertThat(run("--window=0s", "audit").err()).contains("--window=0s: expected 1ms");
        assertThat(run("--window=0s", "audit", "--idle-close=5s").err()).contains("--window=0s: expected 1ms");
    }

    @Test
    void shouldTakeNoMoreThan64Fields() {
        String fields = IntStream.range(0, 65).mapToObj(i -> "f" + i).collect(Collectors.joining(","));
        assertThat(run("--fields=" + fields).err()).contains("--fields=65 of them: expected 64 at the most");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "--window=0s            | --window=0s: expected 1ms to 365000d",
                "--window=ten           | --window=ten: expected a duration such as 250ms, 10s, 5m, 1h or 7d",
                "--grace=-1s            | --grace=-1s: expected a duration",
                "--idle-close=50ms      | --idle-close=50ms: expected at least 1s, or off",
                "--threads=0            | --threads=0: expected 1 to 1000",
                "--threads=x            | --threads=x: expected a whole number, 2147483647 at the most",
                "--topology=fast        | --topology=fast: expected exact or dsl",
                "--guarantee=maybe      | --guarantee=maybe: expected exactly_once_v2 or at_least_once",
                "--output-topic=raw-temperature | --output-topic=raw-temperature: expected another topic than that of --input-topic",
                "--application-id=my app | --application-id=my app: expected 1 to 219 of a to z",
                "--application-id=      | --application-id=: expected 1 to 219",
                "--application-id=..    | --application-id=..: expected 1 to 219",
                "--application-id=größe | --application-id=größe: expected 1 to 219",
                "--input-topic=a/b      | --input-topic=a/b: expected a topic's name, 1 to 249 of",
                "--output-topic=a b     | --output-topic=a b: expected a topic's name",
                "--late-topic=          | --late-topic=: expected a topic's name",
                "--dead-topic=.         | --dead-topic=.: expected a topic's name",
                "--statistics=mode      | --statistics=mode: expected count, sum, min, max, mean, stddev, first, last, median, or p",
                "--statistics=Count     | --statistics=Count: expected count",
                "--statistics=          | --statistics=: expected count",
                "--statistics=min,,max  | --statistics=: expected count",
                "--statistics=p0        | --statistics=p0: expected count",
                "--statistics=p100      | --statistics=p100: expected count",
                "--statistics=p99.9999  | --statistics=p99.9999: expected count",
                "--statistics=min,max,min | --statistics=min: expected each statistic once",
                "audit --statistics=p-1 | --statistics=p-1: expected count",
                "--state-memory=10      | --state-memory=10: expected at least 1 MiB",
                "--wait=200000d         | --wait=200000d: expected 0s to 36500d",
                "--partitions=0         | --partitions=0: expected 1 to 10000",
                "--replication=0        | --replication=0: expected at least 1",
                "--keep-closed=-1      | --keep-closed=-1: expected 0 to 1000000",
                "--http-port=0         | --http-port=0: expected 1 to 65535",
                "--zone=Mars/Phobos     | --zone=Mars/Phobos: expected a time zone such as UTC, Europe/Berlin or +02:00",
                "--fields=             | --fields=: expected the name of a member, or a JSON Pointer",
                "--fields=a,b,a        | --fields=a: expected each name once",
                "--fields=a=           | --fields=: expected the name of a member, or a JSON Pointer such as /device/id",
                "--fields=a=/b~2       | --fields=/b~2: expected the name of a member, or a JSON Pointer",
                "--fields=/a/b         | --fields=/a/b: expected 1 to 100 characters for a name, which is followed by = if a pointer",
                "--fields=time         | --fields=time: expected another name than that of the time in the summary",
                "--fields=a,b=/a/1     | --fields=/a/1: expected a place in the message that is not part of a, or the other way round",
                "--fields=a=/ts        | --fields=/ts: expected a place in the message that is not part of ts",
                "--time-field=         | --time-field=: expected the name of a member, or a JSON Pointer",
                "--time-unit=min       | --time-unit=min: expected s or ms or us or ns",
                "--topology=dsl --time-field=record-timestamp | --time-field=record-timestamp: expected not to be given with --topology=dsl",
                "--topology=dsl --dedup | --dedup=true: expected not to be given with --topology=dsl",
                "--topology=dsl --stream-time=sensor | --stream-time=sensor: expected not to be given with --topology=dsl",
                "--topology=dsl --silent-after=5m | --silent-after=300s: expected not to be given with --topology=dsl",
                "--topology=dsl --rollups=1m,1h | --rollups=1m,1h: expected not to be given with --topology=dsl",
                "--topology=dsl --allowed-lateness=1h | --allowed-lateness=3600s: expected not to be given with --topology=dsl",
                "--stream-time=both | --stream-time=both: expected partition or sensor",
                "--silent-after=5ms | --silent-after=5ms: expected at least 1s, or off",
                "--forget-after=1s | --forget-after=1s: expected 60s to 365000d",
                "--rollups=7m | --rollups=7m: expected a duration that divides a day, such as 1m, 15m or 1h, or 1d, 1w or 1mo",
                "--rollups=15s | --rollups=15s: expected a multiple of --window",
                "--rollups=1m,90s | --rollups=90s: expected a multiple of 1m",
                "--rollups=1w,1mo | --rollups=1mo: expected a multiple of 1w",
                "--rollups=1h --input-topic=agg-temperature-1h | --rollups=1h: expected other topics than agg-temperature-1h",
                "--calendar=Mars --rollups=1d | --calendar=Mars: expected a time zone such as UTC or Europe/Berlin",
                "--rollups=1d --window=1h --calendar=Asia/Kolkata | --calendar=Asia/Kolkata: expected a zone whose offset from UTC"
                        + " is a multiple of --window",
                "--status-topic=dead-temperature | --status-topic=dead-temperature: expected another topic than that of --dead-topic",
                "--window              | --window: expected a value, DURATION",
                "--window=1s --window=0s | --window=0s: expected 1ms to 365000d",
                "audit --idle-close=ten | --idle-close=ten: expected a duration",
                "--no-such-option       | Unknown option: '--no-such-option'",
                "surplus                | Unmatched argument",
                "--config=no-such-file  | no-such-file",
                "reset --to=yesterday   | --to=yesterday: expected earliest, latest, or a time such as 2025-01-01T12:00:00Z",
                "reset --json           | Unknown option: '--json'"
            })
    void shouldRefuseSettingsThatMakeNoSenseInOneLine(String option, String message) {
        Outcome outcome = run(option.split(" (?=--)"));
        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).startsWith("processor: ").contains(message).hasLineCount(1);
    }
}
