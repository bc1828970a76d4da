package downsampling.processor.settings;

/** Which of the two topologies runs. */
public enum TopologyKind {
    EXACT("open-windows", "temperature-processor"),
    DSL("windows", "temperature-processor-dsl");

    private final String storePrefix;
    private final String applicationId;

    TopologyKind(String storePrefix, String applicationId) {
        this.storePrefix = storePrefix;
        this.applicationId = applicationId;
    }

    /** What the name of its state store begins with. */
    public String storePrefix() {
        return storePrefix;
    }

    /** The default of {@code --application-id}; one for each topology, since neither can read the other's state. */
    String applicationId() {
        return applicationId;
    }
}
