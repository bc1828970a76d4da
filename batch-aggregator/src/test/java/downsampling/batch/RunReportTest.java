package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunReportTest {

    @Test
    void showsResultsThenPhasesThenTheMachineThenWhatTheProcessUsed() {
        String report =
                RunReport.of("Aggregated", Map.of("rows", "7"), List.of(new RunReport.Phase("read", 1, 1, 1)), null);

        assertThat(report.lines().filter(line -> !line.startsWith(" ")).map(line -> line.split(" {2,}")[0]))
                .containsExactly("Aggregated", "Phases", "System", "Whole process");
        assertThat(report).containsPattern("\n  rows +7\n");
    }

    @Test
    void showsAPhasesTimePerDayAndThroughput() {
        RunReport.Phase phase = new RunReport.Phase("read", 1_500_000_000L, 4_500_000, 90);

        assertThat(RunReport.of("", Map.of(), List.of(phase), null))
                .containsPattern("Phases +total s +s per day +rows/s\n  read +1\\.500 +0\\.01667 +3,000,000\n");
    }

    @Test
    void leavesOutWhatAPhaseDoesNotHave() {
        RunReport.Phase phase = new RunReport.Phase("start", 4_200_000, 0, 0);

        assertThat(RunReport.of("", Map.of(), List.of(phase), null)).containsPattern("\n  start +0\\.004 *\n");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void knowsTheMachineAndTheProcess() {
        String report = RunReport.of("", Map.of(), List.of(), new RunReport.Usage(0.5, 1_000_000_000));

        assertThat(report)
                .containsPattern("CPU cores +" + Runtime.getRuntime().availableProcessors() + "\n")
                .containsPattern("\n  time +\\d+\\.\\d\\d s\n")
                .containsPattern("CPU time +\\d+\\.\\d\\d s\n")
                .containsPattern("CPU cores used +\\d+\\.\\d\\d of \\d+\n")
                .containsPattern("CPU usage, reading +\\d+\\.\\d %\n")
                .containsPattern("CPU usage, total +\\d+\\.\\d %\n")
                .containsPattern("memory +\\d+\\.\\d MB \\(\\d+\\.\\d GB\\)\n")
                .containsPattern("peak memory +\\d+\\.\\d MB\n")
                .containsPattern("I/O read +\\d+ operations, \\d+\\.\\d MB\n")
                .containsPattern("I/O written +\\d+ operations, \\d+\\.\\d MB\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"0|0", "999|999", "1000|1,000", "4500000|4,500,000", "-999|-999", "-1234567|-1,234,567"})
    void groupsDigitsByThree(long value, String grouped) {
        assertThat(RunReport.grouped(value)).isEqualTo(grouped);
    }
}
