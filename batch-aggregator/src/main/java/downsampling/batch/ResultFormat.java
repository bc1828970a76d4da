package downsampling.batch;

import java.util.Locale;

/** How a result is written. */
enum ResultFormat {
    CSV("csv"),
    JSON("json"),
    TABLE("txt"),
    PARQUET("parquet");

    final String extension;

    ResultFormat(String extension) {
        this.extension = extension;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
