package downsampling.service;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The names that a server is asked by, against DNS rebinding: a page of some other site whose name is made to point here would
 * otherwise read what only this network may see. An address cannot be made to point elsewhere, so any is allowed, which lets
 * probes and Prometheus in; of names only those of this machine for itself, and those that it was told.
 */
public final class AllowedHosts {
    private static final int LONGEST = 255;

    private final Set<String> names = new HashSet<>(Set.of("localhost"));

    /**
     * @param names others than {@code localhost}, without ports; addresses among them change nothing
     * @throws InvalidSettingException if one of them cannot be the name of a host
     */
    public AllowedHosts(List<String> names) {
        for (String name : names) {
            String normal = normal(name.strip());
            if (normal == null) {
                throw new InvalidSettingException(
                        "--http-allowed-hosts", name, "names of hosts without ports, with commas between them");
            }
            this.names.add(normal);
        }
    }

    /** @param authority HOST or HOST:PORT, as in the header {@code Host} */
    boolean allows(String authority) {
        String host = host(authority);
        return host != null && (isAddress(host) || names.contains(host));
    }

    /** Whether a page of this origin may ask: that of this server, or of a name that was allowed on purpose. */
    boolean allowsOrigin(String origin, String authority) {
        int scheme = origin.indexOf("://");
        if (scheme < 0) {
            return false; // "null" is what a sandboxed page says
        }
        String from = origin.substring(scheme + 3);
        if (from.equalsIgnoreCase(authority)) {
            return true;
        }
        String host = host(from);
        return host != null && !host.equals("localhost") && names.contains(host);
    }

    /** @return the host in lower case without its port and last dot, an IPv6 address in brackets; null if it is none */
    private static String host(String authority) {
        if (authority.length() > LONGEST) {
            return null;
        }
        int end = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
        if (end < 0) {
            end = authority.length();
        }
        String port = authority.substring(end);
        if (!port.isEmpty() && (port.charAt(0) != ':' || !port.chars().skip(1).allMatch(AllowedHosts::isDigit))) {
            return null;
        }
        return normal(authority.substring(0, end));
    }

    private static String normal(String host) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        name = name.toLowerCase(Locale.ROOT);
        if (name.indexOf(':') >= 0 && !name.startsWith("[")) {
            name = "[" + name + "]";
        }
        boolean fine = !name.isEmpty()
                && name.length() <= LONGEST
                && (isAddress(name) || name.chars().allMatch(AllowedHosts::isOfAName));
        return fine ? name : null;
    }

    /** Four decimal numbers, or whatever is in brackets and has an IPv6 address's characters: nobody resolves either. */
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

    private static boolean isOfAName(int c) {
        return isDigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }
}
