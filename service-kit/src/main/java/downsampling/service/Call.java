package downsampling.service;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client's request to a {@link Route}.
 *
 * @param variable   the part of the path that may be anything, decoded; empty for a route without such a part
 * @param parameters the parameters of the query, decoded; each of them was given once
 */
public record Call(String variable, Map<String, String> parameters) {
    /** The value of a parameter, or null if it was not given. */
    public @Nullable String parameter(String name) {
        return parameters.get(name);
    }
}
