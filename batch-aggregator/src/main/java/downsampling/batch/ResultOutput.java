package downsampling.batch;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;

/**
 * The result as it is written: batches are formatted in parallel, and each writes when all before it have. Rows come in
 * order of batches, whatever thread is done first.
 */
final class ResultOutput implements Closeable {

    private final File path;
    private final RandomAccessFile file;
    private final byte[] head;
    /** Bytes that the very first row begins with and that are left out: a separator with nothing before it. */
    private final int leading;

    private int turn;
    private boolean aborted;
    private boolean anything;

    /** @param path where to write; the file is emptied */
    ResultOutput(File path, Query query, boolean json) throws IOException {
        this.path = path;
        file = new RandomAccessFile(path, "rw");
        head = ResultFormat.head(query, json).getBytes(StandardCharsets.UTF_8);
        leading = json ? 1 : 0;
        restart();
    }

    /** Forgets what has been written. */
    synchronized void restart() throws IOException {
        file.setLength(0);
        file.seek(0);
        file.write(head);
        turn = 0;
        aborted = false;
        anything = false;
    }

    /** Writes what there is of a batch, when it is its turn. */
    synchronized void write(int batch, Text text) throws IOException {
        await(batch);
        int from = anything ? 0 : Math.min(leading, text.length);
        anything |= text.length > 0;
        file.write(text.bytes, from, text.length - from);
        text.length = 0;
    }

    /** The batch is complete: the next one's turn. */
    synchronized void finish(int batch) throws IOException {
        await(batch);
        turn++;
        notifyAll();
    }

    /** Ends all waiting, because there will be no more turns. */
    synchronized void abort() {
        aborted = true;
        notifyAll();
    }

    boolean isEmpty() {
        return !anything;
    }

    void complete(boolean json) throws IOException {
        file.write(ResultFormat.foot(json).getBytes(StandardCharsets.UTF_8));
        file.close();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** A name beside the result for what does not fit into memory. */
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
