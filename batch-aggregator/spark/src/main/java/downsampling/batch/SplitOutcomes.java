package downsampling.batch;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/**
 * What one pass over the splits has found: where records began and ended, and what became of the rows. It decides
 * whether the cuts were right and where rejected lines are to be looked for, without any reading of its own.
 *
 * @param splits of all files, in order
 * @param byNumber the outcome of each split that has been read, by the split's number; it may grow while tasks run
 */
record SplitOutcomes(List<LogSplit> splits, Map<Integer, LogSplit.Outcome> byNumber) {

    RowCounts rowCounts() {
        RowCounts rowCounts = RowCounts.EMPTY;
        for (LogSplit.Outcome outcome : byNumber.values()) {
            rowCounts = rowCounts.plus(outcome.rowCounts());
        }
        return rowCounts;
    }

    /** The files that have a split which did not begin where the split before it ended. */
    Set<String> filesCutWrongly() {
        Set<String> wrong = new HashSet<>();
        for (int i = 1; i < splits.size(); i++) {
            if (isCutWrongly(i)) {
                wrong.add(splits.get(i).file());
            }
        }
        return wrong;
    }

    /** The same splits, of which each now begins where the one before it ended. */
    List<LogSplit> corrected() {
        List<LogSplit> corrected = new ArrayList<>();
        for (int i = 0; i < splits.size(); i++) {
            LogSplit split = splits.get(i);
            corrected.add(
                    isCutWrongly(i) ? split.from(outcome(splits.get(i - 1)).next()) : split);
        }
        return corrected;
    }

    private boolean isCutWrongly(int i) {
        LogSplit split = splits.get(i);
        return i > 0
                && splits.get(i - 1).file().equals(split.file())
                && outcome(splits.get(i - 1)).next() != outcome(split).first();
    }

    /** The same splits, except that each of these files is now a single one. */
    List<LogSplit> uncut(Set<String> files) {
        List<LogSplit> uncut = new ArrayList<>();
        for (LogSplit split : splits) {
            if (!files.contains(split.file())) {
                uncut.add(new LogSplit(
                        uncut.size(), split.file(), split.day(), split.start(), split.end(), split.exact()));
            } else if (split.start() == 0) {
                uncut.add(LogSplit.of(uncut.size(), new Path(split.file()), 0, Long.MAX_VALUE));
            }
        }
        return uncut;
    }

    Set<String> filesWithRejects() {
        return splits.stream().filter(this::hasRejects).map(LogSplit::file).collect(Collectors.toSet());
    }

    /**
     * The stretches, all of them exact, in which the first rejected line of a strict run may be: those known to have
     * one, and those that were not read, or not from a place that is known to be right.
     */
    List<LogSplit> suspects() {
        List<LogSplit> suspects = new ArrayList<>();
        String file = "";
        long right = 0;
        for (LogSplit split : splits) {
            if (!split.file().equals(file)) {
                file = split.file();
                right = 0;
            }
            if (right < 0) {
                continue;
            }
            LogSplit.Outcome outcome = byNumber.get(split.number());
            if (outcome == null || outcome.first() != right) {
                suspects.add(new LogSplit(split.number(), file, split.day(), right, Long.MAX_VALUE, true));
                right = -1;
            } else {
                if (outcome.rowCounts().rejected() > 0) {
                    suspects.add(new LogSplit(split.number(), file, split.day(), right, outcome.next(), true));
                }
                right = outcome.next();
            }
        }
        return suspects;
    }

    /**
     * What was read of the files with rejected lines, as exact splits, up to the one with which so many lines are
     * found.
     *
     * @param enough how many rejected lines have to be among them
     */
    List<LogSplit> rangesWithRejects(long enough) {
        Set<String> files = filesWithRejects();
        List<LogSplit> ranges = new ArrayList<>();
        long count = 0;
        for (LogSplit split : splits) {
            if (files.contains(split.file()) && count < enough) {
                LogSplit.Outcome outcome = outcome(split);
                ranges.add(
                        new LogSplit(split.number(), split.file(), split.day(), outcome.first(), outcome.next(), true));
                count += outcome.rowCounts().rejected();
            }
        }
        return ranges;
    }

    /** Whether exactly this stretch was read and had no rejected line. */
    boolean isClean(LogSplit range) {
        LogSplit.Outcome outcome = byNumber.get(range.number());
        return outcome != null && outcome.first() == range.start() && !hasRejects(range);
    }

    private boolean hasRejects(LogSplit split) {
        LogSplit.Outcome outcome = byNumber.get(split.number());
        return outcome != null && outcome.rowCounts().rejected() > 0;
    }

    /** The outcome of a split that has been read. */
    private LogSplit.Outcome outcome(LogSplit split) {
        return Objects.requireNonNull(byNumber.get(split.number()));
    }
}
