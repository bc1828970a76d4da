package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The jars as a shell starts them: locale, standard output, signals. */
@BrokerTest
class CommandLineIT {
    private static final File FULL = new File("/dev/full");
    private static final String LOST = "standard output cannot be written: No space left on device";
    private static final Path PRODUCER =
            Path.of("..", "producer", "target", "producer.jar").toAbsolutePath();
    private static final Path LIVE_PAGE =
            Path.of("..", "live-page", "target", "live-page.jar").toAbsolutePath();

    @TempDir
    private Path folder;

    private final Broker broker;

    CommandLineIT(Broker broker) {
        this.broker = broker;
    }

    private static List<String> jar(Path jar, String... arguments) {
        List<String> command = new ArrayList<>(ProcessorProcess.JAVA_JAR);
        command.set(command.size() - 1, jar.toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private static List<String> processor(List<String> arguments) {
        List<String> command = new ArrayList<>(ProcessorProcess.JAVA_JAR);
        command.addAll(arguments);
        return command;
    }

    private ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectError(folder.resolve("err").toFile());
        builder.environment().clear();
        return builder;
    }

    private String err() throws Exception {
        return Files.readString(folder.resolve("err"), UTF_8);
    }

    @Test
    void shouldSayThatItsAccountCouldNotBePrinted() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.send(0, "a", T0, 1);
            pipeline.closeWindowsBefore(0, T0 + 60_000);
            Service service = pipeline.start();
            pipeline.windows(1);
            pipeline.stop(service);
            for (String[] more : new String[][] {{"audit"}, {"audit", "--json"}, {"reset", "--dry-run"}}) {
                // As somebody repeats the processor's own command line, with what only running needs.
                List<String> command = processor(pipeline.options("--idle-close=2s", "--threads=2", "--log-summaries"));
                command.addAll(List.of(more));
                Process process = builder(command).redirectOutput(FULL).start();
                assertThat(process.waitFor()).as(err()).isEqualTo(1);
                assertThat(err()).isEqualTo("processor: " + LOST + System.lineSeparator());
            }
            List<String> command = processor(pipeline.options("--idle-close=2s"));
            command.add("audit");
            Process process = builder(command).start();
            process.getInputStream().close();
            assertThat(process.waitFor()).isEqualTo(1);
            assertThat(err())
                    .as("nobody has read it, and nobody wants to hear of that")
                    .isEmpty();
        }
    }

    @Test
    void shouldSayThatTheProducersLastLineCouldNotBePrinted() throws Exception {
        Process process = builder(jar(
                        PRODUCER,
                        "--bootstrap-servers=" + broker.bootstrapServers(),
                        "--topic=" + broker.newTopic("lost", 1),
                        "--count=7",
                        "--rate=5",
                        "--rate=max"))
                .redirectOutput(FULL)
                .start();
        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(err()).endsWith("producer: " + LOST + System.lineSeparator());
    }

    @Test
    void shouldPrintRowsInUtf8WhateverTheLocale() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.send(0, "Köln", T0, 1);
            pipeline.closeWindowsBefore(0, T0 + 60_000);
            ProcessBuilder builder = builder(processor(pipeline.options("--log-readings", "--log-summaries")));
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            List<String> rows = new ArrayList<>();
            try (var lines = process.inputReader(UTF_8)) {
                while (rows.stream().noneMatch(row -> row.contains(" – ") && row.startsWith("Köln"))) {
                    String row = lines.readLine();
                    assertThat(row).as(err()).isNotNull();
                    rows.add(row);
                }
                process.toHandle().destroy();
                assertThat(process.waitFor()).isZero();
            }
            assertThat(rows).anyMatch(row -> row.startsWith("reading  Köln  "));
        }
    }

    @Test
    void shouldNotBeginWithWhatItCannotRead() throws Exception {
        ProcessBuilder builder = builder(jar(PRODUCER, "--source=csv", "--file=zoë.csv"));
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        assertThat(process.waitFor()).isEqualTo(2);
        assertThat(err()).hasLineCount(1).contains("--file=zo??.csv", "cannot be read in this locale");
    }

    @ParameterizedTest
    @ValueSource(strings = {"processor", "producer", "live-page"})
    void shouldEndWithZeroWhenItIsToldToWhileItWaitsForABroker(String program) throws Exception {
        String nobody = "--bootstrap-servers=127.0.0.1:1";
        Process process = builder(
                        switch (program) {
                            case "processor" -> processor(List.of(nobody));
                            case "producer" -> jar(PRODUCER, nobody);
                            default -> jar(LIVE_PAGE, nobody, "--http-port=0");
                        })
                .redirectOutput(folder.resolve("out").toFile())
                .start();
        Pipeline.await(
                "it waits",
                () -> err().contains("No answer from broker")
                        || Files.readString(folder.resolve("out")).contains("live page is on"));
        assertThat(new ProcessBuilder("kill", "-INT", String.valueOf(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
        assertThat(process.waitFor()).isZero();
        assertThat(err()).doesNotContain("at downsampling", "at java");
    }

    @ParameterizedTest
    @ValueSource(strings = {"processor", "producer", "live-page"})
    void shouldShowNameAndVersionOfTheJarAndSayWhenTheyCannotBePrinted(String program) throws Exception {
        Path jar = switch (program) {
            case "processor" -> Path.of("target", "processor.jar").toAbsolutePath();
            case "producer" -> PRODUCER;
            default -> LIVE_PAGE;
        };
        String version;
        try (var file = new java.util.jar.JarFile(jar.toFile())) {
            version = file.getManifest().getMainAttributes().getValue("Implementation-Version");
        }
        Process process = builder(jar(jar, "--version")).start();
        assertThat(new String(process.getInputStream().readAllBytes(), UTF_8))
                .isEqualTo(program + " " + version + System.lineSeparator());
        assertThat(process.waitFor()).isZero();
        for (String option : List.of("--version", "--help")) {
            process = builder(jar(jar, option)).redirectOutput(FULL).start();
            assertThat(process.waitFor()).isEqualTo(1);
            assertThat(err()).isEqualTo(program + ": " + LOST + System.lineSeparator());
        }
    }
}
