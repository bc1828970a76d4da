package downsampling.service;

/** A setting makes no sense: says which one, what it is and what is expected. The exit code is 2. */
public final class InvalidSettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /** @param name as the person gave it, such as {@code --window} */
    public InvalidSettingException(String name, Object value, String expected) {
        super(name + "=" + text(value) + ": expected " + expected);
    }

    /** @param name of what has to be given and is not */
    public InvalidSettingException(String name, String expected) {
        super(name + ": expected " + expected);
    }

    private static Object text(Object value) {
        return value instanceof Double number && number == number.longValue() ? number.longValue() : value;
    }
}
