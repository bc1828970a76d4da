package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.settings.ParsedSettings;
import downsampling.processor.settings.ReadingSettings;
import downsampling.service.InvalidSettingException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The fast path held against the careful one, on random settings and messages, of which many are mangled. */
class PlainReaderTest {
    private static final long NOW = Instant.parse("2025-01-01T12:00:00Z").toEpochMilli();

    private static final String[] NAMES = {
        "ts",
        "value",
        "t",
        "temp",
        "temperature_of_the_room",
        "a",
        "aa",
        "aaaaaaa",
        "aaaaaaaa",
        "0",
        "1",
        "2",
        "°C",
        "a\"b",
        "a\\b",
        "",
        "x y",
        "日本"
    };
    private static final String[] ZONES = {"UTC", "Z", "Europe/Berlin", "America/St_Johns", "+14:00"};
    private static final String[] TIMES = {
        "\"2025-01-01T12:00:00.123456Z\"",
        "\"2025-01-01T12:00:00Z\"",
        "\"1970-01-01T00:00:00\"",
        "\"2024-10-27T02:30:00\"",
        "\"2024-07-01 02:30:00.5\"",
        "\"2024-02-29T23:59:59.9Z\"",
        "\"2025-01-01T12:00:00+01:00\"",
        "\"2025-01-01T12:00:00,5-03:30\"",
        "\"2025-02-30T12:00:00Z\"",
        "\"2025-01-01T12:00:60Z\"",
        "\"1969-12-31T23:59:59Z\"",
        "\"2025-01-01T13:00:00Z\"",
        "\"2025-01-01T12:00:00\\u005A\"",
        "\"1970-01-21T02:08:52.8Z\"",
        "\"noon\"",
        "\"\"",
        "null",
        "1735732800",
        "1735732800.25",
        "1735732800000",
        "1735732800000.75",
        "1735732800000000",
        "1735732800000000000",
        "1735732799999999999.5",
        "17357328e2",
        "631151999",
        "0",
        "-1",
        "true",
        "{}"
    };
    private static final String[] IDS = {
        "\"a1\"",
        "\"°C\"",
        "7",
        "-12345678901234567890",
        "\"\"",
        "\"a\\tb\"",
        "\"a\\u0041\"",
        "\"\\ud83c\"",
        "1.5",
        "null",
        "true",
        "{}"
    };
    private static final String[] NUMBERS = {
        "42",
        "-0.5",
        "0",
        "-0",
        "-0.0",
        "0.0",
        "00",
        "01",
        "1.",
        ".5",
        "-",
        "1e3",
        "1.5E-3",
        "+1",
        "--1",
        "1.2.3",
        "999999999999999999",
        "1000000000000000000",
        "9007199254740993",
        "0.9007199254740993",
        "0.000000000000000001",
        "123456.789012345",
        "3.14x",
        "0.1",
        "0.3",
        "-273.15",
        "null",
        "true",
        "\"7\"",
        "[1]",
        "{}",
        "nul",
        "1e400",
        "NaN"
    };
    private static final String[] OTHERS = {
        "1",
        "-12.25",
        "null",
        "true",
        "false",
        "\"\"",
        "\"°C\"",
        "\"日本 – ß\"",
        "\"\uD83C\uDF21\"",
        "\"a\\n\"",
        "\"a\\\"\"",
        "[]",
        "{}",
        "[1,[2,{\"ts\":3}],\"x\"]",
        "{\"value\":1,\"a\":{\"ts\":[]}}",
        " [ 1 , 2 ] ",
        "{ \"a\" : 1 }",
        "tru",
        "[1,]",
        "{\"a\"}",
        "1e5",
        "[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]"
    };

    private final Random random = new Random(7);

    @Test
    void shouldReadTheSameAsTheCarefulOneOrNothing() {
        int messages = 0;
        int quick = 0;
        int readings = 0;
        while (messages < 300_000) {
            ReadingSettings settings = settings();
            ReadingReader reader = new ReadingReader(settings);
            PlainReader plain = new PlainReader(settings, Place.message(settings));
            Reading reading = new Reading(settings.fields().size());
            Node message = tree(settings);
            for (int i = 0; i < 300; i++, messages++) {
                byte[] json = mangled(message.json().getBytes(UTF_8));
                long timestamp = random.nextInt(10) == 0 ? -1 : NOW - random.nextInt(1000);
                String carefully = outcome(reading, () -> reader.readCarefully(json, timestamp, NOW, reading));
                assertThat(outcome(reading, () -> reader.read(json, timestamp, NOW, reading)))
                        .as("%s read by %s", new String(json, UTF_8), settings)
                        .isEqualTo(carefully);
                reading.clear();
                quick += plain.read(json, reading) ? 1 : 0;
                readings += Character.isDigit(carefully.charAt(0)) ? 1 : 0;
            }
        }
        assertThat(readings).as("readings").isBetween(messages / 10, messages / 2);
        assertThat(quick).as("messages read the quick way").isBetween(readings / 4, readings);
    }

    /** Each of these is common. */
    @Test
    void shouldReadWhatIsPlain() {
        assertQuick("{\"ts\":\"2025-01-01T12:00:00.123456Z\",\"value\":42}");
        assertQuick("{\"value\": 42.5, \"ts\": \"2025-01-01 12:00:00+01:00\"}\n");
        assertQuick("{\n\t\"id\": 7,\r\n\t\"unit\": \"°C\", \"ok\": true, \"ts\": 1735732800000, \"value\": -1}");
        assertQuick("\"{\\\"ts\\\": \\\"2025-01-01T12:00:00.5\\\", \\\"value\\\": 7}\"");
        assertQuick(
                "{\"device\":{\"id\":\"a1\",\"tags\":[1,{}]},\"timestamp\":1735732800,\"temp\":21.5,\"hum\":null}",
                "--fields=temp,hum",
                "--time-field=timestamp",
                "--time-unit=s");
        assertQuick(
                "{\"d\":[{\"t\":1},{\"t\":2.25}],\"meta\":{\"at\":\"2025-01-01T12:00:00\"}}",
                "--fields=a=/d/0/t,b=/d/1/t",
                "--time-field=/meta/at",
                "--zone=Europe/Berlin");
        assertQuick("{\"value\":1}", "--time-field=record-timestamp");
    }

    private static void assertQuick(String json, String... options) {
        ReadingSettings settings = ParsedSettings.of(options).readings();
        PlainReader plain = new PlainReader(settings, Place.message(settings));
        Reading reading = new Reading(settings.fields().size());
        assertThat(plain.read(json.getBytes(UTF_8), reading)).as(json).isTrue();
        assertThat(reading.hasValue()).as(json).isTrue();
    }

    private ReadingSettings settings() {
        while (true) {
            int count = random.nextInt(20) == 0 ? 64 : 1 + random.nextInt(random.nextInt(6) + 1);
            List<String> fields = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                fields.add("f" + i + "=" + (count == 64 ? "m" + i : path()));
            }
            String time = random.nextInt(10) == 0 ? "record-timestamp" : path();
            try {
                List<String> options = new ArrayList<>(List.of(
                        "--fields=" + String.join(",", fields),
                        "--time-field=" + time,
                        "--time-unit=" + one("s", "ms", "ms", "us", "ns"),
                        "--zone=" + one(ZONES)));
                if (random.nextInt(4) == 0) {
                    options.add("--sensor-field=" + path());
                }
                return ParsedSettings.of(options.toArray(String[]::new)).readings();
            } catch (InvalidSettingException e) {
                // Two that are in each other's way.
            }
        }
    }

    private String path() {
        String name = one(NAMES);
        if (random.nextBoolean() && !name.isEmpty()) {
            return name;
        }
        StringBuilder path = new StringBuilder();
        for (int steps = 1 + random.nextInt(3); steps > 0; steps--) {
            path.append('/').append(one(NAMES));
        }
        return path.toString();
    }

    /** What a message may have: members by name, or what stands at the end of a path. */
    private final class Node {
        private final Map<String, Node> members = new TreeMap<>();
        private String[] values = {};

        String json() {
            if (values.length > 0) {
                return values == NUMBERS && random.nextInt(3) > 0
                        ? number()
                        : values[random.nextInt(1 + random.nextInt(values.length))];
            }
            int form = random.nextInt(20);
            if (form == 0) {
                return one(OTHERS);
            }
            return form < 10 && members.keySet().stream().allMatch(name -> name.matches("[0-2]")) ? array() : object();
        }

        private String array() {
            List<String> elements = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Node member = members.get(String.valueOf(i));
                elements.add(member == null ? one(OTHERS[0], OTHERS[1], OTHERS[2]) : member.json());
            }
            return "[" + String.join(comma(), elements) + "]";
        }

        private String object() {
            List<String> all = new ArrayList<>();
            members.forEach((name, member) -> {
                for (int times = random.nextInt(10) == 0 ? random.nextInt(3) : 1; times > 0; times--) {
                    all.add(member(name, member.json()));
                }
            });
            for (int others = random.nextInt(3); others > 0; others--) {
                String name = one(NAMES);
                if (!members.containsKey(name)) {
                    all.add(
                            random.nextInt(all.size() + 1),
                            member(name, others == 1 ? one("1", "\"x\"", "{\"a\":[]}") : one(OTHERS)));
                }
            }
            if (random.nextInt(3) == 0) {
                Collections.shuffle(all, random);
            }
            return "{" + String.join(comma(), all) + "}";
        }

        private String member(String name, String value) {
            String escaped = random.nextInt(50) == 0 && !name.isEmpty()
                    ? String.format("\\u%04x", (int) name.charAt(0)) + escape(name.substring(1))
                    : escape(name);
            return '"' + escaped + '"' + one(":", ":", ":", ": ", " : ") + value;
        }
    }

    private Node tree(ReadingSettings settings) {
        Node message = new Node();
        settings.time().ifPresent(path -> put(message, path.steps(), TIMES));
        settings.sensor().ifPresent(path -> put(message, path.steps(), IDS));
        settings.fields().forEach(field -> put(message, field.path().steps(), NUMBERS));
        return message;
    }

    private void put(Node message, List<String> steps, String[] values) {
        Node node = message;
        for (String step : steps) {
            node = node.members.computeIfAbsent(step, none -> new Node());
        }
        node.values = values;
    }

    private String number() {
        return new BigDecimal(BigInteger.valueOf(random.nextLong() >> random.nextInt(63)), random.nextInt(20))
                .toPlainString();
    }

    private String comma() {
        return one(",", ",", ",", ", ", " ,\n");
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private byte[] mangled(byte[] json) {
        byte[] mangled = json;
        if (random.nextInt(10) == 0) {
            mangled = ('"' + escape(new String(json, UTF_8)) + '"').getBytes(UTF_8);
        }
        switch (random.nextInt(10)) {
            case 0 -> mangled[random.nextInt(mangled.length)] = (byte) random.nextInt(256);
            case 1 -> mangled = Arrays.copyOf(mangled, random.nextInt(mangled.length + 2));
            case 2 -> {
                int at = random.nextInt(mangled.length);
                mangled[at] = mangled[random.nextInt(mangled.length)];
            }
            case 3 ->
                mangled = (one(" ", "\n", "\uFEFF", "") + new String(mangled, UTF_8) + one(" ", "\n", "}", ",", "x"))
                        .getBytes(UTF_8);
            default -> {} // as it is
        }
        return mangled;
    }

    private String one(String... of) {
        return of[random.nextInt(of.length)];
    }

    private static String outcome(Reading reading, Runnable read) {
        try {
            read.run();
            return reading.toString();
        } catch (NotAReadingException e) {
            return e.reason() + " " + e.getMessage();
        }
    }
}
