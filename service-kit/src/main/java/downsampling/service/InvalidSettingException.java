package downsampling.service;

/** A setting makes no sense: says which one, what it is and what is expected. The exit code is 2. */
public final class InvalidSettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /** @param name as the person gave it, such as {@code --window} */
    public InvalidSettingException(String name, Object value, String expected) {
        super(name + "=" + value + ": expected " + expected);
    }
}
