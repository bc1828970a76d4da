package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/**
 * Where a message ceases to be JSON in UTF-8 (RFC 8259), and what stands there.
 *
 * <p>{@link JsonReader}'s parser says that a message is none; it tells programmers why, and where it noticed. This is for those
 * who send readings, and knows nothing of the parser: the bytes before the place could still become JSON, with it they cannot.
 * Of a character whose bytes are no UTF-8, the place is the first byte.
 */
final class JsonFault {
    /** As the parser has it. */
    static final int MOST_DEPTH = 500;

    /** As the parser has it. */
    static final int MOST_DIGITS = 1000;

    private static final int LONGEST_WORD = 30;

    private final byte[] data;
    private int at;
    private int depth;
    /** What is said of the place beside the character there. */
    private String hint = "";

    private @Nullable String found;

    private JsonFault(byte[] data) {
        this.data = data;
    }

    /** Looks for the place; it is past the end if the message only is too short. */
    static JsonFault in(byte[] data) {
        JsonFault fault = new JsonFault(data);
        if (data.length >= 3 && data[0] == (byte) 0xEF && data[1] == (byte) 0xBB && data[2] == (byte) 0xBF) {
            fault.at = 3; // a byte order mark
        }
        boolean whole = fault.value() && fault.end();
        int foreign = ForeignFormat.notUtf8(data, false);
        if (foreign < data.length && (whole || foreign <= fault.at)) {
            fault.at = foreign;
            fault.hint = ForeignFormat.likeLatin(data, foreign) ? ", as Latin-1 has it" : ", which is not UTF-8";
            fault.found = ForeignFormat.hex(data[foreign]);
        } else if (whole) {
            fault.found = "what cannot be read";
        }
        return fault;
    }

    /** The index of the byte; that behind the last one if there are too few. */
    int at() {
        return at;
    }

    /**
     * What was found, for a person.
     *
     * @param place of the character, such as {@code byte 7}
     */
    String found(String place) {
        return (found == null ? character() : found) + " at " + place + hint;
    }

    private String character() {
        if (at == data.length) {
            return "the end";
        }
        if (data[at] == '\'') {
            return "a single quote";
        }
        int character = new String(data, at, Math.min(4, data.length - at), UTF_8).codePointAt(0);
        return Character.isISOControl(character)
                ? ForeignFormat.hex(data[at])
                : "'" + Character.toString(character) + "'";
    }

    /** Goes behind a value; false if there is none, and then {@link #at} is the place. */
    private boolean value() {
        spaces();
        return switch (next()) {
            case '{' -> members('}', true);
            case '[' -> members(']', false);
            case '"' -> text();
            case 't' -> word("true");
            case 'f' -> word("false");
            case 'n' -> word("null");
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            default -> wrong(next() == '\'' ? ", where JSON has double quotes" : word());
        };
    }

    private boolean end() {
        spaces();
        return at == data.length || wrong(", after the end of the JSON");
    }

    private boolean members(char end, boolean named) {
        if (++depth > MOST_DEPTH) {
            return tooMuch("objects and arrays in each other, more than " + MOST_DEPTH + " deep,");
        }
        at++;
        spaces();
        boolean more = next() != end;
        while (more) {
            if (named && !name() || !value()) {
                return false;
            }
            spaces();
            more = next() == ',';
            if (!more && next() != end) {
                return wrong(word());
            }
            if (more) {
                at++;
                spaces();
                if (next() == end) {
                    return wrong(", after a comma");
                }
            }
        }
        at++;
        depth--;
        return true;
    }

    private boolean name() {
        if (next() != '"') {
            boolean decimalComma = at >= 2 && isDigit(next()) && data[at - 1] == ',' && isDigit(data[at - 2]);
            return wrong(
                    decimalComma
                            ? ", after what looks like a decimal comma"
                            : next() == '\'' ? ", where JSON has double quotes" : word());
        }
        if (!text()) {
            return false;
        }
        spaces();
        if (next() != ':') {
            return wrong("");
        }
        at++;
        return true;
    }

    private boolean text() {
        for (at++; at < data.length; at++) {
            if (data[at] == '"') {
                at++;
                return true;
            }
            if (data[at] >= 0 && data[at] < ' ') {
                return wrong(", in a text");
            }
            if (data[at] == '\\') {
                at++;
                if (next() == 'u') {
                    for (int digits = 0; digits < 4; digits++) {
                        at++;
                        if (Character.digit(next(), 16) < 0) {
                            return wrong(", after \\u");
                        }
                    }
                } else if ("\"\\/bfnrt".indexOf(next()) < 0) {
                    return wrong(", after a backslash");
                }
            }
        }
        return wrong(", in a text");
    }

    private boolean word(String word) {
        for (int i = 0; i < word.length(); i++, at++) {
            if (next() != word.charAt(i)) {
                return wrong(word());
            }
        }
        return true;
    }

    private boolean number() {
        int first = at;
        if (next() == '-') {
            at++;
        }
        int digits = 1;
        if (next() == '0') {
            at++;
        } else {
            digits = digits();
        }
        if (digits > 0 && next() == '.') {
            at++;
            int more = digits();
            digits = more == 0 ? 0 : digits + more;
        }
        if (digits > 0 && (next() == 'e' || next() == 'E')) {
            at++;
            if (next() == '+' || next() == '-') {
                at++;
            }
            int more = digits();
            digits = more == 0 ? 0 : digits + more;
        }
        if (digits > MOST_DIGITS) {
            at = first;
            return tooMuch("a number of more than " + MOST_DIGITS + " digits");
        }
        return digits > 0 || wrong(word());
    }

    private int digits() {
        int first = at;
        while (isDigit(next())) {
            at++;
        }
        return at - first;
    }

    private void spaces() {
        while (next() == ' ' || next() == '\t' || next() == '\n' || next() == '\r') {
            at++;
        }
    }

    /** The byte at the place, as a character; one that is in no JSON at the end. */
    private char next() {
        return at < data.length ? (char) (data[at] & 0xFF) : Character.MAX_VALUE;
    }

    private boolean wrong(String hint) {
        this.hint = hint;
        return false;
    }

    private boolean tooMuch(String what) {
        found = what;
        return false;
    }

    /** What the character at the place is in the middle of, if that says more than the character. */
    private String word() {
        int from = at;
        while (from > 0 && isOfWord(data[from - 1])) {
            from--;
        }
        int to = at;
        while (to < data.length && isOfWord(data[to])) {
            to++;
        }
        if (to - from < 2) {
            return "";
        }
        String word = new String(data, from, Math.min(to - from, LONGEST_WORD), UTF_8);
        return (to > at ? ", in \"" : ", after \"") + word + (to - from > LONGEST_WORD ? "…\"" : "\"");
    }

    private static boolean isOfWord(byte b) {
        return isDigit(b) || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || "_.+-".indexOf(b) >= 0;
    }

    private static boolean isDigit(int b) {
        return b >= '0' && b <= '9';
    }
}
