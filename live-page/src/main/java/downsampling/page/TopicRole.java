package downsampling.page;

/** What a topic holds; each of the four that the page shows has another role. */
enum TopicRole {
    READINGS("--input-topic"),
    SUMMARIES("--output-topic"),
    LATE("--late-topic"),
    DEAD("--dead-topic");

    private final String option;

    TopicRole(String option) {
        this.option = option;
    }

    /** The option that names the topic of this role. */
    String option() {
        return option;
    }
}
