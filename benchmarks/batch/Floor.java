import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Shows the least time that a Java program can take for a query: it reads all log files of a folder with two threads,
 * counts their lines, and writes as many bytes as the result has.
 *
 * <p>Usage: {@code Floor FOLDER [RESULT BYTES]}
 */
final class Floor implements Runnable {

    private static final VarHandle WORDS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;

    private static final AtomicInteger next = new AtomicInteger();
    private static File[] files;
    private static RandomAccessFile result;
    private static int bytesPerFile;
    private static long lines;

    public static void main(String... args) throws Exception {
        files = new File(args[0]).listFiles((folder, name) -> name.endsWith(".log.csv"));
        if (args.length > 1) {
            result = new RandomAccessFile(args[1], "rw");
            result.setLength(0);
            bytesPerFile = Integer.parseInt(args[2]) / files.length;
        }
        Thread other = new Thread(new Floor());
        other.start();
        new Floor().run();
        other.join();
        System.out.println(lines);
    }

    @Override
    public void run() {
        byte[] buffer = new byte[1 << 17];
        byte[] prepared = new byte[bytesPerFile];
        long found = 0;
        try {
            for (int i = next.getAndIncrement(); i < files.length; i = next.getAndIncrement()) {
                try (RandomAccessFile in = new RandomAccessFile(files[i], "r")) {
                    for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                        found += lines(buffer, n);
                    }
                }
                write(prepared);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        add(found);
    }

    private static long lines(byte[] b, int length) {
        long found = 0;
        int at = 0;
        for (; at + 8 <= length; at += 8) {
            long zero = (long) WORDS.get(b, at) ^ '\n' * ONES;
            found += Long.bitCount(~((zero & ~(0x80 * ONES)) + 0x7F * ONES | zero) & 0x80 * ONES);
        }
        for (; at < length; at++) {
            found += b[at] == '\n' ? 1 : 0;
        }
        return found;
    }

    private static synchronized void write(byte[] bytes) throws IOException {
        if (result != null) {
            result.write(bytes);
        }
    }

    private static synchronized void add(long found) {
        lines += found;
    }
}
