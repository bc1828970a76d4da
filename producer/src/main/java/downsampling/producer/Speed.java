package downsampling.producer;

import downsampling.service.InvalidSettingException;
import picocli.CommandLine.ITypeConverter;

/**
 * How much faster to send than the source's own pace.
 *
 * @param factor above 0; infinite for as fast as can be
 */
record Speed(double factor) {

    /**
     * Checks itself.
     *
     * @throws IllegalArgumentException in one line: name, value, what is allowed
     */
    Speed {
        if (!(factor > 0)) {
            throw new InvalidSettingException("--speed", factor, "a number above 0, or max");
        }
    }

    /** When to send what is due at a time of the source's own pace, both in ns after the start of the run. */
    long dueNanos(long sourceNanos) {
        return sourceNanos <= 0 ? 0 : (long) (sourceNanos / factor);
    }

    /** Reads a number, or {@code max}. */
    static final class Converter implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            try {
                return text.equals("max") ? Double.POSITIVE_INFINITY : Double.valueOf(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("a number above 0, or max", e);
            }
        }
    }
}
