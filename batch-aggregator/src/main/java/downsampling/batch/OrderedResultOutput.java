package downsampling.batch;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;

/**
 * Writes a result in the order of its batches. Threads format batches in parallel, and each waits until all earlier
 * batches have been written, whichever thread finishes first.
 */
final class OrderedResultOutput implements Closeable {

    private final File path;
    private final ResultFormat format;
    private final RandomAccessFile file;
    private final byte[] head;
    /** How many bytes of the very first row are left out, because they only separate it from a row before. */
    private final int leading;

    private int turn;
    private boolean aborted;
    private boolean anything;

    /** @param path the file to write, which is emptied first */
    OrderedResultOutput(File path, Query query, ResultFormat format) throws IOException {
        this.path = path;
        this.format = format;
        file = new RandomAccessFile(path, "rw");
        head = ResultFormatter.head(query, format).getBytes(StandardCharsets.UTF_8);
        leading = format == ResultFormat.JSON ? 1 : 0;
        restart();
    }

    ResultFormat format() {
        return format;
    }

    /** Discards what has been written. */
    synchronized void restart() throws IOException {
        file.setLength(0);
        file.seek(0);
        put(head, 0, head.length);
        turn = 0;
        aborted = false;
        anything = false;
    }

    /** Waits for the batch's turn, and writes the text and clears it. */
    synchronized void write(int batch, ByteBuilder text) throws IOException {
        await(batch);
        int from = anything ? 0 : Math.min(leading, text.length);
        anything |= text.length > 0;
        put(text.bytes, from, text.length - from);
        text.length = 0;
    }

    private void put(byte[] bytes, int from, int length) throws IOException {
        try {
            file.write(bytes, from, length);
        } catch (IOException e) {
            throw Failure.withFile(path.getPath(), e);
        }
    }

    /** Ends the batch's turn; the next batch may be written. */
    synchronized void finish(int batch) throws IOException {
        await(batch);
        turn++;
        notifyAll();
    }

    /** Makes all waiting threads fail, because there will be no more turns. */
    synchronized void abort() {
        aborted = true;
        notifyAll();
    }

    /** Writes what ends a result, and closes the file. */
    void complete() throws IOException {
        byte[] foot = ResultFormatter.foot(format).getBytes(StandardCharsets.UTF_8);
        put(foot, 0, foot.length);
        file.close();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** A file beside the result for groups that do not fit into memory. */
    File beside(int number) {
        return new File(path.getPath() + "." + number);
    }

    private void await(int batch) throws IOException {
        try {
            while (turn != batch && !aborted) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            aborted = true;
        }
        if (aborted) {
            throw new java.io.InterruptedIOException("stopped");
        }
    }
}
