package downsampling.batch;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reports where rejected lines stand and what is wrong with them, and keeps them if asked to. The run itself only
 * counts them. This class reads the files that have some once more, in order and by the careful path alone. So the run
 * pays nothing for what is rare, messages come in the order of the files however many threads ran, and memory does not
 * grow.
 */
final class RejectReport implements LogReader.Handler {

    private static final int LONGEST_FOUND = 60;

    /** Stops the reading of a file early. */
    private static final class Enough extends RuntimeException {
        private static final long serialVersionUID = 1;

        Enough() {
            super(null, null, false, false);
        }
    }

    private final int show;
    private final @Nullable OutputStream keep;
    private final List<String> messages = new ArrayList<>();
    // Both are set before a file is read.
    @SuppressWarnings("NullAway.Init")
    private LogFile file;

    @SuppressWarnings("NullAway.Init")
    private LineCounter<LogFile.Opened> lines;

    private boolean lineOpen;

    /**
     * @param show how many rejected lines to describe
     * @param keep where all rejected lines are written as they stand in the files; null if they are not kept
     */
    RejectReport(int show, @Nullable OutputStream keep) {
        this.show = show;
        this.keep = keep;
    }

    /** Reads files, and returns one line for each rejected line that is to be described. */
    List<String> read(List<LogFile> files) throws IOException {
        LogReader reader = new LogReader(1 << 16);
        for (LogFile next : files) {
            file = next;
            try (LogFile.Opened in = next.open();
                    LineCounter<LogFile.Opened> counter = new LineCounter<>(next.open(), 0, 1)) {
                lines = counter;
                reader.read(in, 0, Long.MAX_VALUE, this);
            } catch (Enough e) {
                break;
            }
            endLine();
        }
        return messages;
    }

    @Override
    public void row(RowParser row, long position) {}

    @Override
    public void rejected(RowParser record, long position, byte[] b, int from, int to) throws IOException {
        if (messages.size() < show) {
            messages.add(describe(record, position, b, from));
        }
        if (keep != null) {
            endLine();
            rejectedMore(b, from, to);
        } else if (messages.size() == show) {
            throw new Enough();
        }
    }

    @Override
    public void rejectedMore(byte[] b, int from, int to) throws IOException {
        if (keep != null && to > from) {
            keep.write(b, from, to - from);
            lineOpen = b[to - 1] != '\n' && b[to - 1] != '\r';
        }
    }

    private void endLine() throws IOException {
        if (lineOpen && keep != null) {
            keep.write('\n');
            lineOpen = false;
        }
    }

    private String describe(RowParser record, long position, byte[] b, int from) throws IOException {
        LineCounter.Place place = lines.place(position, b, from, record.faultFrom);
        return describe(file.file().toString(), place.line(), place.column(), reason(record, b));
    }

    static String describe(String file, long line, long column, String reason) {
        return file + ", line " + line + ", column " + column + ": " + reason;
    }

    /** States what is wrong with a rejected record, and what was expected instead. */
    static String reason(RowParser record, byte[] b) {
        return "found " + found(record, b) + ", expected " + record.fault.expected;
    }

    private static String found(RowParser record, byte[] b) {
        return switch (record.fault) {
            case TOO_FEW_FIELDS -> record.fields == 1 ? "1 field" : record.fields + " fields";
            case TOO_LONG -> "a longer one";
            case INVALID_UTF8 -> {
                StringBuilder hex = new StringBuilder("byte");
                for (int i = record.faultFrom; i < record.faultTo; i++) {
                    hex.append(String.format(" 0x%02X", b[i]));
                }
                yield hex.toString();
            }
            case UNCLOSED_QUOTE -> "none up to the end of the file or for " + RowParser.MAX_RECORD + " bytes";
            case TEXT_AFTER_QUOTE, TIMESTAMP, METRIC, METRIC_RANGE -> quoted(b, record.faultFrom, record.faultTo);
        };
    }

    private static String quoted(byte[] b, int from, int to) {
        String text = new String(b, from, to - from, StandardCharsets.UTF_8);
        boolean cut = text.length() > LONGEST_FOUND;
        StringBuilder shown = new StringBuilder("\"");
        for (char c : (cut ? text.substring(0, LONGEST_FOUND) : text).toCharArray()) {
            shown.append(c < ' ' || c == 0x7F ? '\uFFFD' : c);
        }
        return shown.append(cut ? "…\"" : "\"").toString();
    }
}
