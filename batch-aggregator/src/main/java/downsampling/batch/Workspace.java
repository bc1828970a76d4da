package downsampling.batch;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * A hidden folder for what is not finished yet, beside where it will be when it is. It goes when it is closed, and also
 * when the program is interrupted.
 *
 * <p>A killed program cannot tidy up. But the operating system then takes back the lock that a run holds on its folder,
 * so the next run in the same place can tell what is left over from what another run is still at, be it in another
 * container or on another machine, and removes the former.
 */
final class Workspace implements AutoCloseable {

    private static final String PREFIX = ".batch-aggregator-";
    private static final String SUFFIX = ".tmp";
    private static final String LOCK = "lock";
    /** A folder without a lock file is one that is just being made, or one that was left over in that moment. */
    private static final long MAKING_MILLISECONDS = 60_000;

    /** The folders of this process, whose own locks are not to be tried: closing the file would give them up. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final File folder;
    private final Path key;
    private final Thread onShutdown;
    private RandomAccessFile lock;

    private Workspace(File folder, Path key) throws IOException {
        this.folder = folder;
        this.key = key;
        onShutdown = new Remover(this);
        try {
            Runtime.getRuntime().addShutdownHook(onShutdown);
        } catch (IllegalStateException e) {
            throw new InterruptedIOException("interrupted");
        }
        OWN.add(key);
    }

    /**
     * Makes one, and removes those that killed runs have left in the same place.
     *
     * @param parent a folder that is there
     */
    static Workspace in(File parent) throws IOException {
        Path place = parent.toPath().toRealPath();
        removeLeftovers(parent, place);
        while (true) {
            File folder = new File(parent, PREFIX + Long.toString(System.nanoTime(), 36) + SUFFIX);
            // Before there is anything to remove, so that no moment is without somebody who does.
            Workspace workspace = new Workspace(folder, place.resolve(folder.getName()));
            try {
                Files.createDirectory(folder.toPath());
                workspace.lock = new RandomAccessFile(new File(folder, LOCK), "rw");
                if (isLocked(workspace.lock) && new File(folder, LOCK).exists()) {
                    return workspace;
                }
                // Another run took it for a leftover before it was locked.
                workspace.close();
            } catch (FileAlreadyExistsException e) {
                // Another run's.
                workspace.forget();
            } catch (FileSystemException e) {
                workspace.close();
                throw new FileSystemException(
                        parent.getPath(),
                        null,
                        "nothing can be written there" + (e.getReason() == null ? "" : " (" + e.getReason() + ")"));
            }
        }
    }

    private static boolean isLocked(RandomAccessFile lock) {
        try {
            return lock.getChannel().tryLock() != null;
        } catch (IOException e) {
            // A file system without locks. Nobody can lock there, so nobody takes this folder for a leftover.
            return true;
        }
    }

    private static void removeLeftovers(File parent, Path place) {
        String[] names = parent.list();
        if (names == null) {
            return;
        }
        for (String name : names) {
            File folder = new File(parent, name);
            if (name.startsWith(PREFIX) && name.endsWith(SUFFIX) && !OWN.contains(place.resolve(name))) {
                removeIfLeftOver(folder);
            }
        }
    }

    private static void removeIfLeftOver(File folder) {
        Path lock = folder.toPath().resolve(LOCK);
        if (Files.isSymbolicLink(folder.toPath()) || Files.isSymbolicLink(lock)) {
            return;
        }
        if (!Files.exists(lock)) {
            if (folder.lastModified() < System.currentTimeMillis() - MAKING_MILLISECONDS) {
                remove(folder);
            }
            return;
        }
        try (RandomAccessFile file = new RandomAccessFile(lock.toFile(), "rw");
                FileLock held = file.getChannel().tryLock()) {
            if (held != null) {
                remove(folder);
            }
        } catch (IOException | OverlappingFileLockException e) {
            // Another user's, or where there are no locks: it stays.
        }
    }

    /** Removes a folder of files; the lock last, so that what is left can be locked again. */
    private static boolean remove(File folder) {
        String[] names = folder.list();
        if (names != null) {
            for (String name : names) {
                if (!name.equals(LOCK)) {
                    new File(folder, name).delete();
                }
            }
        }
        new File(folder, LOCK).delete();
        return folder.delete();
    }

    /** A file in it. */
    File file(String name) {
        return new File(folder, name);
    }

    /** Removes it with all that is still in it. */
    @Override
    public void close() {
        clear();
        forget();
    }

    private void forget() {
        OWN.remove(key);
        try {
            Runtime.getRuntime().removeShutdownHook(onShutdown);
        } catch (IllegalStateException e) {
            // The program is being interrupted, and the hook is at work.
        }
    }

    private void clear() {
        // More than once, as threads of an interrupted run may still be writing.
        for (int attempt = 0; attempt < 100 && !remove(folder) && folder.exists(); attempt++) {
            LockSupport.parkNanos(1_000_000);
        }
        try {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            // Then it goes with the process.
        }
    }

    private static final class Remover extends Thread {
        private final Workspace workspace;

        Remover(Workspace workspace) {
            this.workspace = workspace;
        }

        @Override
        public void run() {
            workspace.clear();
        }
    }
}
