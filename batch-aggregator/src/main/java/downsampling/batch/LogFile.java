package downsampling.batch;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A log file, which normally holds the rows of one day.
 *
 * @param file the path
 * @param day the date in its name, in days since 1970-01-01
 * @param size its size in bytes when it was listed
 */
record LogFile(File file, long day, long size) {

    static final String SUFFIX = ".log.csv";

    /** A log file that is open for reading. */
    static final class Opened extends RandomAccessFile implements LogReader.Input {

        Opened(File file) throws FileNotFoundException {
            super(file, "r");
        }
    }

    Opened open() throws FileNotFoundException {
        return new Opened(file);
    }

    /** Lists the log files of a folder that have a date in {@code [first, last]} in their names, in order. */
    static List<LogFile> list(File folder, long first, long last) throws IOException {
        String[] names = folder.list();
        if (names == null) {
            throw new IOException(folder + (folder.exists() ? " is not a folder that can be read" : " does not exist"));
        }
        Arrays.sort(names);
        List<LogFile> files = new ArrayList<>();
        for (String name : names) {
            long day = day(name);
            if (day >= first && day <= last) {
                File file = new File(folder, name);
                // A reader would wait forever for a pipe.
                if (!file.isFile()) {
                    throw new IOException(file
                            + (file.exists() ? " is not a regular file" : " is a symbolic link that leads nowhere"));
                }
                files.add(new LogFile(file, day, file.length()));
            }
        }
        return files;
    }

    /**
     * The day in the name of a file, in days since 1970-01-01; {@link Long#MIN_VALUE} if no log file has such a name.
     */
    static long day(String name) {
        if (name.length() != 10 + SUFFIX.length() || !name.endsWith(SUFFIX)) {
            return Long.MIN_VALUE;
        }
        int year = number(name, 0, 4);
        try {
            return year < 0
                    ? Long.MIN_VALUE
                    : LocalDate.of(year, number(name, 5, 7), number(name, 8, 10))
                            .toEpochDay();
        } catch (DateTimeException e) {
            return Long.MIN_VALUE;
        }
    }

    private static int number(String name, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            char c = name.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            number = 10 * number + c - '0';
        }
        return to == name.length() - SUFFIX.length() || name.charAt(to) == '-' ? number : -1;
    }
}
