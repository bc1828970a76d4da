package downsampling.batch;

import java.util.Locale;

/** The formats of a result. */
enum ResultFormat {
    CSV("csv"),
    JSON("json"),
    TABLE("txt"),
    PARQUET("parquet");

    final String extension;

    ResultFormat(String extension) {
        this.extension = extension;
    }

    /** The name by which users ask for the format. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
