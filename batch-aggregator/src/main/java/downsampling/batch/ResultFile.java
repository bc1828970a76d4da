package downsampling.batch;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A result on its way: written to a hidden temporary file in the folder it is meant for, and given its name only when
 * whole. The name is the one asked for, or with one above the highest number behind it when that is taken; no file is
 * ever written over. When the program is interrupted the temporary file goes.
 */
final class ResultFile implements AutoCloseable {

    private final Path wanted;
    private final Path temporary;
    private final Thread cleaner;

    /**
     * @param wanted what the result is to be called; null for a file that gets no name, in the system's folder for such
     */
    ResultFile(Path wanted) throws IOException {
        this.wanted = wanted;
        if (wanted == null) {
            temporary = Files.createTempFile("aggregate", ".tmp");
        } else {
            Files.createDirectories(wanted.getParent());
            temporary = wanted.resolveSibling(
                    "." + wanted.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        }
        cleaner = new Thread(() -> temporary.toFile().delete());
        Runtime.getRuntime().addShutdownHook(cleaner);
    }

    Path temporary() {
        return temporary;
    }

    /** Gives the file its name; returns it. */
    Path publish() throws IOException {
        while (true) {
            Path free = freeName();
            try {
                // A link, unlike a move, fails when another run has taken the name meanwhile.
                Files.createLink(free, temporary);
            } catch (FileAlreadyExistsException e) {
                continue;
            } catch (UnsupportedOperationException | IOException e) {
                Files.move(temporary, free);
            }
            return free;
        }
    }

    private Path freeName() throws IOException {
        if (Files.notExists(wanted, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return wanted;
        }
        String name = wanted.getFileName().toString();
        int dot = name.lastIndexOf('.');
        String stem = dot <= 0 ? name : name.substring(0, dot);
        String extension = dot <= 0 ? "" : name.substring(dot);
        long highest = 0;
        try (DirectoryStream<Path> siblings = Files.newDirectoryStream(wanted.getParent())) {
            for (Path sibling : siblings) {
                highest = Math.max(highest, number(sibling.getFileName().toString(), stem + "_", extension));
            }
        }
        return wanted.resolveSibling(stem + "_" + (highest + 1) + extension);
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

    /** Removes the temporary file. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(temporary);
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // The program is being interrupted, and the hook is at work.
        }
    }
}
