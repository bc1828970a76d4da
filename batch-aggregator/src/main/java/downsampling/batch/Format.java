package downsampling.batch;

import java.util.Locale;

/** How a result is written. */
enum Format {
    CSV("csv"),
    JSON("json"),
    TABLE("txt"),
    PARQUET("parquet");

    final String extension;

    Format(String extension) {
        this.extension = extension;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
