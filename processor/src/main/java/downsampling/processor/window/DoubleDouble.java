package downsampling.processor.window;

/**
 * A number of about 106 bits, as the unevaluated sum of two doubles (Dekker 1971): what is computed from sums that are kept like
 * this, without losing in one step what was carried along for so many.
 */
record DoubleDouble(double high, double low) {
    /** {@code a + b}, exactly. */
    static DoubleDouble sum(double a, double b) {
        double sum = a + b;
        double part = sum - a;
        return new DoubleDouble(sum, (a - (sum - part)) + (b - part));
    }

    /** {@code a * b}, exactly. */
    static DoubleDouble product(double a, double b) {
        double product = a * b;
        return new DoubleDouble(product, Math.fma(a, b, -product));
    }

    DoubleDouble plus(DoubleDouble other) {
        DoubleDouble sum = sum(high, other.high);
        return sum(sum.high, sum.low + (low + other.low));
    }

    DoubleDouble minus(DoubleDouble other) {
        return plus(new DoubleDouble(-other.high, -other.low));
    }

    DoubleDouble times(DoubleDouble other) {
        DoubleDouble product = product(high, other.high);
        return sum(product.high, product.low + (high * other.low + low * other.high));
    }

    DoubleDouble times(double factor) {
        return times(new DoubleDouble(factor, 0));
    }

    DoubleDouble dividedBy(double divisor) {
        double quotient = (high + low) / divisor;
        DoubleDouble rest = minus(product(quotient, divisor));
        return sum(quotient, (rest.high + rest.low) / divisor);
    }

    double value() {
        return high + low;
    }
}
