package downsampling.batch;

import org.apache.spark.sql.SparkSession;

/** One session for all tests of a JVM, on two threads. */
final class SparkForTests {

    private SparkForTests() {}

    static SparkSession session() {
        return SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", false)
                .config("spark.driver.host", "localhost")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.sql.session.timeZone", "UTC")
                .getOrCreate();
    }

    /** Has files cut into splits of so many bytes, and each split be a task's only one. */
    static void splits(int bytes) {
        session().conf().set("spark.sql.files.maxPartitionBytes", bytes);
        session().conf().set("spark.sql.files.openCostInBytes", Math.min(bytes, 1 << 22));
    }
}
