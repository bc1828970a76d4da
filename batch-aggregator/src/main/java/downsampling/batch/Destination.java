package downsampling.batch;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Where a file that was asked for by name really goes: symbolic links are followed, what is no regular file (a device, a
 * pipe, standard output under one of its names) is written into and never replaced, and no log file is written over.
 */
final class Destination {

    /** Links to follow before they are taken for a circle, as Linux does. */
    private static final int MOST_LINKS = 40;

    private final String name;
    private final Path path;
    /** Standard output or standard error; null for neither. */
    private final FileDescriptor stream;

    private final boolean inPlace;

    private Destination(String name, Path path, FileDescriptor stream, boolean inPlace) {
        this.name = name;
        this.path = path;
        this.stream = stream;
        this.inPlace = inPlace;
    }

    /**
     * @param option the option that names it, for messages
     * @param file as it was named
     * @param inputDir where the log files are
     * @throws UsageException when it is or would be a log file to be read
     * @throws IOException when symbolic links lead in a circle
     */
    static Destination of(AggregateOption option, File file, String inputDir) throws IOException {
        Path named = file.toPath().toAbsolutePath();
        FileDescriptor stream = isSame(named, "/dev/stdout")
                ? FileDescriptor.out
                : isSame(named, "/dev/stderr") ? FileDescriptor.err : null;
        boolean special = Files.exists(named) && !Files.isRegularFile(named) && !Files.isDirectory(named);
        // A regular file under a name like /dev/fd/3 is open already, and whoever opened it would not see another one.
        boolean open = named.startsWith("/dev") || named.startsWith("/proc");
        if (stream != null || special || open && Files.exists(named)) {
            return new Destination(file.getPath(), named, stream, true);
        }
        Path path = follow(named);
        refuseLogFile(option, file, path, new File(inputDir));
        // In a folder that may not be written a file may still be, as one that is mounted into a container.
        boolean inPlace = Files.isRegularFile(path) && !Files.isWritable(path.getParent()) && Files.isWritable(path);
        return new Destination(file.getPath(), path, null, inPlace);
    }

    private static boolean isSame(Path path, String other) {
        try {
            return Files.exists(path) && Files.isSameFile(path, Path.of(other));
        } catch (IOException e) {
            return false;
        }
    }

    /** Where symbolic links lead, be there something or not. */
    static Path follow(Path named) throws IOException {
        Path path = named.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(path); links++) {
            if (links == MOST_LINKS) {
                throw new IOException(named + " is a symbolic link that leads nowhere");
            }
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        return path;
    }

    private static void refuseLogFile(AggregateOption option, File named, Path path, File inputDir) throws IOException {
        String name = path.getFileName() == null ? "" : path.getFileName().toString();
        boolean wouldBe = LogFile.day(name) != Long.MIN_VALUE
                && path.getParent() != null
                && isSame(path.getParent(), inputDir.getPath());
        String[] others = Files.isRegularFile(path) ? inputDir.list() : null;
        for (int i = 0; others != null && i < others.length && !wouldBe; i++) {
            wouldBe = LogFile.day(others[i]) != Long.MIN_VALUE && isSame(path, new File(inputDir, others[i]).getPath());
        }
        if (wouldBe) {
            throw new UsageException(
                    option.names.get(0) + "=" + named + ": expected a file that is no log" + " file in --input-dir");
        }
    }

    /** Whether it is written into as it is, rather than made anew and put in place when whole. */
    boolean isInPlace() {
        return inPlace;
    }

    boolean isStandardOutput() {
        return stream == FileDescriptor.out;
    }

    File file() {
        return path.toFile();
    }

    /**
     * Says before a run what would stop it at its end.
     *
     * @throws IOException when the file cannot be written
     */
    void check() throws IOException {
        Path folder = path.getParent();
        if (Files.isDirectory(path)) {
            throw new IOException(name + " is a folder");
        }
        if (!Files.exists(folder)) {
            throw new IOException(name + " cannot be written: " + folder + " is not there");
        }
        if (!Files.isDirectory(folder)) {
            throw new IOException(name + " cannot be written: " + folder + " is no folder");
        }
        boolean writable = Files.exists(path) ? Files.isWritable(path) : Files.isWritable(folder);
        if (!writable) {
            throw new IOException(name + " may not be written");
        }
    }

    /** Opens what is in place for writing; closing the stream leaves standard output open. */
    OutputStream open() throws IOException {
        if (stream == null) {
            return new FileOutputStream(path.toFile());
        }
        return new FilterOutputStream(new FileOutputStream(stream)) {
            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                out.write(bytes, from, length);
            }

            @Override
            public void close() throws IOException {
                flush();
            }
        };
    }

    /** Puts a whole file in its place. */
    void replaceBy(File whole) throws IOException {
        try {
            Files.move(whole.toPath(), path, StandardCopyOption.REPLACE_EXISTING);
        } catch (FileSystemException e) {
            if (!Files.isRegularFile(path)) {
                throw e;
            }
            // What can be written but not replaced, such as a mount point.
            try (OutputStream out = new FileOutputStream(path.toFile())) {
                Files.copy(whole.toPath(), out);
            }
        }
    }
}
