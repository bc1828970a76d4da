package downsampling.service;

import org.jspecify.annotations.Nullable;

/** A setting makes no sense. The message says which one, its value and what was expected; the exit code is 2. */
public final class InvalidSettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /**
     * Reports a value that is not allowed.
     *
     * @param name     name as the person gave it, such as {@code --window}
     * @param value    value as the person gave it; null is shown as such
     * @param expected what is allowed, as it continues "expected"
     */
    public InvalidSettingException(String name, @Nullable Object value, String expected) {
        super(name + "=" + text(value) + ": expected " + expected);
    }

    /**
     * Reports a setting that is missing.
     *
     * @param name     name of the setting that was not given
     * @param expected what has to be given, as it continues "expected"
     */
    public InvalidSettingException(String name, String expected) {
        super(name + ": expected " + expected);
    }

    /** A whole number of type {@code double} as a person writes it, without {@code .0}. */
    private static @Nullable Object text(@Nullable Object value) {
        return value instanceof Double number && number == number.longValue() ? number.longValue() : value;
    }
}
