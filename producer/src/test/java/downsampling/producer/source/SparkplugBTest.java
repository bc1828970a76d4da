package downsampling.producer.source;

import static downsampling.producer.source.SparkplugBytes.foreign;
import static downsampling.producer.source.SparkplugBytes.metric;
import static downsampling.producer.source.SparkplugBytes.payload;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SparkplugBTest {

    private static final long TS = 1_700_000_000_000L;
    private static final int INT32 = 3;
    private static final int DOUBLE = 10;
    private static final int DOUBLE_VALUE = 13;

    private final Map<String, byte[]> published = new LinkedHashMap<>();
    private final List<String> requests = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private long now = TS;
    private SparkplugB sparkplug = sparkplug();

    @Test
    void shouldReadWhatPysparkplugWrites() {
        assertThat(read("spBv1.0/Plant/NBIRTH/Pi", foreign("python-nbirth")))
                .containsExactly("Plant/Pi/Supply Voltage {\"ts\":1700000000000,\"value\":12.3}");
        assertThat(read("spBv1.0/Plant/DBIRTH/Pi/Oven", foreign("python-dbirth")))
                .containsExactly(
                        "Plant/Pi/Oven/i8 {\"ts\":1700000000000,\"value\":-128}",
                        "Plant/Pi/Oven/i16 {\"ts\":1700000000000,\"value\":-300}",
                        "Plant/Pi/Oven/i32 {\"ts\":1700000000000,\"value\":-70000}",
                        "Plant/Pi/Oven/i64 {\"ts\":1700000000000,\"value\":-9223372036854775808}",
                        "Plant/Pi/Oven/u8 {\"ts\":1700000000000,\"value\":255}",
                        "Plant/Pi/Oven/u16 {\"ts\":1700000000000,\"value\":65535}",
                        "Plant/Pi/Oven/u32 {\"ts\":1700000000000,\"value\":4294967295}",
                        "Plant/Pi/Oven/u64 {\"ts\":1700000000000,\"value\":18446744073709551615}",
                        "Plant/Pi/Oven/f {\"ts\":1700000000000,\"value\":21.1}",
                        "Plant/Pi/Oven/Gehäuse/Temperatur °C {\"ts\":1700000000000,\"value\":-0.1}");
        assertThat(read("spBv1.0/Plant/DDATA/Pi/Oven", foreign("python-ddata")))
                .containsExactly(
                        "Plant/Pi/Oven/i8 {\"ts\":1700000000250,\"value\":-1}",
                        "Plant/Pi/Oven/i64 {\"ts\":1700000000250,\"value\":-2,\"historical\":true}",
                        "Plant/Pi/Oven/u64 {\"ts\":1700000000300,\"value\":9223372036854775808}",
                        "Plant/Pi/Oven/Gehäuse/Temperatur °C {\"ts\":1700000000300,\"value\":1.0E300}");
        assertThat(read("spBv1.0/Plant/NDATA/Pi", foreign("python-ndata")))
                .containsExactly("Plant/Pi/Supply Voltage {\"ts\":1700000000600,\"value\":12.25}");
        assertThat(read("spBv1.0/Plant/NCMD/Pi", foreign("python-ncmd"))).isEmpty();
        assertThat(requests).isEmpty();
        assertThat(read("spBv1.0/Plant/NDEATH/Pi", foreign("python-ndeath"))).isEmpty();
        assertThat(read("spBv1.0/Plant/DDATA/Pi/Oven", foreign("python-ddata")))
                .singleElement()
                .asString()
                .startsWith("spBv1.0/Plant/DDATA/Pi/Oven ");
        assertThat(requests).containsExactly("spBv1.0/Plant/NCMD/Pi");
        assertThat(counts())
                .isEqualTo("births=2, deaths=1, commands and states=1, rebirths requested=1, unnamed=1, no numbers=9");
    }

    @Test
    void shouldReadWhatTahuWrites() {
        assertThat(read("spBv1.0/Plant/NBIRTH/Edge", foreign("tahu-birth")))
                .containsExactly(
                        "Plant/Edge/Temperature {\"ts\":1700000000000,\"value\":-5}",
                        "Plant/Edge/Depth {\"ts\":1700000000000,\"value\":-300}",
                        "Plant/Edge/Height {\"ts\":1700000000000,\"value\":-70000}",
                        "Plant/Edge/Energy {\"ts\":1700000000000,\"value\":-5000000000}",
                        "Plant/Edge/Count {\"ts\":1700000000000,\"value\":4000000000}",
                        "Plant/Edge/Level {\"ts\":1700000000000,\"value\":21.1}",
                        "Plant/Edge/Stale {\"ts\":1700000000000,\"value\":1.5}");
        assertThat(read("spBv1.0/Plant/NDATA/Edge", foreign("tahu-data")))
                .containsExactly(
                        "Plant/Edge/Temperature {\"ts\":1700000001000,\"value\":-128}",
                        "Plant/Edge/Depth {\"ts\":1700000001100,\"value\":32767,\"historical\":true}",
                        "Plant/Edge/Count {\"ts\":1700000001200,\"value\":7}",
                        "Plant/Edge/Level {\"ts\":1700000001500,\"value\":-0.25}");
        assertThat(requests).isEmpty();
        assertThat(counts()).isEqualTo("births=1, no numbers=1");
    }

    @Test
    void shouldRequestABirthWithTheBytesThatPysparkplugWrites() {
        read("spBv1.0/Plant/NDATA/Pi", foreign("python-ndata"));

        assertThat(published.get("spBv1.0/Plant/NCMD/Pi")).isEqualTo(foreign("python-ncmd"));
    }

    /** The type, the field of the value, and the bits in it, as encoders send them. */
    @ParameterizedTest
    @CsvSource({
        "1, 10, 127, 127",
        "1, 10, 128, -128",
        "1, 10, 4294967295, -1",
        "1, 10, -1, -1",
        "1, 11, -128, -128",
        "1, 10, 256, none",
        "1, 10, -129, none",
        "2, 10, 65535, -1",
        "2, 10, 4294901760, none",
        "2, 10, 4294934528, -32768",
        "3, 10, 4294967295, -1",
        "3, 10, 2147483647, 2147483647",
        "3, 11, -2147483648, -2147483648",
        "3, 11, 4294967296, none",
        "4, 11, -9223372036854775808, -9223372036854775808",
        "4, 10, 4294967295, 4294967295",
        "5, 10, 255, 255",
        "5, 10, 256, none",
        "5, 10, -1, none",
        "6, 10, 65535, 65535",
        "7, 10, 4294967295, 4294967295",
        "7, 11, 4294967295, 4294967295",
        "7, 11, -1, none",
        "8, 11, -1, 18446744073709551615",
        "9, 10, 1, none",
        "10, 11, 1, none",
        "11, 14, 1, none",
        "11, 10, 1, none",
        "13, 11, 1700000000000, none",
        "99, 10, 1, none",
    })
    void shouldReadWholeNumbersByTheirType(int type, int field, long bits, String expected) {
        String read = read(
                        "spBv1.0/G/NDATA/N",
                        payload(TS, 0, metric("m").type(type).varint(field, bits)))
                .toString();

        if (expected.matches("-?[0-9]+")) {
            assertThat(read).isEqualTo("[G/N/m {\"ts\":1700000000000,\"value\":" + expected + "}]");
        } else {
            assertThat(read).isEqualTo("[]");
            assertThat(sparkplug.counts().byName()).containsEntry("no numbers", 1L);
        }
    }

    @Test
    void shouldLeaveOutAndCountWhatIsNoNumber() {
        SparkplugBytes nothing = new SparkplugBytes();
        assertThat(read(
                        "spBv1.0/G/NBIRTH/N",
                        payload(
                                TS,
                                0,
                                metric("bdSeq").type(4).varint(11, 1),
                                metric("Node Control/Scan Rate").type(INT32).varint(10, 1000),
                                metric("text").type(12).text(15, "21.5"),
                                metric("bytes").type(17).bytes(16, new byte[] {1}),
                                metric("array").type(31).bytes(16, new byte[8]),
                                metric("table").type(16).message(17, nothing),
                                metric("template").type(19).message(18, nothing),
                                metric("extension").type(0).message(19, nothing),
                                metric("null").type(DOUBLE).varint(7, 1).fixed64(DOUBLE_VALUE, 0),
                                metric("none").type(DOUBLE),
                                metric("infinite").type(9).fixed32(12, Float.floatToIntBits(Float.NEGATIVE_INFINITY)),
                                metric("good").type(DOUBLE).fixed64(DOUBLE_VALUE, Double.doubleToLongBits(-0.5)))))
                .containsExactly("G/N/good {\"ts\":1700000000000,\"value\":-0.5}");
        assertThat(counts()).isEqualTo("births=1, no numbers=9");
        assertThat(notes)
                .singleElement()
                .asString()
                .startsWith("G/N/text is the first of its kind")
                .endsWith(" 12");
    }

    @Test
    void shouldSendACompressedPayloadAsItIs() {
        SparkplugBytes compressed =
                payload(TS, 0, metric("algorithm").type(12).text(15, "GZIP")).text(4, "SPBV1.0_COMPRESSED");
        byte[] raw = compressed.bytes(5, new byte[] {31, -117}).toBytes();

        assertThat(sparkplug.read("spBv1.0/G/NDATA/N", raw, this::publish))
                .singleElement()
                .satisfies(message -> assertThat(message.value()).isSameAs(raw));
        assertThat(counts()).isEqualTo("unreadable=1");
    }

    @Test
    void shouldSendAReadingWithoutATimeWhenThereIsNone() {
        assertThat(read(
                        "spBv1.0/G/NDATA/N",
                        payload(-1, 0, metric("m").type(INT32).varint(10, 5))))
                .containsExactly("G/N/m {\"value\":5}");
    }

    @Test
    void shouldNeedNoBirthWhereNamesAndTypesAreInTheDataButRequestIt() {
        assertThat(read(
                        "spBv1.0/G/NDATA/N",
                        payload(TS, 7, metric("m").alias(1).type(INT32).varint(10, 5))))
                .containsExactly("G/N/m {\"ts\":1700000000000,\"value\":5}");
        assertThat(requests).containsExactly("spBv1.0/G/NCMD/N");
    }

    @Test
    void shouldRequestTheBirthOfAnEdgeNodeWhoseDeviceIsKnown() {
        assertThat(birth("N/D", 1, metric("m").alias(1).type(INT32).varint(10, 5)))
                .containsExactly("G/N/D/m {\"ts\":1700000000000,\"value\":5}");
        assertThat(requests).containsExactly("spBv1.0/G/NCMD/N");
    }

    @Test
    void shouldSendAMessageAsItIsWhileOneOfItsMetricsHasNoNameOrType() {
        birth("N", 0, metric("m").alias(1).type(INT32).varint(10, 0));
        byte[] unknown =
                payload(TS, 1, metric(1).varint(10, 5), metric(2).varint(10, 5)).toBytes();
        byte[] untyped = payload(TS, 2, metric("x").varint(10, 5)).toBytes();
        byte[] nameless =
                payload(TS, 3, new SparkplugBytes().type(INT32).varint(10, 5)).toBytes();

        for (byte[] raw : List.of(unknown, untyped, nameless)) {
            assertThat(sparkplug.read("spBv1.0/G/NDATA/N", raw, this::publish))
                    .singleElement()
                    .satisfies(message -> {
                        assertThat(message.sensor()).isEqualTo("spBv1.0/G/NDATA/N");
                        assertThat(message.value()).isSameAs(raw);
                    });
        }
        assertThat(sparkplug.counts().byName()).containsEntry("unnamed", 3L);
        assertThat(requests).containsExactly("spBv1.0/G/NCMD/N");
        assertThat(notes)
                .singleElement()
                .asString()
                .contains("spBv1.0/G/NDATA/N", "no birth says what all its metrics are");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sensors/1",
                "spBv1.0",
                "spBv1.0/G/NDATA",
                "spBv1.0/G/NDATA/N/D",
                "spBv1.0/G/DDATA/N",
                "spBv1.0/G/DDATA/N/D/E",
                "spBv1.0/G/XDATA/N",
                "spBv1.0/G/NDATA/",
                "spAv1.0/G/NDATA/N",
                "spBv1.0/STATE/host/x"
            })
    void shouldSendAsItIsWhatIsNoTopicOfSparkplug(String topic) {
        byte[] raw = payload(TS, 0, metric("m").type(INT32).varint(10, 5)).toBytes();

        assertThat(sparkplug.read(topic, raw, this::publish)).singleElement().satisfies(message -> {
            assertThat(message.sensor()).isEqualTo(topic);
            assertThat(message.value()).isSameAs(raw);
        });
        assertThat(counts()).isEqualTo("unreadable=1");
        assertThat(notes).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "21.5", "{\"ts\":1700000000000,\"value\":5}", "ON", "\0", "\n\177"})
    void shouldSendAsItIsWhatIsNoPayload(String text) {
        for (String type : List.of("NBIRTH", "NDATA", "NDEATH")) {
            assertThat(read("spBv1.0/G/" + type + "/N", text.getBytes(UTF_8)))
                    .containsExactly("spBv1.0/G/" + type + "/N " + text);
        }
        assertThat(counts()).isEqualTo("unreadable=3");
    }

    @Test
    void shouldSendAsItIsWhatHasANameThatIsNotUtf8() {
        SparkplugBytes metric =
                new SparkplugBytes().bytes(1, new byte[] {(byte) 0xFF}).type(INT32);
        read("spBv1.0/G/NDATA/N", payload(TS, 0, metric.varint(10, 5)));

        assertThat(counts()).isEqualTo("unreadable=1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"STATE/host", "spBv1.0/STATE/host", "spBv1.0/G/NCMD/N", "spBv1.0/G/DCMD/N/D"})
    void shouldPassOverCommandsAndStates(String topic) {
        assertThat(read(topic, "ONLINE".getBytes(UTF_8))).isEmpty();
        assertThat(counts()).isEqualTo("commands and states=1");
    }

    @Test
    void shouldForgetDevicesWhenTheyOrTheirEdgeNodeDieOrTheNodeIsBornAnew() {
        for (String end : List.of("DDEATH/N/D", "NDEATH/N", "NBIRTH/N")) {
            birth("N", 0, metric("bdSeq").type(4).varint(11, 1));
            birth("N/D", 1, metric("m").alias(1).type(INT32));
            assertThat(read("spBv1.0/G/DDATA/N/D", payload(TS, 2, metric(1).varint(10, 5))))
                    .containsExactly("G/N/D/m {\"ts\":1700000000000,\"value\":5}");

            read("spBv1.0/G/" + end, payload(TS, 3, metric("bdSeq").type(4).varint(11, 1)));

            assertThat(read("spBv1.0/G/DDATA/N/D", payload(TS, 4, metric(1).varint(10, 5))))
                    .as(end)
                    .singleElement()
                    .asString()
                    .startsWith("spBv1.0/G/DDATA/N/D ");
        }
    }

    @Test
    void shouldForgetNothingOnALateDeath() {
        birth(
                "N",
                0,
                metric("bdSeq").type(4).varint(11, 8),
                metric("m").alias(1).type(INT32));

        read("spBv1.0/G/NDEATH/N", payload(TS, -1, metric("bdSeq").type(4).varint(11, 7)));

        assertThat(read("spBv1.0/G/NDATA/N", payload(TS, 1, metric(1).varint(10, 5))))
                .containsExactly("G/N/m {\"ts\":1700000000000,\"value\":5}");
        assertThat(requests).isEmpty();
        assertThat(sparkplug.counts().byName()).containsEntry("late deaths", 1L).containsEntry("deaths", 0L);
    }

    @Test
    void shouldRequestTheBirthsOfEachNodeOncePerPause() {
        for (; now < TS + 3 * SparkplugB.PAUSE_MS; now += 500) {
            read("spBv1.0/G/NDATA/A", payload(now, -1, metric(1).varint(10, 5)));
        }
        assertThat(requests).containsExactly("spBv1.0/G/NCMD/A", "spBv1.0/G/NCMD/A", "spBv1.0/G/NCMD/A");

        read("spBv1.0/G/NDATA/B", payload(now, -1, metric(1).varint(10, 5)));
        assertThat(requests).hasSize(4).last().isEqualTo("spBv1.0/G/NCMD/B");

        now -= 3_600_000; // The clock is set back.
        read("spBv1.0/G/NDATA/A", payload(now, -1, metric(1).varint(10, 5)));
        assertThat(requests).hasSize(5);
    }

    @Test
    void shouldRequestABirthAfterAGap() {
        birth("N", 254, metric("m").alias(1).type(INT32).varint(10, 0));
        for (int seq : new int[] {255, 0, 1}) {
            data(seq);
        }
        assertThat(requests).isEmpty();

        data(3);

        assertThat(requests).containsExactly("spBv1.0/G/NCMD/N");
        assertThat(counts()).isEqualTo("births=1, rebirths requested=1, out of sequence=1");
        assertThat(notes).singleElement().asString().startsWith("G/N is the first of its kind");

        now += SparkplugB.PAUSE_MS;
        birth("N", 0, metric("m").alias(1).type(INT32));
        data(1);
        assertThat(requests).hasSize(1);
    }

    @Test
    void shouldRequestOneBirthAtMostForMessagesThatComeAgain() {
        birth("N", 0, metric("m").alias(1).type(INT32));
        for (int again = 0; again < 5; again++) {
            for (int seq = 1; seq < 200; seq++) {
                now++;
                data(seq);
            }
        }
        assertThat(requests).hasSize(1);
        assertThat(sparkplug.counts().byName())
                .containsEntry("out of sequence", 4L)
                .containsEntry("unnamed", 0L);
    }

    /** Random edge nodes with devices, whose metrics have aliases or not, against what was meant. */
    @Test
    void shouldReadWhatRandomEdgeNodesSay() {
        SplittableRandom random = new SplittableRandom(2);
        for (int run = 0; run < 200; run++) {
            sparkplug = sparkplug();
            for (int node = 0; node < 3; node++) {
                int seq = random.nextInt(256);
                boolean aliases = random.nextBoolean();
                Map<String, List<RandomMetric>> devices = new TreeMap<>();
                long alias = random.nextLong();
                for (String device : List.of("", "/Press", "/Oven 2").subList(0, random.nextInt(1, 4))) {
                    List<RandomMetric> metrics = new ArrayList<>();
                    for (int i = random.nextInt(1, 20); i > 0; i--) {
                        metrics.add(new RandomMetric("m/" + i + "ö", aliases ? alias++ : -1, random.nextInt(1, 13)));
                    }
                    devices.put(device, metrics);
                    seq = check(random, "BIRTH", node, device, metrics, seq, true, aliases);
                }
                for (int message = random.nextInt(300); message > 0; message--) {
                    String device = List.copyOf(devices.keySet()).get(random.nextInt(devices.size()));
                    List<RandomMetric> some = devices.get(device).stream()
                            .filter(metric -> random.nextInt(3) == 0)
                            .toList();
                    seq = check(random, "DATA", node, device, some, seq, random.nextBoolean(), aliases);
                }
            }
            assertThat(requests).isEmpty();
        }
    }

    private record RandomMetric(String name, long alias, int type) {}

    private int check(
            SplittableRandom random,
            String type,
            int node,
            String device,
            List<RandomMetric> metrics,
            int seq,
            boolean typed,
            boolean aliases) {
        now += random.nextInt(1000);
        List<String> expected = new ArrayList<>();
        List<SparkplugBytes> written = new ArrayList<>();
        for (RandomMetric metric : metrics) {
            SparkplugBytes bytes = type.equals("BIRTH") || !aliases ? metric(metric.name()) : new SparkplugBytes();
            if (aliases) {
                bytes.alias(metric.alias());
            }
            if (typed) {
                bytes.type(metric.type());
            }
            long time = random.nextBoolean() ? now : now - random.nextInt(10_000);
            if (time != now) {
                bytes.timestamp(time);
            }
            boolean historical = random.nextInt(5) == 0;
            if (historical) {
                bytes.varint(5, 1);
            }
            String number = randomValue(random, metric.type(), bytes);
            written.add(bytes);
            if (!number.isEmpty()) {
                expected.add("G/N" + node + device + "/" + metric.name() + " {\"ts\":" + time + ",\"value\":" + number
                        + (historical ? ",\"historical\":true}" : "}"));
            }
        }
        String topic = "spBv1.0/G/" + (device.isEmpty() ? "N" : "D") + type + "/N" + node + device;

        assertThat(read(topic, payload(now, seq, written.toArray(SparkplugBytes[]::new))))
                .isEqualTo(expected);
        return seq + 1 & 0xFF;
    }

    /** Gives a metric a value of that type, and returns it as JSON; empty if it is no number. */
    private static String randomValue(SplittableRandom random, int type, SparkplugBytes metric) {
        if (random.nextInt(10) == 0) {
            metric.varint(7, 1);
            return "";
        }
        long bits = random.nextLong();
        boolean wide = random.nextBoolean();
        return switch (type) {
            case 1 -> {
                metric.varint(10, wide ? (byte) bits : bits & 0xFF);
                yield Byte.toString((byte) bits);
            }
            case 2 -> {
                metric.varint(10, wide ? (short) bits & 0xFFFFFFFFL : bits & 0xFFFF);
                yield Short.toString((short) bits);
            }
            case 3 -> {
                metric.varint(wide ? 11 : 10, wide ? (int) bits : bits & 0xFFFFFFFFL);
                yield Integer.toString((int) bits);
            }
            case 4 -> {
                metric.varint(11, bits);
                yield Long.toString(bits);
            }
            case 5, 6, 7 -> {
                long value = bits >>> 64 - (8 << type - 5);
                metric.varint(wide ? 11 : 10, value);
                yield Long.toString(value);
            }
            case 8 -> {
                metric.varint(11, bits);
                yield Long.toUnsignedString(bits);
            }
            case 9 -> {
                float number = Float.intBitsToFloat((int) bits);
                metric.fixed32(12, (int) bits);
                yield Float.isFinite(number) ? Float.toString(number) : "";
            }
            case 10 -> {
                double number = Double.longBitsToDouble(bits);
                metric.fixed64(DOUBLE_VALUE, bits);
                yield Double.isFinite(number) ? Double.toString(number) : "";
            }
            case 11 -> {
                metric.varint(14, bits & 1);
                yield "";
            }
            default -> {
                metric.text(15, Long.toString(bits));
                yield "";
            }
        };
    }

    /** Whatever the bytes are, they are readings, or sent as they are, or counted. */
    @Test
    void shouldLoseNothingOfMangledPayloadsWithoutCountingIt() throws InvalidProtocolBufferException {
        SplittableRandom random = new SplittableRandom(3);
        List<byte[]> sound = List.of(
                foreign("python-nbirth"),
                foreign("python-dbirth"),
                foreign("python-ddata"),
                foreign("tahu-birth"),
                foreign("tahu-data"));
        int asTheyAre = 0;
        for (int i = 0; i < 50_000; i++) {
            byte[] payload = sound.get(random.nextInt(sound.size())).clone();
            for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
                payload[random.nextInt(payload.length)] = (byte) random.nextInt();
            }
            if (random.nextInt(4) == 0) {
                payload = Arrays.copyOf(payload, random.nextInt(payload.length));
            }
            long before = total();

            List<Message> messages = sparkplug.read(
                    "spBv1.0/G/" + (random.nextBoolean() ? "NBIRTH" : "NDATA") + "/N", payload, this::publish);

            if (messages.size() == 1 && messages.get(0).value() == payload) {
                asTheyAre++;
            } else if (messages.isEmpty()) {
                assertThat(total() > before
                                || SparkplugPayload.parse(payload).metrics().stream()
                                        .allMatch(metric -> metric.name().matches("bdSeq|Node Control/.*")))
                        .isTrue();
            }
        }
        assertThat(asTheyAre).isBetween(12_000, 48_000);
        assertThat(total()).isGreaterThan(asTheyAre);
    }

    private long total() {
        return sparkplug.counts().byName().values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    private void data(int seq) {
        read("spBv1.0/G/NDATA/N", payload(now, seq, metric(1).varint(10, seq)));
    }

    private List<String> birth(String node, int seq, SparkplugBytes... metrics) {
        return read("spBv1.0/G/" + (node.contains("/") ? "D" : "N") + "BIRTH/" + node, payload(TS, seq, metrics));
    }

    private List<String> read(String topic, SparkplugBytes payload) {
        return read(topic, payload.toBytes());
    }

    private List<String> read(String topic, byte[] payload) {
        return sparkplug.read(topic, payload, this::publish).stream()
                .map(message -> message.sensor() + " " + message.text())
                .toList();
    }

    private SparkplugB sparkplug() {
        Clock clock = new Clock() {
            @Override
            public Instant instant() {
                return Instant.ofEpochMilli(now);
            }

            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }
        };
        return new SparkplugB(clock, notes::add);
    }

    private void publish(String topic, byte[] payload) {
        requests.add(topic);
        published.put(topic, payload);
    }

    /** What was counted at all. */
    private String counts() {
        return sparkplug.counts().byName().entrySet().stream()
                .filter(count -> count.getValue() > 0)
                .map(Map.Entry::toString)
                .collect(Collectors.joining(", "));
    }
}
