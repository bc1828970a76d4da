package downsampling.processor.query;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/** What the two kinds of page have in common as JSON. */
final class Json {
    private Json() {}

    static String quoted(String text) {
        return "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + "\"";
    }

    /** @throws IllegalArgumentException if what another instance answered is not what it was asked for */
    static void expect(boolean holds) {
        if (!holds) {
            throw new IllegalArgumentException("not what was asked for");
        }
    }
}
