package downsampling.page;

/** The units of a time that is a number: those since 1970-01-01T00:00:00Z. */
enum EpochUnit {
    S(3),
    MS(0),
    US(-3),
    NS(-6);

    private final int digitsToMillis;

    EpochUnit(int digitsToMillis) {
        this.digitsToMillis = digitsToMillis;
    }

    /** By how many digits the point of a time moves to the right to make it milliseconds. */
    int digitsToMillis() {
        return digitsToMillis;
    }
}
