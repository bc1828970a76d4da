package downsampling.batch;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Describes failures in one line for people. Many of the JDK's file exceptions say nothing but the path. */
final class Failure {

    private Failure() {}

    static String describe(Throwable e) {
        if (e instanceof UncheckedIOException unchecked && unchecked.getCause() != null) {
            return describe(unchecked.getCause());
        }
        if (e instanceof ClosedByInterruptException
                || e instanceof InterruptedIOException
                || e instanceof InterruptedException) {
            return "interrupted";
        }
        if (e instanceof FileSystemException file) {
            String wrong = reason(file);
            return file.getFile() + (file.getReason() == null ? " " : ": ").concat(wrong);
        }
        if (e instanceof FileNotFoundException && e.getMessage() != null) {
            return e.getMessage().replace(" (No such file or directory)", " does not exist");
        }
        return e instanceof IOException && e.getMessage() != null ? e.getMessage() : e.toString();
    }

    private static String reason(FileSystemException e) {
        if (e.getReason() != null) {
            return e.getReason();
        }
        if (e instanceof NoSuchFileException) {
            return "does not exist";
        }
        if (e instanceof AccessDeniedException) {
            return "may not be read or written";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "already exists";
        }
        if (e instanceof NotDirectoryException) {
            return "is not a folder";
        }
        if (e instanceof DirectoryNotEmptyException) {
            return "is a folder that is not empty";
        }
        return "cannot be read or written";
    }

    /** Adds the file that a failure is about, unless the failure already names it. */
    static IOException withFile(String file, IOException e) {
        boolean said = e instanceof FileSystemException
                || e instanceof FileNotFoundException
                || e instanceof InterruptedIOException
                || e instanceof ClosedByInterruptException;
        if (said) {
            return e;
        }
        FileSystemException named = new FileSystemException(file, null, describe(e));
        named.initCause(e);
        return named;
    }
}
