package downsampling.service;

import java.util.Map;

/**
 * What a client asks of a {@link Route}.
 *
 * @param variable   the part of the path that may be anything, decoded; null for a route without one
 * @param parameters of the query, decoded, each of which was there once
 */
public record Call(String variable, Map<String, String> parameters) {
    /** @return null if it is not there */
    public String parameter(String name) {
        return parameters.get(name);
    }
}
