package downsampling.batch;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;

/**
 * A result on its way: written to a hidden temporary file in the folder it is meant for, and given its name only when
 * whole. The name is the one asked for, or with one above the highest number behind it when that is taken; no file is
 * ever written over. When the program is interrupted the temporary file goes.
 */
final class ResultFile implements AutoCloseable {

    private final File wanted;
    private final File temporary;
    private final Thread cleaner;

    /**
     * @param wanted what the result is to be called, absolute; null for a file that gets no name, in the system's
     *     folder for such
     */
    ResultFile(File wanted) throws IOException {
        this.wanted = wanted;
        if (wanted == null) {
            temporary = File.createTempFile("aggregate", ".tmp");
        } else {
            File folder = wanted.getParentFile();
            if (!folder.isDirectory()) {
                Files.createDirectories(folder.toPath());
            }
            temporary = new File(folder, "." + wanted.getName() + "." + Long.toString(System.nanoTime(), 36) + ".tmp");
        }
        cleaner = new Cleaner(temporary);
        Runtime.getRuntime().addShutdownHook(cleaner);
    }

    private static final class Cleaner extends Thread {
        private final File file;

        Cleaner(File file) {
            this.file = file;
        }

        @Override
        public void run() {
            file.delete();
        }
    }

    File temporary() {
        return temporary;
    }

    /** Gives the file its name; returns it. */
    File publish() throws IOException {
        while (true) {
            File free = freeName();
            try {
                // A link, unlike a move, fails when another run has taken the name meanwhile.
                Files.createLink(free.toPath(), temporary.toPath());
            } catch (FileAlreadyExistsException e) {
                continue;
            } catch (UnsupportedOperationException | IOException e) {
                Files.move(temporary.toPath(), free.toPath());
            }
            return free;
        }
    }

    private File freeName() throws IOException {
        String[] siblings = wanted.getParentFile().list();
        if (siblings == null) {
            throw new IOException(wanted.getParentFile() + " is no folder that can be read");
        }
        return new File(wanted.getParentFile(), freeName(wanted.getName(), siblings));
    }

    /** The name, or when one of the siblings has it, with one above the highest number behind it. */
    static String freeName(String name, String... siblings) {
        int dot = name.lastIndexOf('.');
        String stem = dot <= 0 ? name : name.substring(0, dot);
        String extension = dot <= 0 ? "" : name.substring(dot);
        boolean taken = false;
        long highest = 0;
        for (String sibling : siblings) {
            taken |= sibling.equals(name);
            highest = Math.max(highest, number(sibling, stem + "_", extension));
        }
        return taken ? stem + "_" + (highest + 1) + extension : name;
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
    public void close() {
        temporary.delete();
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // The program is being interrupted, and the hook is at work.
        }
    }
}
