package downsampling.batch;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import org.jspecify.annotations.Nullable;

/**
 * Where a file that was asked for by name is really written. Symbolic links are followed. What is not a regular file (a
 * device, a pipe, standard output by one of its names) is written into and never replaced. A log file is never
 * overwritten.
 *
 * <p>Names such as {@code /dev/fd/3} stand for what the process has open, and this process has opened more than it was
 * given: the JDK's classes, its own jar, log files. So only a descriptor that is open for writing is accepted.
 */
final class Destination {

    /** How many links are followed before they are considered a circle; Linux has the same limit. */
    private static final int MOST_LINKS = 40;

    private final String name;
    private final Path path;
    /** Standard output or standard error; null if the destination is neither. */
    private final @Nullable FileDescriptor stream;

    private final boolean inPlace;
    /** Whether it is open already, so that its contents belong to whoever opened it. */
    private final boolean open;

    private Destination(String name, Path path, @Nullable FileDescriptor stream, boolean inPlace, boolean open) {
        this.name = name;
        this.path = path;
        this.stream = stream;
        this.inPlace = inPlace;
        this.open = open;
    }

    /**
     * Finds the destination that a name stands for.
     *
     * @param option the option that gave the name, for messages
     * @param file the file as it was named
     * @param inputDir the folder of the log files; null if they are not on this machine
     * @throws UsageException if a file cannot have that name, or if it is or would be a log file
     * @throws IOException if symbolic links lead in a circle, or to a descriptor that is not open for writing
     */
    static Destination of(AggregateOption option, File file, @Nullable String inputDir) throws IOException {
        Path named = file.toPath().toAbsolutePath();
        String last = named.getFileName() == null ? ".." : named.getFileName().toString();
        if (last.equals(".") || last.equals("..")) {
            throw new UsageException(option.names.get(0) + "=" + file + ": expected the name of a file");
        }
        FileDescriptor stream = stream(named);
        Path path = stream == null ? follow(named) : named;
        boolean open = stream == null && isDescriptor(path);
        if (open && !isOpenForWriting(path)) {
            throw new IOException(file.getPath() + " is not open for writing");
        }
        boolean special = Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
        if (stream == null && !special && inputDir != null) {
            refuseLogFile(option, file, path, new File(inputDir));
        }
        if (stream != null || special || open) {
            return new Destination(file.getPath(), path, stream, true, open);
        }
        // A file may be writable in a folder that is not, for example if it is mounted into a container.
        boolean inPlace = Files.isRegularFile(path) && !Files.isWritable(path.getParent()) && Files.isWritable(path);
        return new Destination(file.getPath(), path, null, inPlace, false);
    }

    private static @Nullable FileDescriptor stream(Path named) {
        if (isSame(named, "/dev/null")) {
            // Even if standard output leads to /dev/null, what is thrown away here is not meant for standard output.
            return null;
        }
        return isSame(named, "/dev/stdout")
                ? FileDescriptor.out
                : isSame(named, "/dev/stderr") ? FileDescriptor.err : null;
    }

    private static boolean isSame(Path path, String other) {
        try {
            return Files.exists(path) && Files.isSameFile(path, Path.of(other));
        } catch (IOException e) {
            return false;
        }
    }

    /** Follows symbolic links, whether or not the target exists, but not a descriptor, which only looks like a link. */
    static Path follow(Path named) throws IOException {
        Path path = named.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(path) && !isDescriptor(path); links++) {
            if (links == MOST_LINKS) {
                throw new IOException(named + " is a symbolic link that leads nowhere");
            }
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        return path;
    }

    /** Whether the path is {@code /proc/PID/fd/N}, by whatever way, which stands for a descriptor, open or not. */
    private static boolean isDescriptor(Path path) {
        try {
            Path parent = path.getParent();
            Path real = parent == null ? null : parent.toRealPath();
            return real != null && real.startsWith("/proc") && real.endsWith("fd");
        } catch (IOException e) {
            return false;
        }
    }

    /** Uses the permissions of the link itself, which say how the descriptor was opened. */
    private static boolean isOpenForWriting(Path descriptor) throws IOException {
        return Files.getPosixFilePermissions(descriptor, LinkOption.NOFOLLOW_LINKS)
                .contains(PosixFilePermission.OWNER_WRITE);
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
                    option.names.get(0) + "=" + named + ": expected a file that is not a log file in --input-dir");
        }
    }

    /** Whether the destination is written into directly, rather than replaced by a finished file. */
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
     * Checks before a run whether the file can be written at its end.
     *
     * @throws IOException if it cannot
     */
    void check() throws IOException {
        Path folder = path.getParent();
        if (folder == null || Files.isDirectory(path)) {
            throw new IOException(name + " is a folder");
        }
        if (!Files.exists(folder)) {
            throw new IOException(name + " cannot be written: " + folder + " does not exist");
        }
        if (!Files.isDirectory(folder)) {
            throw new IOException(name + " cannot be written: " + folder + " is not a folder");
        }
        boolean writable = Files.exists(path) ? Files.isWritable(path) : Files.isWritable(folder);
        if (!writable) {
            throw new IOException(name + " may not be written");
        }
    }

    /** Opens a destination that is written into directly. Closing the stream leaves standard output open. */
    OutputStream open() throws IOException {
        if (stream == null) {
            return new FileOutputStream(path.toFile(), open);
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

    /** Replaces the destination by a finished file. */
    void replaceBy(File whole) throws IOException {
        try {
            Files.move(whole.toPath(), path, StandardCopyOption.REPLACE_EXISTING);
        } catch (FileSystemException e) {
            if (!Files.isRegularFile(path)) {
                throw e;
            }
            // Some files, such as mount points, can be written but not replaced.
            try (OutputStream out = new FileOutputStream(path.toFile())) {
                Files.copy(whole.toPath(), out);
            }
        }
    }
}
