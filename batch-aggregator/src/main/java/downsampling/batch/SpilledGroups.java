package downsampling.batch;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;

/**
 * Groups put on disk in the result's order because they took too much memory, and read again for the merge. The file
 * goes when they have been read.
 */
final class SpilledGroups implements Merge.Run {

    private static final int BUFFER = 1 << 16;

    private final File file;
    private final ResultRow row = new ResultRow();
    private DataInputStream in;

    private SpilledGroups(File file) {
        this.file = file;
        row.user = new byte[0];
        row.app = new byte[0];
    }

    static SpilledGroups write(Groups groups, File file) throws IOException {
        file.deleteOnExit();
        Merge.Run all = new Merge.GroupsRun(groups);
        ResultRow row = all.row();
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(new FileOutputStream(file), BUFFER))) {
            while (all.advance()) {
                out.writeLong(row.period);
                out.writeInt(row.userTo - row.userFrom);
                out.writeInt(row.appTo - row.appFrom);
                if (row.userTo > row.userFrom) {
                    out.write(row.user, row.userFrom, row.userTo - row.userFrom);
                }
                if (row.appTo > row.appFrom) {
                    out.write(row.app, row.appFrom, row.appTo - row.appFrom);
                }
                out.writeLong(row.count);
                for (int metric = 0; metric < RowParser.METRICS; metric++) {
                    out.writeLong(row.low[metric]);
                    out.writeLong(row.carry[metric]);
                    out.writeLong(row.min[metric]);
                    out.writeLong(row.max[metric]);
                }
            }
        } catch (IOException e) {
            file.delete();
            throw e;
        }
        return new SpilledGroups(file);
    }

    @Override
    public ResultRow row() {
        return row;
    }

    @Override
    public boolean advance() throws IOException {
        if (in == null) {
            in = new DataInputStream(new BufferedInputStream(new FileInputStream(file), BUFFER));
        }
        try {
            row.period = in.readLong();
        } catch (EOFException e) {
            close();
            return false;
        }
        row.userTo = in.readInt();
        row.appTo = in.readInt();
        row.user = read(row.user, row.userTo);
        row.app = read(row.app, row.appTo);
        row.count = in.readLong();
        for (int metric = 0; metric < RowParser.METRICS; metric++) {
            row.low[metric] = in.readLong();
            row.carry[metric] = in.readLong();
            row.min[metric] = in.readLong();
            row.max[metric] = in.readLong();
        }
        return true;
    }

    private byte[] read(byte[] into, int length) throws IOException {
        byte[] bytes = into.length < length ? new byte[length] : into;
        in.readFully(bytes, 0, length);
        return bytes;
    }

    @Override
    public void close() throws IOException {
        if (in != null) {
            in.close();
        }
        file.delete();
    }
}
