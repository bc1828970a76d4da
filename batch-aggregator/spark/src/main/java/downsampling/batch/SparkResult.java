package downsampling.batch;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * A result on any file system that Hadoop knows. Spark writes its parts into a hidden temporary folder beside the place
 * where the result will be. The driver then joins them, unless parts were asked for, and gives the result its name. As
 * on one machine, that is the name that was asked for, or one with a number if a file of that name exists.
 */
final class SparkResult implements AutoCloseable {

    private static final int BUFFER = 1 << 20;

    private final Query query;
    private final ResultFormat format;
    private final boolean parts;
    private final FileSystem files;
    /** The path that was asked for; null for standard output. */
    private final @Nullable Path wanted;
    /** A device, a pipe or the like on this machine, which is written into directly; null if the result is a file. */
    private final @Nullable Destination inPlace;

    private final Path temporary;

    SparkResult(AggregateOptions options, boolean parts, Configuration configuration) throws IOException {
        query = options.query();
        format = options.format();
        this.parts = parts;
        boolean toStandardOutput = options.result() == null;
        Path folder = new Path(options.resultsDir());
        Path path = toStandardOutput ? new Path(folder, "result") : new Path(folder, options.output());
        files = path.getFileSystem(configuration);
        // Hadoop would otherwise put a file with a checksum beside a local result.
        files.setWriteChecksum(false);
        wanted = toStandardOutput ? null : files.makeQualified(path);
        Path logs = new Path(options.inputDir());
        inPlace = inPlace(logs.getFileSystem(configuration).makeQualified(logs));
        if (inPlace != null && (parts || format == ResultFormat.PARQUET)) {
            throw new UsageException("--output=" + options.output()
                    + ": expected a file name with --parts or --format=parquet, not a device or a pipe");
        }
        Path folderForParts =
                inPlace == null ? path.getParent() : new Path("file:" + System.getProperty("java.io.tmpdir"));
        temporary = files.makeQualified(
                new Path(folderForParts, "." + path.getName() + "." + Long.toString(System.nanoTime(), 36) + ".tmp"));
        files.deleteOnExit(temporary);
    }

    /** @param logs the folder of the log files */
    private @Nullable Destination inPlace(Path logs) throws IOException {
        if (wanted == null || !isLocal(wanted)) {
            return null;
        }
        // If the log files lie elsewhere, no path of this machine can name one of them.
        Destination destination = Destination.of(
                AggregateOption.OUTPUT,
                new File(wanted.toUri().getPath()),
                isLocal(logs) ? logs.toUri().getPath() : null);
        if (destination.isInPlace()) {
            destination.check();
            return destination;
        }
        return null;
    }

    private static boolean isLocal(Path path) {
        return "file".equals(path.toUri().getScheme());
    }

    /** Whether the result goes to standard output, by whatever name. */
    boolean isStandardOutput() {
        return wanted == null || inPlace != null && inPlace.isStandardOutput();
    }

    /**
     * Writes the parts, and replaces those of an earlier attempt.
     *
     * @param groups one row for each group
     * @param counts receives the number of groups of each part
     */
    void write(Dataset<Row> groups, IdempotentAccumulator<Long> counts) {
        GroupSchema schema = new GroupSchema(query);
        Query query = this.query;
        if (format == ResultFormat.PARQUET) {
            Dataset<Row> sorted = parts
                    ? groups.orderBy(schema.keys())
                    : groups.repartition(1).sortWithinPartitions(schema.keys());
            MapPartitionsFunction<Row, Row> toRows = rows -> new ParquetRows(rows, query, counts);
            sorted.mapPartitions(toRows, Encoders.row(ParquetRows.type(query)))
                    .write()
                    .mode("overwrite")
                    .parquet(temporary.toString());
            return;
        }
        ResultFormat lines = format;
        boolean alone = parts;
        MapPartitionsFunction<Row, String> toLines = rows -> new ResultLines(rows, query, lines, alone, counts);
        groups.orderBy(schema.keys())
                .mapPartitions(toLines, Encoders.STRING())
                .write()
                .mode("overwrite")
                .text(temporary.toString());
    }

    /** Delivers the parts to their destination, and returns where that is, for people to read. */
    String deliver() throws IOException {
        if (wanted == null) {
            try {
                join(new FileOutputStream(FileDescriptor.out));
            } catch (IOException e) {
                throw Failure.withFile("standard output", e);
            }
            return "standard output";
        }
        if (inPlace != null) {
            try (OutputStream out = inPlace.open()) {
                join(out);
            } catch (IOException e) {
                throw Failure.withFile(inPlace.file().getPath(), e);
            }
            return inPlace.file().getPath();
        }
        if (parts) {
            String extension = "." + format.extension;
            for (Path part : parts()) {
                String name = part.getName();
                // Spark has given the parts the extension of a text file.
                files.rename(part, new Path(temporary, name.substring(0, name.indexOf('.')) + extension));
            }
            return publish(temporary, wanted);
        }
        if (format == ResultFormat.PARQUET) {
            return publish(parts().get(0), wanted);
        }
        Path whole = new Path(temporary, "whole");
        try (OutputStream out = files.create(whole)) {
            join(out);
        }
        return publish(whole, wanted);
    }

    private List<Path> parts() throws IOException {
        List<Path> found = new ArrayList<>();
        for (FileStatus status : files.listStatus(temporary)) {
            if (status.getPath().getName().startsWith("part-")) {
                found.add(status.getPath());
            }
        }
        found.sort(null);
        return found;
    }

    private void join(OutputStream out) throws IOException {
        out.write(ResultFormatter.head(query, format).getBytes(StandardCharsets.UTF_8));
        int drop = 0;
        if (format == ResultFormat.JSON) {
            out.write('\n');
            // Each row was written with a comma and a line break, of which the last row must have neither.
            drop = 2;
        }
        byte[] buffer = new byte[BUFFER];
        int held = 0;
        for (Path part : parts()) {
            try (InputStream in = files.open(part)) {
                for (int n; (n = in.read(buffer, held, BUFFER - held)) > 0; ) {
                    int whole = Math.max(0, held + n - drop);
                    out.write(buffer, 0, whole);
                    held = held + n - whole;
                    System.arraycopy(buffer, whole, buffer, 0, held);
                }
            }
        }
        out.write(ResultFormatter.foot(format).getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private String publish(Path done, Path wanted) throws IOException {
        while (true) {
            String[] siblings = Arrays.stream(files.listStatus(wanted.getParent()))
                    .map(status -> status.getPath().getName())
                    .toArray(String[]::new);
            Path free = new Path(
                    wanted.getParent(), ResultFile.freeName(wanted.getName(), "." + format.extension, siblings));
            if (files.rename(done, free)) {
                return LogSplit.display(free);
            }
            if (!files.exists(free)) {
                throw new IOException(LogSplit.display(free) + " could not be written");
            }
            // Another run has taken the name in the meantime.
        }
    }

    /** Removes the temporary folder. */
    @Override
    public void close() throws IOException {
        files.delete(temporary, true);
        files.cancelDeleteOnExit(temporary);
    }
}
