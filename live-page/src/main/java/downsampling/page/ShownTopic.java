package downsampling.page;

/**
 * A topic that the page shows.
 *
 * @param level what the windows of its summaries are called, such as {@code 1h}; empty for those that readings are counted in, and
 *     where the topic has no summaries
 * @param awaited whether the page says so as long as there is no such topic
 */
record ShownTopic(String name, TopicRole role, String level, boolean awaited) {
    /** A topic that there has to be, and that is not of a rollup. */
    ShownTopic(String name, TopicRole role) {
        this(name, role, "", true);
    }
}
