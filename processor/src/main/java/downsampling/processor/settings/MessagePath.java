package downsampling.processor.settings;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.ArrayList;
import java.util.List;

/**
 * Where something stands in a message.
 *
 * @param text  the name of a member of the message, or a JSON Pointer (RFC 6901), as it was given
 * @param steps names of members and indices of elements, from the outside to the inside; none for the message itself
 */
public record MessagePath(String text, List<String> steps) {
    public MessagePath {
        steps = List.copyOf(steps);
    }

    /** The message itself, as RFC 6901 writes it in a URI. */
    private static final String MESSAGE = "#";

    /** The message itself for {@value #MESSAGE}, else something in it. */
    static MessagePath ofAny(String option, String text) {
        return text.equals(MESSAGE) ? new MessagePath(text, List.of()) : of(option, text);
    }

    /** @param option whose value it is, or a part of that */
    static MessagePath of(String option, String text) {
        Require.that(
                !text.isEmpty() && (text.charAt(0) != '/' || !text.matches("(?s).*~(?![01]).*")),
                option,
                text,
                "the name of a member, or a JSON Pointer such as /device/id with ~0 for ~ and ~1 for / in a name");
        if (text.charAt(0) != '/') {
            return new MessagePath(text, List.of(text));
        }
        List<String> steps = new ArrayList<>();
        for (JsonPointer rest = JsonPointer.compile(text); !rest.matches(); rest = rest.tail()) {
            steps.add(rest.getMatchingProperty());
        }
        return new MessagePath(text, steps);
    }

    /** Whether what the other one leads to is inside of what this one leads to, or the same. */
    boolean leadsTo(MessagePath other) {
        return steps.size() <= other.steps.size() && steps.equals(other.steps.subList(0, steps.size()));
    }
}
