package downsampling.batch;

import static org.apache.spark.sql.functions.col;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.FileStatus;
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
 * Runs a query over log files on Spark. The files are cut into {@link LogSplit}s, which tasks read by the same classes
 * as on one machine ({@link SplitReader}), into groups of their own; Spark brings the groups together, sums them up and
 * sorts them. So the rules for rows are written once, and only groups travel.
 *
 * <p>As on one machine it is assumed and checked that a split begins where a record begins: where one split's last
 * record ends must be where the next one's first record began. If it is not, a line break was inside quotes; then the
 * run starts over with the cuts where they have to be, and should that not do (a hostile file), with that file uncut.
 */
final class SparkAggregation {

    private final SparkSession spark;
    private final JavaSparkContext context;
    private final Broadcast<SerializableConfiguration> configuration;
    private final Query query;
    private final boolean strict;
    private final SplitReader.Sizes sizes;
    private final List<LocatedFileStatus> files = new ArrayList<>();

    private List<LogSplit> splits;
    private Map<Integer, LogSplit.Outcome> outcomes;
    private long groups;
    private Row firstReject;

    SparkAggregation(SparkSession spark, Query query, boolean strict, SplitReader.Sizes sizes) {
        this.spark = spark;
        this.query = query;
        this.strict = strict;
        this.sizes = sizes;
        context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        configuration = context.broadcast(new SerializableConfiguration(context.hadoopConfiguration()));
    }

    /** Finds the log files of a folder with a date in {@code [first, last]} in their names; returns the dates. */
    List<Long> find(String folder, long first, long last) throws IOException {
        Path path = new Path(folder);
        TreeMap<Long, LocatedFileStatus> found = new TreeMap<>();
        try {
            RemoteIterator<LocatedFileStatus> all =
                    path.getFileSystem(context.hadoopConfiguration()).listLocatedStatus(path);
            while (all.hasNext()) {
                LocatedFileStatus file = all.next();
                long day = LogFile.day(file.getPath().getName());
                if (day >= first && day <= last) {
                    refusePipe(file.getPath());
                    found.put(day, file);
                }
            }
        } catch (FileNotFoundException e) {
            throw new IOException(folder + " is not there");
        }
        files.addAll(found.values());
        return List.copyOf(found.keySet());
    }

    /** On this machine a pipe looks like an empty file, and would be waited for without end. */
    private static void refusePipe(Path path) throws IOException {
        if ("file".equals(path.toUri().getScheme())) {
            File file = new File(path.toUri().getPath());
            if (file.exists() && !file.isFile()) {
                throw new IOException(file + " is no regular file");
            }
        }
    }

    /**
     * Runs the query, and has the result write the groups.
     *
     * @return whether it came to its end; false when the run is strict and a line was rejected
     */
    boolean run(SparkResult result) {
        cut();
        for (int attempt = 1; ; attempt++) {
            IdempotentAccumulator<LogSplit.Outcome> outcomesByNumber =
                    new IdempotentAccumulator<>(strict ? this::stopIfRejected : null);
            IdempotentAccumulator<Long> counts = new IdempotentAccumulator<>(null);
            context.sc().register(outcomesByNumber, "splits");
            context.sc().register(counts, "groups");
            outcomes = outcomesByNumber.value();
            try {
                result.write(new GroupSchema(query).sumUp(read(outcomesByNumber)), counts);
            } catch (Exception e) {
                // Also checked ones, which Scala does not declare.
                if (!strict || rowCounts().rejected() == 0) {
                    throw e;
                }
            }
            if (strict && rowCounts().rejected() > 0) {
                List<Row> first = rejects(suspects()).takeAsList(1);
                if (!first.isEmpty()) {
                    firstReject = first.get(0);
                    return false;
                }
                // It only seemed so, because of a wrong cut.
                cutNoLonger(filesWith(outcome -> outcome.rowCounts().rejected() > 0));
                continue;
            }
            groups = counts.value().values().stream().mapToLong(Long::longValue).sum();
            if (areCutsRight(attempt > 1)) {
                return true;
            }
        }
    }

    private void stopIfRejected(LogSplit.Outcome outcome) {
        if (outcome.rowCounts().rejected() > 0) {
            context.cancelAllJobs();
        }
    }

    int files() {
        return files.size();
    }

    /** Number of rows in the result. */
    long groups() {
        return groups;
    }

    /** What became of the rows. */
    RowCounts rowCounts() {
        RowCounts rowCounts = RowCounts.EMPTY;
        for (LogSplit.Outcome outcome : outcomes.values()) {
            rowCounts = rowCounts.plus(outcome.rowCounts());
        }
        return rowCounts;
    }

    /** Where a strict run was stopped. */
    String firstReject() {
        return SparkRejects.describe(firstReject);
    }

    /** By the settings that say how Spark's own readers cut files. */
    private long splitSize() {
        long most = JavaUtils.byteStringAsBytes(spark.conf().get("spark.sql.files.maxPartitionBytes"));
        long bytes =
                files.stream().mapToLong(file -> file.getLen() + openCost()).sum();
        return Math.min(most, Math.max(openCost(), bytes / context.defaultParallelism() + 1));
    }

    /** What opening a file costs, in bytes that could have been read instead. */
    private long openCost() {
        return JavaUtils.byteStringAsBytes(spark.conf().get("spark.sql.files.openCostInBytes"));
    }

    private void cut() {
        long size = splitSize();
        splits = new ArrayList<>();
        for (FileStatus file : files) {
            long start = 0;
            for (; file.getLen() - start > size; start += size) {
                add(file.getPath(), start, start + size);
            }
            add(file.getPath(), start, Long.MAX_VALUE);
        }
    }

    private void add(Path file, long start, long end) {
        long day = LogFile.day(file.getName());
        splits.add(new LogSplit(splits.size(), file.toString(), day, start, end, start == 0));
    }

    /** The splits in portions for tasks, each with the hosts that have its first bytes. */
    private JavaRDD<List<LogSplit>> tasks() {
        Map<String, LocatedFileStatus> byName =
                files.stream().collect(Collectors.toMap(file -> file.getPath().toString(), file -> file));
        long size = splitSize();
        List<Tuple2<List<LogSplit>, Seq<String>>> tasks = new ArrayList<>();
        long left = 0;
        for (LogSplit split : splits) {
            LocatedFileStatus file = byName.get(split.file());
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
            // A folder has no blocks; that it is one will be told when it is read.
            BlockLocation[] blocks = file.isFile() ? file.getBlockLocations() : new BlockLocation[0];
            for (BlockLocation block : blocks) {
                if (block.getOffset() <= position && position < block.getOffset() + block.getLength()) {
                    hosts.addAll(List.of(block.getHosts()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // What file systems say that know no places.
        hosts.remove("localhost");
        return CollectionConverters.asScala(hosts).toSeq();
    }

    private Dataset<Row> read(IdempotentAccumulator<LogSplit.Outcome> outcomesByNumber) {
        // Only what goes to the tasks, and so not this object.
        Query asked = query;
        SplitReader.Sizes portions = sizes;
        Broadcast<SerializableConfiguration> hadoop = configuration;
        JavaRDD<Row> groups = tasks().flatMap(task -> new SplitReader(
                asked, task.iterator(), outcomesByNumber, hadoop.value().value(), portions));
        return spark.createDataFrame(groups, new GroupSchema(query).type());
    }

    /** Whether each split began where the one before it ended; when not, cuts them otherwise. */
    private boolean areCutsRight(boolean lastTry) {
        List<LogSplit> corrected = new ArrayList<>();
        Set<String> wrong = new HashSet<>();
        LogSplit before = null;
        for (LogSplit split : splits) {
            LogSplit right = split;
            if (before != null && before.file().equals(split.file())) {
                long start = outcomes.get(before.number()).next();
                if (start != outcomes.get(split.number()).first()) {
                    wrong.add(split.file());
                    right = split.from(start);
                }
            }
            corrected.add(right);
            before = split;
        }
        splits = corrected;
        if (lastTry) {
            cutNoLonger(wrong);
        }
        return wrong.isEmpty();
    }

    private void cutNoLonger(Set<String> whole) {
        List<LogSplit> old = splits;
        splits = new ArrayList<>();
        for (LogSplit split : old) {
            if (!whole.contains(split.file())) {
                splits.add(new LogSplit(
                        splits.size(), split.file(), split.day(), split.start(), split.end(), split.exact()));
            } else if (split.start() == 0) {
                add(new Path(split.file()), 0, Long.MAX_VALUE);
            }
        }
    }

    private Set<String> filesWith(Predicate<LogSplit.Outcome> property) {
        return splits.stream()
                .filter(split -> outcomes.containsKey(split.number()) && property.test(outcomes.get(split.number())))
                .map(LogSplit::file)
                .collect(Collectors.toSet());
    }

    /**
     * The stretches, all of them exact, in which the first rejected line of a strict run may be: those known to have one,
     * and what has not been read, or not from a place that is known to be right.
     */
    private List<LogSplit> suspects() {
        List<LogSplit> suspects = new ArrayList<>();
        String file = "";
        long right = 0;
        for (LogSplit split : splits) {
            if (!split.file().equals(file)) {
                file = split.file();
                right = 0;
            }
            LogSplit.Outcome outcome = outcomes.get(split.number());
            if (right >= 0 && (outcome == null || outcome.first() != right)) {
                suspects.add(new LogSplit(split.number(), file, split.day(), right, Long.MAX_VALUE, true));
                right = -1;
            } else if (right >= 0) {
                if (outcome.rowCounts().rejected() > 0) {
                    suspects.add(new LogSplit(split.number(), file, split.day(), right, outcome.next(), true));
                }
                right = outcome.next();
            }
        }
        return suspects;
    }

    /** The rejected lines of a run that has come to its end, in order; see {@link SparkRejects#TYPE}. */
    Dataset<Row> rejects() {
        return rejects(Long.MAX_VALUE);
    }

    /** Describes the first rejected lines. */
    List<String> describeRejects(int count) {
        return rejects(count)
                .filter(col("reason").notEqual(SparkRejects.MORE))
                .select("file", "line", "column", "reason")
                .takeAsList(count)
                .stream()
                .map(SparkRejects::describe)
                .toList();
    }

    /** @param enough how many have to be among them */
    private Dataset<Row> rejects(long enough) {
        Set<String> with = filesWith(outcome -> outcome.rowCounts().rejected() > 0);
        List<LogSplit> ranges = new ArrayList<>();
        long count = 0;
        for (LogSplit split : splits) {
            LogSplit.Outcome outcome = outcomes.get(split.number());
            if (with.contains(split.file()) && count < enough) {
                ranges.add(
                        new LogSplit(split.number(), split.file(), split.day(), outcome.first(), outcome.next(), true));
                count += outcome.rowCounts().rejected();
            }
        }
        return rejects(ranges);
    }

    /** @param ranges exact, those of a file in order; what is known to hold no rejected line is not read again */
    private Dataset<Row> rejects(List<LogSplit> ranges) {
        List<Long> lines = linesBefore(ranges);
        List<Tuple2<LogSplit, Long>> located = new ArrayList<>();
        String file = "";
        long line = 1;
        for (int i = 0; i < ranges.size(); i++) {
            LogSplit range = ranges.get(i);
            line = range.file().equals(file) ? line + lines.get(i) : 1 + lines.get(i);
            file = range.file();
            LogSplit.Outcome outcome = outcomes.get(range.number());
            boolean clean = outcome != null
                    && outcome.first() == range.start()
                    && outcome.rowCounts().rejected() == 0;
            if (!clean) {
                located.add(new Tuple2<>(range, line));
            }
        }
        Broadcast<SerializableConfiguration> hadoop = configuration;
        JavaRDD<Row> rejects = context.parallelize(located, Math.max(1, located.size()))
                .flatMap(range ->
                        new SparkRejects(range._1(), range._2(), hadoop.value().value()));
        return spark.createDataFrame(rejects, SparkRejects.TYPE);
    }

    /** The line breaks between a range and the one before it in the same file, or the file's start. */
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
