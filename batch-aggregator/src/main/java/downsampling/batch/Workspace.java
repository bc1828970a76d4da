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
import org.jspecify.annotations.Nullable;

/**
 * A hidden folder for unfinished files, beside the place where they will be when they are finished. It is removed when
 * it is closed, and also when the program is interrupted.
 *
 * <p>A killed program cannot remove its folder. But the operating system then releases the lock that every run holds on
 * its folder. So the next run in the same place can tell a leftover folder from the folder of a run that is still at
 * work (in another container or on another machine, perhaps), and removes the leftover.
 */
final class Workspace implements AutoCloseable {

    private static final String PREFIX = ".batch-aggregator-";
    private static final String SUFFIX = ".tmp";
    private static final String LOCK = "lock";
    /** How long a folder may be without a lock file, because it is just being made, before it counts as left over. */
    private static final long MAKING_MILLISECONDS = 60_000;

    /** The folders of this process. Their locks must not be tried, because closing the lock file would release them. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final File folder;
    private final Path key;
    private final Thread onShutdown;
    private @Nullable RandomAccessFile lock;

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
     * Makes a workspace, and removes those that killed runs have left in the same place.
     *
     * @param parent an existing folder
     */
    static Workspace in(File parent) throws IOException {
        Path place = parent.toPath().toRealPath();
        removeLeftovers(parent, place);
        while (true) {
            File folder = new File(parent, PREFIX + Long.toString(System.nanoTime(), 36) + SUFFIX);
            // The shutdown hook is registered before the folder is made, so that it can never be missed.
            Workspace workspace = new Workspace(folder, place.resolve(folder.getName()));
            try {
                Files.createDirectory(folder.toPath());
                workspace.lock = new RandomAccessFile(new File(folder, LOCK), "rw");
                if (isLocked(workspace.lock) && new File(folder, LOCK).exists()) {
                    return workspace;
                }
                // Another run mistook the folder for a leftover before it was locked, and removed it.
                workspace.close();
            } catch (FileAlreadyExistsException e) {
                // The folder belongs to another run.
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
            // The file system has no locks, so no other run can lock this folder and mistake it for a leftover.
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
            // The folder belongs to another user, or the file system has no locks. It stays.
        }
    }

    /** Removes a folder of files, the lock file last, so that a folder that is left can still be locked. */
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

    /** A file in the workspace. */
    File file(String name) {
        return new File(folder, name);
    }

    /** Removes the workspace and everything that is still in it. */
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
            // The program is being interrupted, and the hook is running.
        }
    }

    private void clear() {
        // It may take several attempts, because the threads of an interrupted run may still be writing.
        for (int attempt = 0; attempt < 100 && !remove(folder) && folder.exists(); attempt++) {
            LockSupport.parkNanos(1_000_000);
        }
        try {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            // The lock is released when the process ends.
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
