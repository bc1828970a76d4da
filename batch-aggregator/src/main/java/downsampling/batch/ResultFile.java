package downsampling.batch;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A result file that gets its name only when it is complete. It is written to a {@link Workspace} in the folder where
 * it will be. Its name is the one that was asked for, or a numbered one if a file of that name exists; no file is ever
 * overwritten. A result for standard output, or for what is not a regular file, is made in the system's folder for
 * temporary files and then copied.
 */
final class ResultFile implements AutoCloseable {

    private final @Nullable Destination destination;
    private final String extension;
    private final Workspace workspace;

    /**
     * @param destination where the result goes; null for standard output
     * @param extension the extension, with its dot, of a numbered name if the name that was asked for has none
     */
    ResultFile(@Nullable Destination destination, String extension) throws IOException {
        this.destination = destination;
        this.extension = extension;
        if (destination == null || destination.isInPlace()) {
            workspace = Workspace.in(new File(System.getProperty("java.io.tmpdir")));
            return;
        }
        File folder = destination.file().getParentFile();
        if (!folder.isDirectory()) {
            if (folder.exists()) {
                throw new IOException(folder + " is not a folder");
            }
            Files.createDirectories(folder.toPath());
        }
        workspace = Workspace.in(folder);
    }

    /** The file to write the result to. */
    File temporary() {
        return workspace.file("result");
    }

    /** A temporary file beside the result. */
    File beside(String name) {
        return workspace.file(name);
    }

    /** Moves or copies the finished result to its destination, and returns where that is, for people to read. */
    String deliver() throws IOException {
        if (destination == null) {
            copy(new FileOutputStream(FileDescriptor.out), "standard output");
            return "standard output";
        }
        if (destination.isInPlace()) {
            try (OutputStream out = destination.open()) {
                copy(out, destination.file().toString());
            }
            return destination.file().toString();
        }
        return publish(destination.file()).toString();
    }

    private void copy(OutputStream out, String where) throws IOException {
        try (InputStream in = new FileInputStream(temporary())) {
            in.transferTo(out);
            out.flush();
        } catch (IOException e) {
            throw Failure.withFile(where, e);
        }
    }

    /** Gives the file its name, and returns it. */
    private File publish(File wanted) throws IOException {
        Set<String> tried = new HashSet<>();
        while (true) {
            File free = freeName(wanted, tried);
            tried.add(free.getName());
            try {
                // Unlike a move, a link fails if another run has taken the name in the meantime.
                Files.createLink(free.toPath(), temporary().toPath());
            } catch (FileAlreadyExistsException e) {
                continue;
            } catch (UnsupportedOperationException | IOException e) {
                Files.move(temporary().toPath(), free.toPath());
            }
            return free;
        }
    }

    /** @param tried names that are taken although the folder may not list them: some file systems ignore case */
    private File freeName(File wanted, Set<String> tried) throws IOException {
        String[] siblings = wanted.getParentFile().list();
        if (siblings == null) {
            throw new IOException(wanted.getParentFile() + " is not a folder that can be read");
        }
        tried.addAll(Arrays.asList(siblings));
        return new File(wanted.getParentFile(), freeName(wanted.getName(), extension, tried.toArray(String[]::new)));
    }

    /**
     * Returns the name, or if one of the siblings has it, the name with a number that is one above the highest one
     * among the siblings. A numbered name always has an extension.
     */
    static String freeName(String name, String extension, String... siblings) {
        int letters = 0;
        while (letters < name.length() && name.charAt(letters) == '.') {
            letters++;
        }
        int dot = name.lastIndexOf('.');
        String stem = dot < letters ? name : name.substring(0, dot);
        String end = dot < letters ? extension : name.substring(dot);
        boolean taken = false;
        long highest = 0;
        for (String sibling : siblings) {
            taken |= sibling.equals(name);
            highest = Math.max(highest, number(sibling, stem + "_", end));
        }
        return taken ? stem + "_" + (highest + 1) + end : name;
    }

    private static long number(String name, String before, String after) {
        int end = name.length() - after.length();
        if (end <= before.length() || end - before.length() > 18 || !name.startsWith(before) || !name.endsWith(after)) {
            return 0;
        }
        long number = 0;
        for (int i = before.length(); i < end; i++) {
            char c = name.charAt(i);
            if (c < '0' || c > '9') {
                return 0;
            }
            number = 10 * number + c - '0';
        }
        return number;
    }

    /** Removes what has not been delivered. */
    @Override
    public void close() {
        workspace.close();
    }
}
