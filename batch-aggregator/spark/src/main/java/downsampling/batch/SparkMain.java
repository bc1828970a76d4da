package downsampling.batch;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The program that runs {@code aggregate} on Apache Spark. Its options, defaults, rules and formats are those of
 * {@link AggregateOptions}; this class says what is different.
 */
public final class SparkMain {

    private static final ResultFormat[] FORMATS = {ResultFormat.CSV, ResultFormat.JSON, ResultFormat.PARQUET};

    /** Options that mean something else here; an option with an empty description does not exist here. */
    private static final Map<AggregateOption, String> DIFFERENT = Map.of(
            AggregateOption.INPUT_DIR,
                    "folder of the log files, on any file system that Spark reads (default: ./csv_logs)",
            AggregateOption.RESULTS_DIR, "folder for the result, on any such file system (default: ./results)",
            AggregateOption.THREADS,
                    "number of threads of a run in this process; a --master brings its own (default: the number of"
                            + " processors)",
            AggregateOption.OUTPUT,
                    "name of the result; if a file has that name already, the result gets a number, as in result_1.csv;"
                            + " - stands for standard output (default: result.csv, or .json or .parquet to match the"
                            + " format)",
            AggregateOption.FORMAT, "csv, json or parquet (default: csv)",
            AggregateOption.REJECTS,
                    "keep the lines that are not log rows in this new folder, as Parquet: file, line, column, reason,"
                            + " and the line itself",
            AggregateOption.INDEX, "");

    private static final OptionSpec MASTER = OptionSpec.builder("--master")
            .type(String.class)
            .paramLabel("URL")
            .description(
                    "where Spark runs, such as local[*]; spark-submit has an option of its own for it (default: in this"
                            + " process)")
            .build();
    private static final OptionSpec PARTS = OptionSpec.builder("--parts")
            .type(boolean.class)
            .description(
                    "make the result a folder of parts, each a result file of its own, in the order of their names")
            .build();

    private final AggregateOptions options;
    private final boolean parts;
    private final PrintWriter out;
    private final PrintWriter err;

    private final long started = System.nanoTime();

    private SparkMain(AggregateOptions options, boolean parts, PrintWriter out, PrintWriter err) {
        this.options = options;
        this.parts = parts;
        this.out = out;
        this.err = err;
    }

    /** Exits with 0 when the work is done, 1 when it failed, 2 when the command line makes no sense. */
    public static void main(String... args) {
        StandardOutput out = new StandardOutput();
        int exitCode = out.exitCode("aggregate", run(out, args));
        // To a cluster, a driver that ends by itself has succeeded; one that calls exit may count as failed.
        if (exitCode != 0) {
            System.exit(exitCode);
        }
    }

    private static int run(StandardOutput out, String... args) {
        String problem = PlatformEncoding.problem(System.getenv(), args);
        if (problem != null) {
            out.err().println("aggregate: ".concat(problem));
            return CommandLine.ExitCode.USAGE;
        }
        try {
            return command().setOut(out.writer()).setErr(out.err()).execute(args);
        } catch (NoClassDefFoundError e) {
            return AggregateReport.failed(
                    out.err(),
                    "Apache Spark was not found: start this jar with spark-submit, or put Spark's jars into a folder lib"
                            + " beside it");
        }
    }

    static CommandLine command() {
        List<OptionSpec> options = new ArrayList<>();
        for (AggregateOption option : AggregateOption.values()) {
            String different = DIFFERENT.get(option);
            if (different == null) {
                options.add(option.spec());
            } else if (!different.isEmpty()) {
                options.add(
                        OptionSpec.builder(option.spec()).description(different).build());
            }
        }
        options.add(PARTS);
        options.add(MASTER);
        return AggregateCommand.command(
                "batch-aggregator-spark",
                "Sums up the metrics of log files per period, user and app, on Apache Spark.",
                options,
                SparkMain::run);
    }

    private static int run(CommandLine command) throws IOException {
        ParseResult parsed = command.getParseResult();
        AggregateOptions options;
        boolean parts;
        try {
            options = AggregateOptions.of(AggregateCommand.optionsGiven(parsed), System.getenv(), FORMATS);
            parts = isOn(given(parsed, PARTS));
            check(options, parts);
        } catch (UsageException e) {
            throw new ParameterException(command, e.getMessage());
        }
        String master = given(parsed, MASTER);
        if (master != null && !master.startsWith("local")) {
            throw new ParameterException(
                    command,
                    "--master=" + master + ": expected local[N] or local[*]; spark-submit runs it on a cluster");
        }
        try {
            return new SparkMain(options, parts, command.getOut(), command.getErr()).run(master);
        } catch (UsageException e) {
            throw new ParameterException(command, e.getMessage());
        }
    }

    /** The value of an option, or else of its variable; null if neither has one. */
    private static @Nullable String given(ParseResult parsed, OptionSpec option) {
        OptionSpec matched = parsed.matchedOption(option.longestName());
        String value = matched == null ? "" : matched.<Object>getValue().toString();
        return value.isEmpty() ? EnvironmentVariables.value(option.longestName(), System.getenv()) : value;
    }

    private static boolean isOn(@Nullable String parts) {
        if (parts != null && !parts.equals("true") && !parts.equals("false")) {
            throw new UsageException(EnvironmentVariables.nameOf("--parts") + "=" + parts + ": expected true or false");
        }
        return "true".equals(parts);
    }

    private static void check(AggregateOptions options, boolean parts) {
        boolean toStandardOutput = options.result() == null;
        if (toStandardOutput && parts) {
            throw new UsageException("--output=-: expected a file name with --parts");
        }
        if (toStandardOutput && options.format() == ResultFormat.PARQUET) {
            throw new UsageException("--output=-: expected a file name with --format=parquet");
        }
    }

    private int run(@Nullable String master) {
        boolean own = SparkSession.getDefaultSession().isEmpty();
        try {
            SparkSession spark = session(master);
            try {
                return aggregate(spark);
            } finally {
                if (own) {
                    spark.stop();
                }
            }
        } catch (UsageException e) {
            throw e;
        } catch (Exception e) {
            return AggregateReport.failed(err, describe(e));
        }
    }

    /** Describes the root cause, without what Spark says about the task in which it happened. */
    private static String describe(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return Failure.describe(cause).lines().findFirst().orElse("");
    }

    /** The settings of spark-submit are kept; without spark-submit, Spark runs in this process. */
    private SparkSession session(@Nullable String master) {
        SparkConf conf = new SparkConf().setIfMissing("spark.app.name", "batch-aggregator");
        if (master != null) {
            conf.setMaster(master);
        }
        conf.setIfMissing("spark.master", "local[" + options.threads() + "]");
        if (conf.get("spark.master").startsWith("local")) {
            conf.setIfMissing("spark.ui.enabled", "false");
            // The default of 200 is meant for a cluster. AQE joins small partitions, but only after all are written.
            conf.setIfMissing("spark.sql.shuffle.partitions", Integer.toString(4 * options.threads()));
            conf.setIfMissing("spark.driver.host", "localhost");
            conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
        }
        SparkSession spark = SparkSession.builder().config(conf).getOrCreate();
        spark.conf().set("spark.sql.session.timeZone", "UTC");
        // A number that does not fit makes the run fail instead of becoming null or another number.
        spark.conf().set("spark.sql.ansi.enabled", "true");
        return spark;
    }

    private int aggregate(SparkSession spark) throws IOException {
        Query query = options.query();
        Configuration hadoop = spark.sparkContext().hadoopConfiguration();
        Path rejects = options.rejects() == null ? null : new Path(options.rejects());
        if (rejects != null && rejects.getFileSystem(hadoop).exists(rejects)) {
            return AggregateReport.failed(err, "--rejects=" + rejects + " already exists");
        }
        SparkAggregation aggregation = new SparkAggregation(spark, query, options.strict(), SplitReader.Sizes.NORMAL);
        try (SparkResult result = new SparkResult(options, parts, hadoop)) {
            boolean toStandardOutput = result.isStandardOutput();
            AggregateReport report = new AggregateReport(options, out, err, toStandardOutput, toStandardOutput);
            report.printQuery();
            List<LocatedFileStatus> files = List.of();
            if (query.from() < query.to()) {
                files = SparkAggregation.find(options.inputDir(), query.firstDay(), query.lastDay(), hadoop);
                report.warnOfMissingDays(
                        files.stream().map(SparkAggregation::day).toList());
            }
            long listed = System.nanoTime();
            SparkAggregation.Finished finished = aggregation.run(files, result);
            long aggregated = System.nanoTime();
            if (rejects != null) {
                finished.rejects().write().parquet(rejects.toString());
            }
            RowCounts rowCounts = finished.rowCounts();
            if (rowCounts.rejected() > 0) {
                report.warnOfRejects(
                        rowCounts.rejected(), "--rejects=DIR", finished.describeRejects(AggregateReport.REJECTS_SHOWN));
            }
            String saved = finished.groups() == 0 ? null : result.deliver();
            report.printResult(saved);
            report.printClosingReport(
                    files.size(),
                    rowCounts,
                    finished.groups(),
                    saved,
                    List.of(
                            new RunReport.Phase("starting, finding files", listed - started, 0, files.size()),
                            new RunReport.Phase(
                                    "read, sum up, write", aggregated - listed, rowCounts.read(), files.size()),
                            new RunReport.Phase("putting together", System.nanoTime() - aggregated, 0, 0)),
                    null);
            return 0;
        }
    }
}
