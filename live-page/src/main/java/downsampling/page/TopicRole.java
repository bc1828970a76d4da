package downsampling.page;

/** What a topic holds. */
enum TopicRole {
    READINGS("--input-topic"),
    /** Of the windows that readings are counted in. */
    SUMMARIES("--output-topic"),
    /** Summaries of longer windows, those of each level on a topic of its own. */
    ROLLUP("--rollups"),
    LATE("--late-topic"),
    DEAD("--dead-topic"),
    /** Which sensors are silent. */
    STATUS("--status-topic");

    private final String option;

    TopicRole(String option) {
        this.option = option;
    }

    /** The option that names a topic of this role. */
    String option() {
        return option;
    }
}
