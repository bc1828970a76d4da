package downsampling.batch;

import static org.apache.spark.sql.functions.col;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.network.util.JavaUtils;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;

/**
 * Runs a query over log files on Spark. The files are cut into {@link LogSplit}s. Tasks read these with the same
 * classes as on one machine ({@link SplitReader}) into groups of their own; Spark brings the groups together, adds them
 * up and sorts them. So the rules for rows are written once, and only groups travel.
 *
 * <p>As on one machine, a split is assumed to begin where a record begins, and this is checked: the last record of one
 * split must end where the first record of the next one began. Otherwise a line break was inside quotes. The run then
 * starts over with the cuts at the right places, and if that is not enough (a hostile file), with that file uncut.
 */
final class SparkAggregation {

    private final SparkSession spark;
    private final JavaSparkContext context;
    private final Broadcast<SerializableConfiguration> configuration;
    private final Query query;
    private final boolean strict;
    private final SplitReader.Sizes sizes;

    SparkAggregation(SparkSession spark, Query query, boolean strict, SplitReader.Sizes sizes) {
        this.spark = spark;
        this.query = query;
        this.strict = strict;
        this.sizes = sizes;
        context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        configuration = context.broadcast(new SerializableConfiguration(context.hadoopConfiguration()));
    }

    /** Finds the log files of a folder that have a date in {@code [first, last]} in their names, in order. */
    static List<LocatedFileStatus> find(String folder, long first, long last, Configuration hadoop) throws IOException {
        Path path = new Path(folder);
        TreeMap<Long, LocatedFileStatus> found = new TreeMap<>();
        try {
            RemoteIterator<LocatedFileStatus> all = path.getFileSystem(hadoop).listLocatedStatus(path);
            while (all.hasNext()) {
                LocatedFileStatus file = all.next();
                if (day(file) >= first && day(file) <= last) {
                    refusePipe(file.getPath());
                    found.put(day(file), file);
                }
            }
        } catch (FileNotFoundException e) {
            throw new IOException(folder + " does not exist");
        }
        return List.copyOf(found.values());
    }

    /** The date in a file's name, in days since 1970-01-01. */
    static long day(LocatedFileStatus file) {
        return LogFile.day(file.getPath().getName());
    }

    /** Refuses what looks like an empty file on this machine but is a pipe, for which a reader would wait forever. */
    private static void refusePipe(Path path) throws IOException {
        if ("file".equals(path.toUri().getScheme())) {
            File file = new File(path.toUri().getPath());
            if (file.exists() && !file.isFile()) {
                throw new IOException(file + " is not a regular file");
            }
        }
    }

    /** A run that has come to its end. */
    final class Finished {
        private final SplitOutcomes outcomes;
        private final long groups;

        private Finished(SplitOutcomes outcomes, long groups) {
            this.outcomes = outcomes;
            this.groups = groups;
        }

        RowCounts rowCounts() {
            return outcomes.rowCounts();
        }

        /** The number of rows in the result. */
        long groups() {
            return groups;
        }

        /** The rejected lines, in order; see {@link SparkRejects#TYPE}. */
        Dataset<Row> rejects() {
            return readRejects(outcomes, outcomes.rangesWithRejects(Long.MAX_VALUE));
        }

        /** Describes the first rejected lines. */
        List<String> describeRejects(int count) {
            return readRejects(outcomes, outcomes.rangesWithRejects(count))
                    .filter(col("reason").notEqual(SparkRejects.MORE))
                    .select("file", "line", "column", "reason")
                    .takeAsList(count)
                    .stream()
                    .map(SparkRejects::describe)
                    .toList();
        }
    }

    /**
     * Runs the query, and has the result write the groups.
     *
     * @param files in order
     * @throws RejectedLineException if the run is strict and a line was rejected
     */
    Finished run(List<LocatedFileStatus> files, SparkResult result) throws RejectedLineException {
        List<LogSplit> splits = cut(files);
        for (int attempt = 1; ; attempt++) {
            IdempotentAccumulator<LogSplit.Outcome> reported =
                    new IdempotentAccumulator<>(strict ? this::stopIfRejected : null);
            IdempotentAccumulator<Long> counts = new IdempotentAccumulator<>(null);
            context.sc().register(reported, "splits");
            context.sc().register(counts, "groups");
            SplitOutcomes outcomes = new SplitOutcomes(splits, reported.value());
            try {
                result.write(new GroupSchema(query).sumUp(groups(files, splits, reported)), counts);
            } catch (Exception e) {
                // Scala declares no checked exceptions, but throws them.
                if (!strict || outcomes.rowCounts().rejected() == 0) {
                    throw e;
                }
            }
            if (strict && outcomes.rowCounts().rejected() > 0) {
                List<Row> first = readRejects(outcomes, outcomes.suspects()).takeAsList(1);
                if (!first.isEmpty()) {
                    throw new RejectedLineException(SparkRejects.describe(first.get(0)));
                }
                // The line was rejected only because a cut was wrong.
                splits = outcomes.uncut(outcomes.filesWithRejects());
                continue;
            }
            Set<String> wrong = outcomes.filesCutWrongly();
            if (wrong.isEmpty()) {
                return new Finished(
                        outcomes,
                        counts.value().values().stream()
                                .mapToLong(Long::longValue)
                                .sum());
            }
            splits = attempt == 1 ? outcomes.corrected() : outcomes.uncut(wrong);
        }
    }

    private void stopIfRejected(LogSplit.Outcome outcome) {
        if (outcome.rowCounts().rejected() > 0) {
            context.cancelAllJobs();
        }
    }

    /** The size of a split, by the settings that say how Spark's own readers cut files. */
    private long splitSize(List<LocatedFileStatus> files) {
        long most = JavaUtils.byteStringAsBytes(spark.conf().get("spark.sql.files.maxPartitionBytes"));
        long bytes =
                files.stream().mapToLong(file -> file.getLen() + openCost()).sum();
        return Math.min(most, Math.max(openCost(), bytes / context.defaultParallelism() + 1));
    }

    /** What opening a file costs, in bytes that could have been read instead. */
    private long openCost() {
        return JavaUtils.byteStringAsBytes(spark.conf().get("spark.sql.files.openCostInBytes"));
    }

    private List<LogSplit> cut(List<LocatedFileStatus> files) {
        long size = splitSize(files);
        List<LogSplit> splits = new ArrayList<>();
        for (LocatedFileStatus file : files) {
            long start = 0;
            for (; file.getLen() - start > size; start += size) {
                splits.add(LogSplit.of(splits.size(), file.getPath(), start, start + size));
            }
            splits.add(LogSplit.of(splits.size(), file.getPath(), start, Long.MAX_VALUE));
        }
        return splits;
    }

    /** The splits in portions for tasks, each with the hosts that have its first bytes. */
    private JavaRDD<List<LogSplit>> tasks(List<LocatedFileStatus> files, List<LogSplit> splits) {
        Map<String, LocatedFileStatus> byName =
                files.stream().collect(Collectors.toMap(file -> file.getPath().toString(), file -> file));
        long size = splitSize(files);
        List<Tuple2<List<LogSplit>, Seq<String>>> tasks = new ArrayList<>();
        long left = 0;
        for (LogSplit split : splits) {
            LocatedFileStatus file = Objects.requireNonNull(byName.get(split.file()));
            long length = Math.min(split.end(), file.getLen()) - split.start() + openCost();
            if (tasks.isEmpty() || length > left) {
                tasks.add(new Tuple2<>(new ArrayList<>(), hosts(file, split.start())));
                left = size;
            }
            tasks.get(tasks.size() - 1)._1().add(split);
            left -= length;
        }
        ClassTag<List<LogSplit>> tag = ClassTag.apply(List.class);
        return context.sc()
                .makeRDD(CollectionConverters.asScala(tasks).toSeq(), tag)
                .toJavaRDD();
    }

    private static Seq<String> hosts(LocatedFileStatus file, long position) {
        List<String> hosts = new ArrayList<>();
        try {
            // A folder in a file's place has no blocks; the task that reads it will fail and say so.
            BlockLocation[] blocks = file.isFile() ? file.getBlockLocations() : new BlockLocation[0];
            for (BlockLocation block : blocks) {
                if (block.getOffset() <= position && position < block.getOffset() + block.getLength()) {
                    hosts.addAll(List.of(block.getHosts()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // This is what file systems say that do not know where a block is.
        hosts.remove("localhost");
        return CollectionConverters.asScala(hosts).toSeq();
    }

    /** The groups as tasks find them, a group possibly several times. */
    private Dataset<Row> groups(
            List<LocatedFileStatus> files, List<LogSplit> splits, IdempotentAccumulator<LogSplit.Outcome> reported) {
        // Locals, because what a lambda uses goes to the tasks, and this object must not.
        Query asked = query;
        SplitReader.Sizes portions = sizes;
        Broadcast<SerializableConfiguration> hadoop = configuration;
        JavaRDD<Row> groups = tasks(files, splits)
                .flatMap(task -> new SplitReader(
                        asked, task.iterator(), reported, hadoop.value().value(), portions));
        return spark.createDataFrame(groups, new GroupSchema(query).type());
    }

    /**
     * Reads rejected lines once more.
     *
     * @param ranges exact, those of a file in order; a range that is known to hold no rejected line is not read
     */
    private Dataset<Row> readRejects(SplitOutcomes outcomes, List<LogSplit> ranges) {
        List<Long> lines = linesBefore(ranges);
        List<Tuple2<LogSplit, Long>> located = new ArrayList<>();
        String file = "";
        long line = 1;
        for (int i = 0; i < ranges.size(); i++) {
            LogSplit range = ranges.get(i);
            line = range.file().equals(file) ? line + lines.get(i) : 1 + lines.get(i);
            file = range.file();
            if (!outcomes.isClean(range)) {
                located.add(new Tuple2<>(range, line));
            }
        }
        Broadcast<SerializableConfiguration> hadoop = configuration;
        JavaRDD<Row> rejects = context.parallelize(located, Math.max(1, located.size()))
                .flatMap(range ->
                        new SparkRejects(range._1(), range._2(), hadoop.value().value()));
        return spark.createDataFrame(rejects, SparkRejects.TYPE);
    }

    /** The number of line breaks between each range and the one before it in the same file, or the file's start. */
    private List<Long> linesBefore(List<LogSplit> ranges) {
        List<LogSplit> gaps = new ArrayList<>();
        LogSplit before = null;
        for (LogSplit range : ranges) {
            long from = before != null && before.file().equals(range.file()) ? before.start() : 0;
            gaps.add(new LogSplit(range.number(), range.file(), range.day(), from, range.start(), true));
            before = range;
        }
        if (gaps.stream().allMatch(gap -> gap.end() == 0)) {
            return Collections.nCopies(gaps.size(), 0L);
        }
        Broadcast<SerializableConfiguration> hadoop = configuration;
        return context.parallelize(gaps, gaps.size())
                .map(gap -> SparkRejects.countLines(gap, hadoop.value().value()))
                .collect();
    }
}
