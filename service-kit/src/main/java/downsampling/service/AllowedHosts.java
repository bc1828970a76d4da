package downsampling.service;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The host names under which a server answers. The check is against DNS rebinding: a page of another site whose name was made to
 * point here could otherwise read what only this network may see. Any address is allowed, since no address can be made to point
 * elsewhere, and probes and Prometheus ask by address. Of names, {@code localhost} is allowed, and those in the settings.
 */
public final class AllowedHosts {
    private static final int MAX_NAME_LENGTH = 255;

    private final Set<String> names = new HashSet<>(Set.of("localhost"));

    /**
     * Allows {@code localhost}, all addresses and these names.
     *
     * @param names names without ports; an address among them has no effect, as addresses are allowed anyway
     * @throws InvalidSettingException if one of them cannot be the name of a host
     */
    public AllowedHosts(List<String> names) {
        for (String name : names) {
            this.names.add(normalized(name.strip())
                    .orElseThrow(() -> new InvalidSettingException(
                            "--http-allowed-hosts", name, "host names without ports, separated by commas")));
        }
    }

    /**
     * Whether a request for this host is answered.
     *
     * @param authority HOST or HOST:PORT, as in the header {@code Host}
     */
    boolean allows(String authority) {
        return host(authority)
                .filter(host -> isAddress(host) || names.contains(host))
                .isPresent();
    }

    /** Whether a page of this origin may ask: a page of this server, or of a name that was allowed on purpose. */
    boolean allowsOrigin(String origin, String authority) {
        int scheme = origin.indexOf("://");
        if (scheme < 0) {
            return false; // a sandboxed page sends "null"
        }
        String from = origin.substring(scheme + 3);
        if (from.equalsIgnoreCase(authority)) {
            return true;
        }
        return host(from)
                .filter(host -> !host.equals("localhost") && names.contains(host))
                .isPresent();
    }

    /** The host in lower case, without its port and final dot, an IPv6 address in brackets; empty if it is not a host. */
    private static Optional<String> host(String authority) {
        if (authority.length() > MAX_NAME_LENGTH) {
            return Optional.empty();
        }
        int end = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
        if (end < 0) {
            end = authority.length();
        }
        String port = authority.substring(end);
        if (!port.isEmpty() && (port.charAt(0) != ':' || !port.chars().skip(1).allMatch(AllowedHosts::isDigit))) {
            return Optional.empty();
        }
        return normalized(authority.substring(0, end));
    }

    private static Optional<String> normalized(String host) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        name = name.toLowerCase(Locale.ROOT);
        if (name.indexOf(':') >= 0 && !name.startsWith("[")) {
            name = "[" + name + "]";
        }
        boolean valid = !name.isEmpty()
                && name.length() <= MAX_NAME_LENGTH
                && (isAddress(name) || name.chars().allMatch(AllowedHosts::isNameCharacter));
        return valid ? Optional.of(name) : Optional.empty();
    }

    /** Whether the host is four decimal numbers, or in brackets with the characters of an IPv6 address: neither is resolved. */
    private static boolean isAddress(String host) {
        if (host.startsWith("[")) {
            String inside = host.endsWith("]") ? host.substring(1, host.length() - 1) : "";
            return inside.indexOf(':') >= 0
                    && inside.chars().allMatch(c -> isDigit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.');
        }
        int parts = 0;
        for (String part : host.split("\\.", -1)) {
            if (part.isEmpty()
                    || part.length() > 3
                    || !part.chars().allMatch(AllowedHosts::isDigit)
                    || Integer.parseInt(part) > 255) {
                return false;
            }
            parts++;
        }
        return parts == 4;
    }

    private static boolean isNameCharacter(int c) {
        return isDigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }
}
