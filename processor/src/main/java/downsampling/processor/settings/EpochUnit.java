package downsampling.processor.settings;

/** The units of a time that is a number: those since 1970-01-01T00:00:00Z. */
public enum EpochUnit {
    S("seconds", 0),
    MS("milliseconds", 3),
    US("microseconds", 6),
    NS("nanoseconds", 9);

    private final String title;
    private final int digits;

    EpochUnit(String title, int digits) {
        this.title = title;
        this.digits = digits;
    }

    /** The number of digits by which a time in this unit is longer than one in seconds. */
    public int digits() {
        return digits;
    }

    /** Its name in full, in the plural. */
    public String title() {
        return title;
    }
}
