package downsampling.processor.settings;

/**
 * A number of a message that is summarised.
 *
 * @param name in the summary: 1 to {@value #LONGEST} characters
 * @param path where it stands in the message
 */
public record Field(String name, MessagePath path) {
    /** The member of a summary that no field can be called. */
    static final String TIME = "time";

    private static final int LONGEST = 100;

    public Field {
        Require.that(
                name.length() <= LONGEST && name.matches("[^/\\p{Cntrl}][^\\p{Cntrl}]*"),
                "--fields",
                name,
                "1 to " + LONGEST
                        + " characters for a name, which is followed by = if a pointer names the member, as in"
                        + " temperature=/data/0");
        Require.that(!name.equals(TIME), "--fields", name, "another name than that of the time in the summary");
    }

    /** @param text {@code NAME=POINTER}, or {@code NAME} alone, which is both */
    static Field of(String text) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        return new Field(
                name.strip(),
                MessagePath.of("--fields", text.substring(equals + 1).strip()));
    }
}
