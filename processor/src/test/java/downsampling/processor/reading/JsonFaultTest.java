package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonFaultTest {
    private static final JsonFactory JSON = new JsonFactory();

    /** What ends a token, then what a member or an element lacks, then what closes what is open. */
    private static final List<String> ENDINGS = endings();

    private static final String[] SEEDS = {
        "{\"ts\":\"2025-01-01T12:00:00Z\",\"value\":42}",
        "{\"a\": [1, -2.5e+3, {\"b\": null}], \"c\": true}",
        "[false, \"x\\n\\u00e9\", {}, [], 0.1]",
        " {\"\" : \"\\\"\" , \"d\":{\"e\":[0]}}\n",
        "-0",
        "\"text\""
    };

    private static List<String> endings() {
        List<String> closers = new ArrayList<>(List.of(""));
        for (int i = 0; closers.get(i).length() < 4; i++) {
            closers.add(closers.get(i) + "}");
            closers.add(closers.get(i) + "]");
        }
        String[] tokens = {
            "", "\"", "0", "n\"", "0\"", "00\"", "000\"", "0000\"", "rue", "ue", "e", "alse", "lse", "se", "ull", "ll",
            "l"
        };
        List<String> endings = new ArrayList<>();
        for (String token : tokens) {
            for (String member : new String[] {"", ":0", "0", "\"\":0"}) {
                closers.forEach(closer -> endings.add(token + member + closer));
            }
        }
        return endings;
    }

    /** By trying out all that could follow. */
    private static boolean canBecomeJson(byte[] data, int length) {
        String begun = new String(data, 0, length, UTF_8);
        return ENDINGS.stream().anyMatch(ending -> isJson(begun + ending));
    }

    private static boolean isJson(String text) {
        try (JsonParser json = JSON.createParser(text)) {
            if (json.nextToken() == null) {
                return false;
            }
            json.skipChildren();
            json.getText(); // which is read only then
            return json.nextToken() == null && json.currentToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void shouldNameTheByteWithWhichAMessageCannotBecomeJsonAnyMore() {
        long seed = 5;
        Random random = new Random(seed);
        String bytes = "{}[]:,\"\\ntf0123.-+eExu/'N \n\u0000";
        int faults = 0;
        while (faults < 500) {
            byte[] data = SEEDS[random.nextInt(SEEDS.length)].getBytes(UTF_8);
            switch (random.nextInt(4)) {
                case 0 -> data = Arrays.copyOf(data, random.nextInt(data.length));
                case 1 ->
                    data = (new String(data, UTF_8) + bytes.charAt(random.nextInt(bytes.length()))).getBytes(UTF_8);
                default -> data[random.nextInt(data.length)] = (byte) bytes.charAt(random.nextInt(bytes.length()));
            }
            if (!isJson(new String(data, UTF_8))) {
                faults++;
                JsonFault fault = JsonFault.in(data);
                String message =
                        "seed " + seed + ": " + fault.found("byte " + fault.at()) + " of " + new String(data, UTF_8);
                assertThat(canBecomeJson(data, fault.at())).as(message).isTrue();
                assertThat(fault.at() < data.length && canBecomeJson(data, fault.at() + 1))
                        .as(message)
                        .isFalse();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "hello                     | 'h' at 0, in \"hello\"",
                "nul                       | the end at 3, after \"nul\"",
                "{\"ts\":1,\"value\":21,5} | '5' at 19, after what looks like a decimal comma",
                "{\"ts\":1,\"value\":NaN}  | 'N' at 16, in \"NaN\"",
                "{\"value\":-Infinity}     | 'I' at 10, in \"-Infinity\"",
                "{\"value\":nan}           | 'a' at 10, in \"nan\"",
                "{\"value\":None}          | 'N' at 9, in \"None\"",
                "{\"value\":01}            | '1' at 10, in \"01\"",
                "{\"value\":+1}            | '+' at 9, in \"+1\"",
                "{\"value\":.5}            | '.' at 9, in \".5\"",
                "{\"value\":5.}            | '}' at 11, after \"5.\"",
                "{\"value\":0x1F}          | 'x' at 10, in \"0x1F\"",
                "{\"value\":21.5C}         | 'C' at 13, in \"21.5C\"",
                "{\"ts\":2025-01-01T12:00} | '-' at 10, in \"2025-01-01T12\"",
                "{'ts':1}                  | a single quote at 1, where JSON has double quotes",
                "{\"ts\":'a'}              | a single quote at 6, where JSON has double quotes",
                "{ts:1}                    | 't' at 1, in \"ts\"",
                "{\"a\":1,}                | '}' at 7, after a comma",
                "{\"a\":1]                 | ']' at 6",
                "[1 2]                     | '2' at 3",
                "{\"a\" 1}                 | '1' at 5",
                "{\"a\":\"\\x\"}           | 'x' at 7, after a backslash",
                "{\"a\":\"\\u12g4\"}       | 'g' at 10, after \\u",
                "{\"a\":\"b                | the end at 7, in a text",
                "{\"value\":4              | the end at 10",
                "{\"value\":“1”}           | '“' at 9",
                "{} x                      | 'x' at 3, after the end of the JSON",
                "/* c */ {}                | '/' at 0",
            })
    void shouldSayWhatStandsThere(String json, String found) {
        JsonFault fault = JsonFault.in(json.getBytes(UTF_8));
        assertThat(fault.found(String.valueOf(fault.at()))).isEqualTo(found);
    }

    @Test
    void shouldKnowWhatIsNotUtf8() {
        assertThat(found("{\"a\":\"\u00e9 \"}")).isEqualTo("0xe9 at 6, as Latin-1 has it");
        assertThat(found("{\"a\":\"\u0080\"}")).isEqualTo("0x80 at 6, which is not UTF-8");
        assertThat(found("{\"a\":x, \"b\":\"\u00e9\"}")).isEqualTo("'x' at 5");
        assertThat(found("{\"a\":\"\u00c3")).as("cut within a letter").isEqualTo("the end at 7, in a text");
        assertThat(found("{\"a\":\"b\n\"}")).isEqualTo("0x0a at 7, in a text");
        assertThat(found("\0\u0001")).isEqualTo("0x00 at 0");
    }

    private static String found(String latin) {
        JsonFault fault = JsonFault.in(latin.getBytes(ISO_8859_1));
        return fault.found(String.valueOf(fault.at()));
    }
}
