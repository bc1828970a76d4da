package downsampling.producer.source;

import picocli.CommandLine.ITypeConverter;

/** Reads a number, or {@code max}, which is infinite. */
final class NumberOrMax implements ITypeConverter<Double> {
    static final String EXPECTED = "a number above 0, or max";

    @Override
    public Double convert(String text) {
        try {
            return text.equals("max") ? Double.POSITIVE_INFINITY : Double.valueOf(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(EXPECTED, e);
        }
    }
}
