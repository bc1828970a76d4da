package downsampling.batch;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The report at the end of a run: its results, how long each phase took, the machine, and what the whole process has
 * used so far, including the start of the JVM.
 *
 * <p>The report is part of runs of a third of a second. So it only reads {@code /proc}, and does without
 * {@link String#format}, string concatenation and lambdas, whose first use costs more than everything else in it (see
 * {@code docs/decisions/run-report.md}). On systems other than Linux, values from {@code /proc} are {@code n/a}.
 */
final class RunReport {

    private static final String UNKNOWN = "n/a";
    private static final int NAME_WIDTH = 22;
    private static final int COLUMN_WIDTH = 14;
    /** Times in {@code /proc/self/stat} are in hundredths of a second on every architecture. */
    private static final double TICKS_PER_SECOND = 100;

    private final StringBuilder text = new StringBuilder(2000);

    private RunReport() {}

    /**
     * A phase of the run.
     *
     * @param nanos its time in nanoseconds; if threads share the phase, the sum of their times
     * @param rows how many rows it handled, 0 if none
     * @param days how many days it handled, 0 if none
     */
    record Phase(String name, long nanos, long rows, long days) {}

    /**
     * CPU time that this process has used between two moments.
     *
     * @param seconds the CPU time of all threads in seconds; -1 if it is unknown
     * @param nanos the time between the two moments in nanoseconds
     */
    record Usage(double seconds, long nanos) {

        static final Usage UNKNOWN = new Usage(-1, 0);

        /** The usage since the start of this process, to be compared with a later one by {@link #since}. */
        static Usage now() {
            double[] seconds = cpuAndElapsedSeconds();
            return seconds == null ? UNKNOWN : new Usage(seconds[0], System.nanoTime());
        }

        Usage since(Usage before) {
            return seconds < 0 || before.seconds < 0
                    ? UNKNOWN
                    : new Usage(seconds - before.seconds, nanos - before.nanos);
        }
    }

    /**
     * The report as text of several lines, each ended by a line break.
     *
     * @param title the heading of the results
     * @param results names and values, printed in the order of the map
     * @param phases the phases of the run; the last one is the total
     * @param reading CPU time used while rows were read; null if this process read none
     */
    static String of(String title, Map<String, String> results, List<Phase> phases, @Nullable Usage reading) {
        RunReport report = new RunReport();
        report.heading(title);
        for (Map.Entry<String, String> result : results.entrySet()) {
            report.line(result.getKey(), result.getValue());
        }
        report.phases(phases);
        report.system();
        report.resources(reading);
        return report.text.toString();
    }

    /** A number with commas, as in 4,500,000. */
    static String grouped(long value) {
        StringBuilder digits = new StringBuilder().append(Math.abs(value));
        for (int at = digits.length() - 3; at > 0; at -= 3) {
            digits.insert(at, ',');
        }
        return value < 0 ? digits.insert(0, '-').toString() : digits.toString();
    }

    private void phases(List<Phase> phases) {
        pad("Phases", NAME_WIDTH);
        column("total s");
        column("s per day");
        column("rows/s");
        text.append('\n');
        for (Phase phase : phases) {
            double seconds = phase.nanos() / 1e9;
            text.append("  ");
            pad(phase.name(), NAME_WIDTH - 2);
            column(decimal(seconds, 3));
            column(phase.days() == 0 ? "" : decimal(seconds / phase.days(), 5));
            column(phase.rows() == 0 || phase.nanos() == 0 ? "" : grouped(Math.round(phase.rows() / seconds)));
            text.append('\n');
        }
    }

    private void system() {
        heading("System");
        line("operating system", property("os.name"), " ", property("os.version"), " ", property("os.arch"));
        line("Java", property("java.version"), ", ", property("java.vm.name"));
        line("CPU model", value("/proc/cpuinfo", "model name"));
        line("CPU cores", Integer.toString(cores()));
        String frequency = value("/proc/cpuinfo", "cpu MHz");
        if (frequency.equals(UNKNOWN)) {
            line("CPU frequency", UNKNOWN);
        } else {
            double megahertz = Double.parseDouble(frequency);
            line("CPU frequency", decimal(megahertz, 0), " MHz (", decimal(megahertz / 1000, 2), " GHz)");
        }
        String memory = value("/proc/meminfo", "MemTotal");
        if (memory.equals(UNKNOWN)) {
            line("memory", UNKNOWN);
        } else {
            line("memory", megabytes(memory), " (", decimal(bytes(memory) / 1e9, 1), " GB)");
        }
    }

    private void resources(@Nullable Usage reading) {
        heading("Whole process");
        double[] seconds = cpuAndElapsedSeconds();
        if (seconds == null) {
            line("time", UNKNOWN);
            line("CPU time", UNKNOWN);
            line("CPU cores used", UNKNOWN);
        } else {
            double used = seconds[0] / Math.max(seconds[1], 1 / TICKS_PER_SECOND);
            line("time", decimal(seconds[1], 2), " s");
            line("CPU time", decimal(seconds[0], 2), " s");
            line("CPU cores used", decimal(used, 2), " of ", Integer.toString(cores()));
            if (reading != null) {
                line("CPU usage, reading", percent(reading));
            }
            line("CPU usage, total", decimal(100 * used / cores(), 1), " %");
        }
        line("peak memory", megabytes(value("/proc/self/status", "VmHWM")));
        line("I/O read", value("/proc/self/io", "syscr"), " operations, ", megabytes(value("/proc/self/io", "rchar")));
        line(
                "I/O written",
                value("/proc/self/io", "syscw"),
                " operations, ",
                megabytes(value("/proc/self/io", "wchar")));
    }

    /** The usage as a share of all CPUs. */
    private static String percent(Usage usage) {
        double available = usage.nanos() / 1e9 * cores();
        return usage.seconds() < 0 || available <= 0
                ? UNKNOWN
                : decimal(100 * usage.seconds() / available, 1).concat(" %");
    }

    /** CPU time of all threads, and time since the start of the process; null without {@code /proc}. */
    private static double @Nullable [] cpuAndElapsedSeconds() {
        try {
            String uptime = read("/proc/uptime");
            String stat = read("/proc/self/stat");
            // The second field is the program's name in brackets, which may hold spaces, so count from the third.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            long utime = Long.parseLong(fields[14 - 3]);
            long stime = Long.parseLong(fields[15 - 3]);
            long starttime = Long.parseLong(fields[22 - 3]);
            double now = Double.parseDouble(uptime.substring(0, uptime.indexOf(' ')));
            return new double[] {(utime + stime) / TICKS_PER_SECOND, now - starttime / TICKS_PER_SECOND};
        } catch (IOException e) {
            return null;
        }
    }

    /** Reads through a stream, because the first use of a channel costs more than the rest of the report. */
    private static String read(String file) throws IOException {
        try (FileInputStream in = new FileInputStream(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** The text after the first {@code key} and its colon; {@code n/a} if the file or the key does not exist. */
    private static String value(String file, String key) {
        try {
            String lines = read(file);
            int start = lines.indexOf(key);
            return start < 0
                    ? UNKNOWN
                    : lines.substring(lines.indexOf(':', start) + 1, lines.indexOf('\n', start))
                            .strip();
        } catch (IOException e) {
            // The file is missing or unreadable; a report must not make a run fail that has succeeded.
            return UNKNOWN;
        }
    }

    /** Converts a value in kB or, without a unit, in bytes. */
    private static String megabytes(String value) {
        if (value.equals(UNKNOWN)) {
            return UNKNOWN;
        }
        return decimal(bytes(value) / 1e6, 1).concat(" MB");
    }

    private static double bytes(String value) {
        int unit = value.indexOf(" kB");
        return unit < 0 ? Double.parseDouble(value) : 1024 * Double.parseDouble(value.substring(0, unit));
    }

    private static String decimal(double value, int fractionDigits) {
        StringBuilder digits = new StringBuilder().append(Math.round(value * Math.pow(10, fractionDigits)));
        while (digits.length() <= fractionDigits) {
            digits.insert(0, '0');
        }
        if (fractionDigits > 0) {
            digits.insert(digits.length() - fractionDigits, '.');
        }
        return digits.toString();
    }

    private static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    private static String property(String name) {
        return System.getProperty(name);
    }

    private void heading(String heading) {
        text.append(heading).append('\n');
    }

    private void line(String name, String... valueParts) {
        text.append("  ");
        pad(name, NAME_WIDTH - 2);
        for (String part : valueParts) {
            text.append(part);
        }
        text.append('\n');
    }

    private void pad(String value, int width) {
        text.append(value);
        for (int spaces = width - value.length(); spaces > 0; spaces--) {
            text.append(' ');
        }
    }

    private void column(String value) {
        for (int spaces = COLUMN_WIDTH - value.length(); spaces > 0; spaces--) {
            text.append(' ');
        }
        text.append(value);
    }
}
