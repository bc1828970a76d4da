package downsampling.batch;

import java.io.Closeable;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/**
 * A log file on any file system that Hadoop knows. It is read in large chunks, so that a small step back stays within
 * the last chunk: on an object store, a step back outside of it is a new request.
 */
final class HadoopInput implements LogReader.Input, Closeable {

    private final FSDataInputStream in;
    private final byte[] chunk = new byte[1 << 20];
    private long chunkStart;
    private int chunkSize;
    private long position;

    HadoopInput(String file, Configuration configuration) throws IOException {
        Path path = new Path(file);
        in = path.getFileSystem(configuration).open(path);
    }

    @Override
    public void seek(long position) {
        this.position = position;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (position < chunkStart || position >= chunkStart + chunkSize) {
            if (position != chunkStart + chunkSize) {
                in.seek(position);
            }
            chunkStart = position;
            chunkSize = Math.max(0, in.read(chunk, 0, chunk.length));
            if (chunkSize == 0) {
                return -1;
            }
        }
        int at = (int) (position - chunkStart);
        int count = Math.min(length, chunkSize - at);
        System.arraycopy(chunk, at, into, offset, count);
        position += count;
        return count;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
