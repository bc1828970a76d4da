package downsampling.batch;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The program: {@code aggregate} on Apache Spark. Options, defaults, rules and formats are those of
 * {@link AggregateOptions}; what is different here is said in this class.
 */
public final class SparkAggregate {

    private static final AggregateOptions.Format[] FORMATS = {
        AggregateOptions.Format.CSV, AggregateOptions.Format.JSON, AggregateOptions.Format.PARQUET
    };

    /** What of the options means something else here; an option without a description is not there. */
    private static final Map<AggregateOption, String> DIFFERENT = Map.of(
            AggregateOption.INPUT_DIR, "where the log files are, on any file system of Spark's (default: ./csv_logs)",
            AggregateOption.RESULTS_DIR, "where the result goes, likewise (default: ./results)",
            AggregateOption.THREADS,
                    "threads of a run in this process; a --master has its own (default: the number" + " of processors)",
            AggregateOption.OUTPUT,
                    "name of the result; when it is taken, one with a number, result_1.csv; - for"
                            + " standard output (default: result.csv, or .json or .parquet as the format has it)",
            AggregateOption.FORMAT, "csv, json or parquet (default: csv)",
            AggregateOption.REJECTS,
                    "keep the lines that are no log rows in this new folder, as Parquet: file, line,"
                            + " column, reason, and the row as it is",
            AggregateOption.INDEX, "");

    private static final OptionSpec MASTER = OptionSpec.builder("--master")
            .type(String.class)
            .paramLabel("URL")
            .description("where Spark runs, such as local[*]; of spark-submit, give it there (default: this process)")
            .build();
    private static final OptionSpec PARTS = OptionSpec.builder("--parts")
            .type(boolean.class)
            .description("the result is a folder with parts, each a result file by itself, in order of their names")
            .build();

    private final AggregateOptions options;
    private final boolean parts;
    private final PrintWriter out;
    private final PrintWriter err;
    /** Where people are told what happens; not standard output when data goes there. */
    private final PrintWriter say;

    private final long started = System.nanoTime();

    private SparkAggregate(AggregateOptions options, boolean parts, PrintWriter out, PrintWriter err) {
        this.options = options;
        this.parts = parts;
        this.out = out;
        this.err = err;
        say = options.result() == null || options.reportJson() ? err : out;
    }

    /** Exits with 0 when done, 1 when it failed, 2 when the command line makes no sense. */
    public static void main(String... args) {
        int exitCode;
        try {
            exitCode = command().execute(args);
        } catch (NoClassDefFoundError e) {
            System.err.println("aggregate: Apache Spark is not there: start this jar with spark-submit, or put Spark's"
                    + " jars into a folder lib beside it");
            exitCode = 1;
        }
        // A driver that ends by itself is what tells a cluster that all went well.
        if (exitCode != 0) {
            System.exit(exitCode);
        }
    }

    static CommandLine command() {
        CommandSpec[] spec = new CommandSpec[1];
        Callable<Integer> callable = () -> run(spec[0].commandLine());
        spec[0] = CommandSpec.wrapWithoutInspection(callable)
                .name("batch-aggregator-spark")
                .mixinStandardHelpOptions(true);
        spec[0].usageMessage()
                .sortOptions(false)
                .abbreviateSynopsis(true)
                .description(
                        "Sums up the metrics of log files per period, user and app, on Apache Spark.",
                        "Rows count with from <= timestamp < to: the end is exclusive.")
                .footer(AggregateOption.FOOTER);
        for (AggregateOption option : AggregateOption.values()) {
            String different = DIFFERENT.get(option);
            if (different == null) {
                spec[0].addOption(option.spec());
            } else if (!different.isEmpty()) {
                spec[0].addOption(
                        OptionSpec.builder(option.spec()).description(different).build());
            }
        }
        spec[0].addOption(PARTS).addOption(MASTER);
        return Main.reporting(new CommandLine(spec[0]));
    }

    private static int run(CommandLine command) throws IOException {
        ParseResult parsed = command.getParseResult();
        AggregateOptions options;
        boolean parts = "true".equals(given(parsed, PARTS, System.getenv("PARTS")));
        try {
            options = AggregateOptions.of(Aggregate.given(parsed), System.getenv(), FORMATS);
            check(options, parts);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, e.getMessage());
        }
        String master = given(parsed, MASTER, System.getenv("MASTER"));
        if (master != null && !master.startsWith("local")) {
            throw new ParameterException(
                    command, "--master=" + master + ": expected local[N] or local[*]; a cluster is for spark-submit");
        }
        return new SparkAggregate(options, parts, command.getOut(), command.getErr()).run(master);
    }

    private static String given(ParseResult parsed, OptionSpec option, String otherwise) {
        OptionSpec matched = parsed.matchedOption(option.longestName());
        return matched == null ? otherwise : matched.<Object>getValue().toString();
    }

    private static void check(AggregateOptions options, boolean parts) {
        boolean toStandardOutput = options.result() == null;
        if (toStandardOutput && parts) {
            throw new IllegalArgumentException("--output=-: expected a name with --parts");
        }
        if (toStandardOutput && options.format() == AggregateOptions.Format.PARQUET) {
            throw new IllegalArgumentException("--output=-: expected a name with --format=parquet");
        }
    }

    private int run(String master) {
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
        } catch (Exception e) {
            return failed(describe(e));
        }
    }

    /** Of what went wrong in a task the cause counts, and not all that Spark has to say about the task. */
    private static String describe(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        if (cause instanceof IOException io) {
            return Aggregate.describe(io).lines().findFirst().orElse("");
        }
        return cause.toString().lines().findFirst().orElse("");
    }

    /** What spark-submit says counts, and where there is none the run is in this process. */
    private SparkSession session(String master) {
        SparkConf conf = new SparkConf().setIfMissing("spark.app.name", "batch-aggregator");
        if (master != null) {
            conf.setMaster(master);
        }
        conf.setIfMissing("spark.master", "local[" + options.threads() + "]");
        if (conf.get("spark.master").startsWith("local")) {
            conf.setIfMissing("spark.ui.enabled", "false");
            // 200 is for a cluster; AQE joins small ones, but each task has to write them all first.
            conf.setIfMissing("spark.sql.shuffle.partitions", Integer.toString(4 * options.threads()));
            conf.setIfMissing("spark.driver.host", "localhost");
            conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
        }
        SparkSession spark = SparkSession.builder().config(conf).getOrCreate();
        spark.conf().set("spark.sql.session.timeZone", "UTC");
        // A number that does not fit ends the run instead of becoming null or another one.
        spark.conf().set("spark.sql.ansi.enabled", "true");
        return spark;
    }

    private int failed(String message) {
        err.println("aggregate: ".concat(message));
        err.flush();
        return 1;
    }

    private int aggregate(SparkSession spark) throws IOException {
        Query query = options.query();
        Configuration hadoop = spark.sparkContext().hadoopConfiguration();
        Path rejects = options.rejects() == null ? null : new Path(options.rejects());
        if (rejects != null && rejects.getFileSystem(hadoop).exists(rejects)) {
            return failed("--rejects=" + rejects + " is already there");
        }
        SparkAggregation aggregation = new SparkAggregation(spark, query, options.strict(), SplitReader.Sizes.NORMAL);
        if (query.from() < query.to()) {
            long first = Math.floorDiv(query.from(), 86400L);
            long last = Math.floorDiv(query.to() - 1, 86400L);
            List<Long> days = aggregation.find(options.inputDir(), first, last);
            String missing = AggregateReport.missingDays(options.inputDir(), days, first, last);
            if (missing != null) {
                err.println(missing);
                err.flush();
            }
        }
        long listed = System.nanoTime();
        try (SparkResult result = new SparkResult(options, parts, hadoop)) {
            if (!aggregation.run(result)) {
                return failed("stopped at a line that is no log row (--strict): " + aggregation.firstReject());
            }
            long aggregated = System.nanoTime();
            tellRejects(aggregation, rejects);
            String saved = null;
            if (aggregation.groups() == 0) {
                say.println("No data found matching criteria.");
            } else {
                saved = result.deliver();
                if (options.result() != null) {
                    say.println("Results saved to: ".concat(saved));
                }
            }
            say.flush();
            tellReport(aggregation, saved, listed, aggregated);
            return 0;
        }
    }

    private void tellRejects(SparkAggregation aggregation, Path rejects) {
        if (rejects != null) {
            aggregation.rejects().write().parquet(rejects.toString());
        }
        long count = aggregation.account().rejected();
        if (count > 0) {
            List<String> first = aggregation.describeRejects(AggregateReport.REJECTS_SHOWN);
            AggregateReport.rejects(count, options.rejects(), "--rejects=DIR", first)
                    .forEach(err::println);
            err.flush();
        }
    }

    private void tellReport(SparkAggregation aggregation, String saved, long listed, long aggregated) {
        Account account = aggregation.account();
        long now = System.nanoTime();
        if (options.reportJson()) {
            PrintWriter to = options.result() == null ? err : out;
            to.println(AggregateReport.json(
                    aggregation.files(), account, aggregation.groups(), saved, (now - started) / 1_000_000));
            to.flush();
        } else if (!options.quiet()) {
            List<RunReport.Phase> phases = List.of(
                    new RunReport.Phase("starting, finding files", listed - started, 0, aggregation.files()),
                    new RunReport.Phase(
                            "read, sum up, write", aggregated - listed, account.read(), aggregation.files()),
                    new RunReport.Phase("hand over", now - aggregated, 0, 0));
            say.print(AggregateReport.text(aggregation.files(), account, aggregation.groups(), saved, phases));
            say.flush();
        }
    }
}
