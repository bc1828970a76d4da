package downsampling.batch;

import org.apache.spark.sql.SparkSession;

/** A session on two threads that all tests of a JVM share. */
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

    /** Makes Spark cut files into splits of this many bytes, and give each task a single split. */
    static void splits(int bytes) {
        session().conf().set("spark.sql.files.maxPartitionBytes", bytes);
        session().conf().set("spark.sql.files.openCostInBytes", Math.min(bytes, 1 << 22));
    }
}
