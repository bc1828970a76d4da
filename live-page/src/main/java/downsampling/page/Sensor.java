package downsampling.page;

import java.util.Comparator;

/**
 * A sensor that has been heard of. Sensors are compared by identity: one that was forgotten and is heard of again is another one.
 * Immutable.
 */
final class Sensor {
    /** How people sort: {@code Sensor2} comes before {@code Sensor10}. */
    static final Comparator<String> ORDER = Sensor::compareIds;

    private final String id;

    Sensor(String id) {
        this.id = id;
    }

    String id() {
        return id;
    }

    private static int compareIds(String a, String b) {
        int i = 0;
        int j = 0;
        while (i < a.length() && j < b.length()) {
            int order;
            if (isDigit(a.charAt(i)) && isDigit(b.charAt(j))) {
                i = skipZeros(a, i);
                j = skipZeros(b, j);
                int iEnd = digitsEnd(a, i);
                int jEnd = digitsEnd(b, j);
                order = (iEnd - i) - (jEnd - j); // the longer number is the larger one
                while (order == 0 && i < iEnd) {
                    order = a.charAt(i++) - b.charAt(j++);
                }
                i = iEnd;
                j = jEnd;
            } else {
                order = a.charAt(i++) - b.charAt(j++);
            }
            if (order != 0) {
                return order;
            }
        }
        int order = (a.length() - i) - (b.length() - j);
        return order != 0 ? order : a.compareTo(b); // 01 and 1 are two sensors
    }

    private static int skipZeros(String text, int from) {
        int end = from;
        while (end < text.length() && text.charAt(end) == '0') {
            end++;
        }
        return end;
    }

    private static int digitsEnd(String text, int from) {
        int end = from;
        while (end < text.length() && isDigit(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
