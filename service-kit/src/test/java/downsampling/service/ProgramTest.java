package downsampling.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

class ProgramTest {
    @Command(name = "my-program", mixinStandardHelpOptions = true)
    private static final class Main implements Callable<Integer> {
        @Mixin
        private final Program.Output output = new Program.Output();

        @Option(names = "--window", defaultValue = "1s")
        private Duration window;

        @Option(names = "--zone", defaultValue = "UTC")
        private ZoneId zone;

        private Exception failure;

        @Override
        public Integer call() throws Exception {
            if (failure != null) {
                throw failure;
            }
            return 0;
        }
    }

    /** These two are there to be listed in the help. */
    @Command(optionListHeading = "%nMatters of size:%n")
    @SuppressWarnings("UnusedVariable")
    private static final class SizeOptions {
        @Option(names = "--size", scope = CommandLine.ScopeType.INHERIT)
        int size;
    }

    @Command(name = "sub", description = "a subcommand")
    private static final class Subcommand {}

    @Command(name = "sorted", sortOptions = false, subcommands = Subcommand.class)
    @SuppressWarnings("UnusedVariable")
    private static final class WithSections {
        @Mixin
        final SizeOptions size = new SizeOptions();

        @Mixin
        private final Program.Output output = new Program.Output();

        @Option(names = "--other")
        int other;
    }

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final PrintStream before = System.err;
    private final Main main = new Main();

    @BeforeEach
    void catchErrors() {
        System.setErr(new PrintStream(err, true, UTF_8));
    }

    @AfterEach
    void leaveErrors() {
        System.setErr(before);
    }

    @Test
    void shouldListTheOptionsOfAMixinUnderItsHeadingInSubcommandsToo() {
        WithSections sections = new WithSections();
        CommandLine command = new Program("sorted", Map.of(), sections.output).commandLine(sections);

        assertThat(command.getUsageMessage().lines())
                .containsSubsequence(
                        "      --other=<other>", "", "Matters of size:", "      --size=<size>", "", "Log and errors:");
        assertThat(command.getSubcommands().get("sub").getUsageMessage().lines())
                .containsSubsequence(
                        "a subcommand", "", "Matters of size:", "      --size=<size>", "", "Log and errors:");
    }

    private int run(Map<String, String> environment, String... args) {
        return new Program("my-program", environment, main.output)
                .commandLine(main)
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }

    @Test
    void shouldTakeDefaultsFromVariablesWithItsName() {
        assertThat(run(Map.of("MY_PROGRAM_WINDOW", "7s"))).isZero();
        assertThat(main.window).isEqualTo(Duration.ofSeconds(7));
        assertThat(run(Map.of("MY_PROGRAM_WINDOW", "7s"), "--window", "2s")).isZero();
        assertThat(main.window).isEqualTo(Duration.ofSeconds(2));
        assertThat(err.toString(UTF_8)).isEmpty();
    }

    @Test
    void shouldSayInOneLineThatOldNamesAreNotRead() {
        assertThat(run(Map.of("WINDOW", "7s", "ZONE", "Mars", "VERSION", "1"))).isZero();
        assertThat(main.window).isEqualTo(Duration.ofSeconds(1));
        assertThat(err.toString(UTF_8))
                .hasLineCount(1)
                .contains(
                        "WINDOW, ZONE in the environment are not read: the name is now MY_PROGRAM_WINDOW, MY_PROGRAM_ZONE");
    }

    @Test
    void shouldSayInOneLineThatNamesOfAProgramThatItWasAPartOfAreNotRead() {
        int exitCode = new Program(
                        "my-program",
                        List.of("old-program"),
                        Map.of("OLD_PROGRAM_WINDOW", "7s", "OLD_PROGRAM_COLOUR", "red"),
                        main.output)
                .commandLine(main)
                .execute();

        assertThat(exitCode).isZero();
        assertThat(main.window).isEqualTo(Duration.ofSeconds(1));
        assertThat(err.toString(UTF_8))
                .hasLineCount(1)
                .contains("OLD_PROGRAM_WINDOW in the environment is not read: the name is now MY_PROGRAM_WINDOW");
    }

    @Test
    void shouldNotSpeakOfAnOldNameWhereTheNewOneOrTheOptionIsThere() {
        assertThat(run(Map.of("WINDOW", "7s", "MY_PROGRAM_WINDOW", "8s", "ZONE", "Mars"), "--zone", "UTC"))
                .isZero();
        assertThat(main.zone).isEqualTo(ZoneId.of("UTC"));
        assertThat(err.toString(UTF_8)).isEmpty();
    }

    @Test
    void shouldSayThatAVariableNamesNoOption() {
        assertThat(run(Map.of(
                        "MY_PROGRAM_WINDWO",
                        "7s",
                        "MY_PROGRAM_SERVICE_HOST",
                        "10.0.0.1",
                        "MY_PROGRAM_PORT",
                        "tcp://x")))
                .isZero();
        assertThat(err.toString(UTF_8))
                .hasLineCount(1)
                .contains("MY_PROGRAM_WINDWO in the environment: there is no such option");
    }

    @Test
    void shouldSayAUsageErrorOnce() {
        assertThat(run(Map.of(), "--window", "ten")).isEqualTo(2);
        assertThat(err.toString(UTF_8))
                .isEqualTo("my-program: --window=ten: expected a duration such as 250ms, 10s, 5m, 1h or 7d"
                        + System.lineSeparator());
    }

    @Test
    void shouldTakeTheLastOfAnOptionThatIsGivenTwice() {
        assertThat(run(Map.of(), "--window=1s", "--window=2s")).isZero();
        assertThat(main.window).isEqualTo(Duration.ofSeconds(2));
        assertThat(err.toString(UTF_8)).isEmpty();
    }

    @Test
    void shouldKeepItsHelpToTheWidthThatTheEnvironmentNames() {
        StringWriter help = new StringWriter();
        new Program("my-program", Map.of("COLUMNS", "60"), main.output)
                .commandLine(main)
                .setOut(new PrintWriter(help))
                .execute("--help");
        assertThat(help.toString().lines())
                .allMatch(line -> line.length() <= 60)
                .anyMatch(line -> line.length() > 50);
    }

    @Test
    void shouldSayOnceWhatCannotBePrintedAndNothingOfAReaderThatHasGone() {
        for (String why : List.of("No space left on device", "Broken pipe")) {
            List<String> reports = new ArrayList<>();
            StandardOutput output = new StandardOutput(
                    new OutputStream() {
                        @Override
                        public void write(int b) throws IOException {
                            throw new IOException(why);
                        }
                    },
                    reports::add);
            PrintStream out = new PrintStream(output, true, UTF_8);
            assertThat(output.isIncomplete()).isFalse();
            out.println("one");
            out.println("two");
            assertThat(output.isIncomplete()).isTrue();
            assertThat(reports)
                    .isEqualTo(
                            why.equals("Broken pipe")
                                    ? List.of()
                                    : List.of("standard output cannot be written: No space left on device"));
        }
    }

    @Test
    void shouldShowNoClassNameForAZoneThatThereIsNot() {
        assertThat(run(Map.of(), "--zone", "CEST")).isEqualTo(2);
        assertThat(err.toString(UTF_8))
                .hasLineCount(1)
                .contains("--zone=CEST: expected a time zone")
                .doesNotContain("java");
    }

    @Test
    void shouldFailInOneLineWhereThatWasToBeExpectedAndLogTheTraceOfWhatWasNot() {
        main.failure = new FailedException("no broker");
        assertThat(run(Map.of())).isEqualTo(1);
        assertThat(err.toString(UTF_8)).isEqualTo("my-program: no broker" + System.lineSeparator());
        err.reset();
        main.failure = new InvalidSettingException("--window", "0s", "more");
        assertThat(run(Map.of())).isEqualTo(2);
        assertThat(err.toString(UTF_8)).isEqualTo("my-program: --window=0s: expected more" + System.lineSeparator());
        err.reset();
        main.failure = new NullPointerException();
        assertThat(run(Map.of())).isEqualTo(1);
        assertThat(err.toString(UTF_8))
                .contains("at downsampling.service.ProgramTest", "my-program: an unexpected error");
    }
}
