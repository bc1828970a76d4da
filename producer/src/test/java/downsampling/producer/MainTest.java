package downsampling.producer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line as far as it comes without a broker. */
class MainTest {

    private static final String NO_BROKER = "localhost:1";

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    /** Messages for the caller, and the log. */
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void shouldShowHelpAndVersion() {
        assertThat(run(Map.of(), "--help")).isZero();
        assertThat(out.toString())
                .containsSubsequence(
                        "Which readings to send, and how fast:",
                        "--source",
                        "Readings that are made up (--source=synthetic):",
                        "(default: 10000)",
                        "--out-of-order",
                        "Readings from a file (--source=csv):",
                        "--sensor-column",
                        "Readings from an MQTT broker (--source=mqtt):",
                        "--mqtt-url",
                        "The topic they go to:",
                        "--topic",
                        "The broker:",
                        "--bootstrap-servers",
                        "What can be seen while it sends:",
                        "--http-port",
                        "Log and errors:",
                        "--log-format");
        assertThat(run(Map.of("VERSION", "1", "HELP", "1"), "--version")).isZero();
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "--count -1 --rate max --rate 5 -> --count=-1: expected a number from 1, or 0 for no end",
                "--count 3 --rate 5 --count -1 -> --count=-1: expected a number from 1, or 0 for no end",
                "--source csv --file pom.xml --sensor-column 0 --file pom.xml -> --sensor-column=0: expected a column's number from 1, or its name in the header",
                "--sensors 0 -> --sensors=0: expected a number from 1 to 1000000",
                "--fields ts -> --fields=ts: expected another name than that of the event time",
                "--fields a,b,a -> --fields=a: expected each name once",
                "--fields temperature=value -> --fields=temperature=value: expected a name of 1 to 100 characters, none of which is ',', '=' or a control character",
                "--fields a, -> --fields=: expected a name of 1 to 100 characters, none of which is ',', '=' or a control character",
                "--fields f0,f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f11,f12,f13,f14,f15,f16,f17,f18,f19,f20,f21,f22,f23,f24,f25,f26,f27,f28,f29,f30,f31,f32,f33,f34,f35,f36,f37,f38,f39,f40,f41,f42,f43,f44,f45,f46,f47,f48,f49,f50,f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61,f62,f63,f64 -> --fields=65 of them: expected 64 at the most",
                "--source csv --fields a -> --fields=a: expected this option only with --source=synthetic",
                "--source csv --file pom.xml --sensor-column 1 --time-column 2  -> --value-column: expected a column's number from 1, or its name in the header; or NAME=COLUMN, several with commas between them",
                "--source csv --file pom.xml --sensor-column 1 --time-column 2 --value-column 0 -> --value-column=0: expected a column's number from 1, or its name in the header; or NAME=COLUMN, several with commas between them",
                "--source csv --file pom.xml --sensor-column 1 --time-column 2 --value-column a=5,6 -> --value-column=a=5,6: expected a column's number from 1, or its name in the header; or NAME=COLUMN, several with commas between them",
                "--source csv --file pom.xml --sensor-column 1 --time-column 2 --value-column a=5,b=0 -> --value-column=a=5,b=0: expected a column's number from 1, or its name in the header; or NAME=COLUMN, several with commas between them",
                "--source csv --file pom.xml --sensor-column 1 --time-column 2 --value-column a=5,a=6 -> --value-column=a: expected each name once",
                "--source csv --file pom.xml --sensor-column 1 --time-column 2 --value-column =5 -> --value-column=: expected a name of 1 to 100 characters, none of which is ',', '=' or a control character",
                "--source csv --file pom.xml --sensor-column 1 --time-column 2 --value-column ts=5 -> --value-column=ts: expected another name than that of the event time",
                "--count -1 -> --count=-1: expected a number from 1, or 0 for no end",
                "--count many -> --count=many: expected a whole number, 9223372036854775807 at the most",
                "--rate 0 -> --rate=0: expected a number above 0, or max",
                "--rate NaN -> --rate=NaN: expected a number above 0, or max",
                "--rate fast -> --rate=fast: expected a number above 0, or max",
                "--late 1.5 -> --late=1.5: expected a share from 0 to 1",
                "--corrupt NaN -> --corrupt=NaN: expected a share from 0 to 1",
                "--late 0.6 --future 0.5 -> --out-of-order + --late + --future + --corrupt=1.1: expected shares that add up to 1 at most",
                "--start-time now -> --start-time=now: expected a time such as 2025-01-01T12:00:00Z",
                "--start-time 2099-01-01T00:00:00Z -> --start-time=2099-01-01T00:00:00Z: expected a time in the years 1970 to 2098",
                "--partitions 0 -> --partitions=0: expected a number from 1",
                "--replication 0 -> --replication=0: expected a number from 1",
                "--retention 0s -> --retention=0s: expected a duration from 1ms",
                "--retention 999999999999d -> --retention=999999999999d: expected a duration such as 250ms, 10s, 5m, 1h or 7d",
                "--wait 36501d -> --wait=36501d: expected a duration up to 36500d",
                "--http-port 0 --http-host= -> --http-host=: expected a name or an address",
                "--wait 5 -> --wait=5: expected a duration such as 250ms, 10s, 5m, 1h or 7d",
                "--topic a/b -> --topic=a/b: expected a topic's name, 1 to 249 of a to z, A to Z, 0 to 9, '.', '_' and '-'",
                "--topic .. -> --topic=..: expected a topic's name, 1 to 249 of a to z, A to Z, 0 to 9, '.', '_' and '-'",
                "--bootstrap-servers broker -> --bootstrap-servers=broker: expected HOST:PORT, several with commas between them",
                "--config nowhere.properties -> --config=nowhere.properties: expected a properties file that can be read",
                "--source xml -> --source=xml: expected synthetic or csv or mqtt",
                "--source csv -> --file: expected a file that can be read, for --source=csv",
                "--source csv --sensor-column 1 --time-column 2 --value-column 3 --file nowhere.csv -> --file=nowhere.csv: expected a file that can be read",
                "--source csv --sensor-column 1 --time-column 2 --value-column 3 --file . -> --file=.: expected a file that can be read",
                "--source csv --file pom.xml -> --sensor-column: expected a column's number from 1, or its name in the header",
                "--source csv --file pom.xml --sensor-column 0 -> --sensor-column=0: expected a column's number from 1, or its name in the header",
                "--source csv --file pom.xml --charset latin -> --charset=latin: expected a charset such as UTF-8, ISO-8859-1 or windows-1252",
                "--speed 0 -> --speed=0: expected a number above 0, or max",
                "--source csv --count 5 -> --count=5: expected this option only with --source=synthetic",
                "--file pom.xml -> --file=pom.xml: expected this option only with --source=csv",
                "--rebase -> --rebase=true: expected this option only with --source=csv",
                "--rate max --source csv --file pom.xml -> --rate=max: expected this option only with --source=synthetic",
                "--source mqtt --mqtt-topics a -> --mqtt-url: expected a URL such as mqtt://host, mqtts://host:8883 or wss://host/mqtt",
                "--source mqtt --mqtt-url http://h --mqtt-topics a -> --mqtt-url=http://h: expected a URL such as mqtt://host, mqtts://host:8883 or wss://host/mqtt",
                "--source mqtt --mqtt-url h:1883 --mqtt-topics a -> --mqtt-url=h:1883: expected a URL such as mqtt://host, mqtts://host:8883 or wss://host/mqtt",
                "--source mqtt --mqtt-url mqtt://h:70000 --mqtt-topics a -> --mqtt-url=mqtt://h:70000: expected a URL such as mqtt://host, mqtts://host:8883 or wss://host/mqtt",
                "--source mqtt --mqtt-url mqtt://h/path --mqtt-topics a -> --mqtt-url=mqtt://h/path: expected a URL such as mqtt://host, mqtts://host:8883 or wss://host/mqtt",
                "--source mqtt --mqtt-url mqtt://me:secret@h --mqtt-topics a -> --mqtt-url: expected a URL without a user: there are --mqtt-user and --mqtt-password-file",
                "--source mqtt --mqtt-url mqtt://h -> --mqtt-topics: expected a topic filter such as sensors/#",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a/#/b -> --mqtt-topics=a/#/b: expected a topic filter such as sensors/#, sensors/+/temperature or $share/group/sensors/#",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a/b,a/+ -> --mqtt-topics=a/b: expected no filter that a/+ includes: many MQTT brokers send a message for each",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a --qos 3 -> --qos=3: expected 0, 1 or 2",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a --mqtt-version 4 -> --mqtt-version=4: expected 5 or 3.1.1",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a --mqtt-in-flight 0 -> --mqtt-in-flight=0: expected a number from 1 to 65535",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a --mqtt-client-id= -> --mqtt-client-id=: expected a name by which the broker knows this instance again",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a --key topic:0 -> --key=topic:0: expected topic, topic:N with N from 1 to 999, or a JSON Pointer such as /device/id",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics spBv1.0/# --payload sparkplug --key topic -> --key=topic: expected this option only with --payload=plain",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a,$share/g/spBv1.0/# --payload sparkplug -> --mqtt-topics=$share/g/spBv1.0/#: expected filters without $share/ where there is --payload=sparkplug",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a --payload json -> --payload=json: expected plain or sparkplug",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a --retained maybe -> --retained=maybe: expected skip or send",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a --mqtt-password secret -> --mqtt-password: expected the password in PRODUCER_MQTT_PASSWORD or in --mqtt-password-file, since others can see it here",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a --mqtt-password-file pom.xml -> --mqtt-user: expected a name where there is a password",
                "--source mqtt --mqtt-url mqtts://h --mqtt-topics a --mqtt-cert-file pom.xml -> --mqtt-key-file: expected a file: a certificate and its key come together",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a --mqtt-ca-file pom.xml -> --mqtt-url=h:1883: expected mqtts:// or wss:// where certificates are given",
                "--source mqtt --mqtt-url mqtt://h --mqtt-topics a --speed 2 -> --speed=2: expected this option only with --source=synthetic or csv",
                "--qos 1 -> --qos=1: expected this option only with --source=mqtt",
                "--http-port 70000 -> --http-port=70000: expected a number from 0 to 65535",
                "--colour red -> Unknown options: '--colour', 'red'",
            })
    void shouldRefuseWhatMakesNoSenseInOneLine(String arguments, String line) {
        assertThat(run(Map.of(), arguments.split(" "))).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("producer: " + line + System.lineSeparator());
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void shouldTakeDefaultsFromTheEnvironmentAndOptionsOverThem() {
        assertThat(run(Map.of("PRODUCER_SENSORS", "0", "PRODUCER_START_TIME", "")))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--sensors=0: ");
        assertThat(run(Map.of("PRODUCER_SENSORS", "0"), "--sensors", "-1")).isEqualTo(2);
        assertThat(err.toString()).contains("--sensors=-1: ");
    }

    @Test
    void shouldRefuseKafkaSettingsThatMakeNoSense() throws IOException {
        assertThat(run(Map.of("KAFKA_DELIVERY_TIMEOUT_MS", "some"))).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("producer: Invalid value some for configuration delivery.timeout.ms:")
                .hasLineCount(1);
        Path file = Files.writeString(folder.resolve("client.properties"), "linger.ms=soon\n");
        assertThat(run(Map.of(), "--config", file.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("Invalid value soon for configuration linger.ms");
    }

    /** No fault of ours is known, so this one is made: an environment as no system has it. */
    @Test
    void shouldFailWithATraceInTheLogWhereTheFaultIsOurOwn() {
        Map<String, String> environment = new HashMap<>();
        environment.put("KAFKA_RETRIES", null);

        assertThat(run(environment)).isEqualTo(1);

        assertThat(err.toString())
                .contains(
                        " ERROR Program - An unexpected error",
                        "java.lang.NullPointerException: ",
                        "\tat downsampling.");
        assertThat(err.toString().lines()).last().asString().startsWith("producer: ");
    }

    @Test
    void shouldFailInOneLineAfterWaitingForABrokerThatIsNotThere() {
        assertThat(run(Map.of(), "--bootstrap-servers", NO_BROKER, "--wait", "8s"))
                .isEqualTo(1);
        assertThat(err.toString().lines())
                .hasSize(2)
                .first()
                .asString()
                .matches(
                        "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z WARN  BrokerConnection - No answer from broker localhost:1 yet, waiting up to 8s");
        assertThat(err.toString().lines().skip(1))
                .singleElement()
                .asString()
                .isEqualTo("producer: no answer from broker localhost:1 within 8s");
    }

    @Test
    void shouldWaitForAHostNameThatNobodyKnowsYet() {
        assertThat(run(Map.of(), "--bootstrap-servers", "broker.invalid:9092", "--wait", "1s"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("waiting up to 1s", "No resolvable bootstrap urls");
    }

    private int run(Map<String, String> environment, String... arguments) {
        out.getBuffer().setLength(0);
        err.reset();
        PrintStream before = System.err;
        System.setErr(new PrintStream(err, true));
        try {
            return new Main(environment).run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        } finally {
            System.setErr(before);
        }
    }
}
