package downsampling.processor;

import static downsampling.processor.Pipeline.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.service.LocalPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * That alerts, dashboard and documentation ask for what processor and producer really tell: each selector of each expression
 * finds something in a scrape of the two jars, and each label that is grouped by is there.
 */
@BrokerTest
class MonitoringIT {
    private static final Path DOCS = Path.of("../docs");
    private static final Pattern RULE = Pattern.compile("(?m)^ +expr: (.+)$");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```promql\n(.+?)^```");
    /** A row of a table of metrics begins with the name. */
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z][a-z0-9_]+)(?:\\{[^`]*})?` \\|");

    /** A name that is no function or aggregation, and its matchers. */
    private static final Pattern SELECTOR =
            Pattern.compile("(?<![\\w\"])([a-zA-Z_:][\\w:]*+)(?:\\{([^}]*)})?+(?!\\s*\\()");

    private static final Pattern MATCHER = Pattern.compile("(\\w+)(=~|!~|!=|=)\"([^\"]*)\"");
    private static final Pattern GROUPING = Pattern.compile("\\b(?:by|on) \\(([^)]*)\\)");
    private static final Set<String> WORDS = Set.of("and", "or", "unless", "by", "on", "offset");

    private final Broker broker;

    @TempDir
    private Path folder;

    MonitoringIT(Broker broker) {
        this.broker = broker;
    }

    @Test
    void shouldTellWhatAlertsDashboardAndDocumentationAskForAndDocumentWhatIsTold() throws Exception {
        List<Scrape.Series> series = scrapeBoth();
        List<String> expressions = new ArrayList<>();
        String rules = Files.readString(DOCS.resolve("monitoring/rules.yml"));
        all(RULE, rules).forEach(expressions::add);
        assertThat(expressions).as("alerts").hasSizeGreaterThan(10);
        List<String> dashboard = dashboard();
        assertThat(dashboard).as("panels").hasSizeGreaterThan(20);
        expressions.addAll(dashboard);
        String operations = Files.readString(DOCS.resolve("operations.md"));
        all(BLOCK, operations).flatMap(String::lines).forEach(expressions::add);

        for (String expression : expressions) {
            check(expression, series);
        }

        // Those of a bridge from MQTT are asked for by the producer's own tests.
        Set<String> documented = all(ROW, operations)
                .filter(name -> !name.startsWith("downsampling_producer_mqtt_"))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> told = series.stream()
                .map(one -> one.name().replaceFirst("^(downsampling_.+_seconds)_(bucket|count|sum|max)$", "$1"))
                .collect(Collectors.toSet());

        assertThat(documented).isSubsetOf(told);
        assertThat(told)
                .filteredOn(name -> name.startsWith("downsampling_") || name.startsWith("kafka_"))
                .isSubsetOf(documented);

        assertThat(all(Pattern.compile("- alert: (\\w+)"), rules))
                .isNotEmpty()
                .allSatisfy(alert -> assertThat(operations).contains("| `" + alert + "` |"));
    }

    private static Stream<String> all(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(found -> found.group(1));
    }

    private static List<String> dashboard() throws IOException {
        List<String> expressions = new ArrayList<>();
        try (JsonParser json = new JsonFactory()
                .createParser(DOCS.resolve("monitoring/dashboard.json").toFile())) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.FIELD_NAME && json.currentName().equals("expr")) {
                    expressions.add(json.nextTextValue());
                }
            }
        }
        return expressions;
    }

    private static void check(String expression, List<Scrape.Series> series) {
        Set<String> labels = new HashSet<>(Set.of("le"));
        int selectors = 0;
        String asked =
                GROUPING.matcher(expression.replaceAll("\\[[^\\]]*]", "[")).replaceAll("");
        for (Matcher selector = SELECTOR.matcher(asked); selector.find(); ) {
            String name = selector.group(1);
            if (WORDS.contains(name)) {
                continue;
            }
            List<Scrape.Series> found = series.stream()
                    .filter(one -> one.name().equals(name))
                    .filter(one -> selector.group(2) == null || selects(selector.group(2), one.labels()))
                    .toList();
            assertThat(found).as("%s in: %s", selector.group(), expression).isNotEmpty();
            found.forEach(one -> labels.addAll(one.labels().keySet()));
            selectors++;
        }
        assertThat(selectors).as("selectors in: %s", expression).isPositive();
        for (Matcher grouping = GROUPING.matcher(expression); grouping.find(); ) {
            assertThat(labels)
                    .as("labels of: %s", expression)
                    .contains(grouping.group(1).split(", *"));
        }
    }

    private static boolean selects(String matchers, Map<String, String> labels) {
        return MATCHER.matcher(matchers).results().allMatch(matcher -> {
            String value = labels.getOrDefault(matcher.group(1), "");
            return switch (matcher.group(2)) {
                case "=" -> value.equals(matcher.group(3));
                case "!=" -> !value.equals(matcher.group(3));
                case "=~" -> value.matches(matcher.group(3));
                default -> !value.matches(matcher.group(3));
            };
        });
    }

    /** Both jars at work, as Prometheus sees them: with {@code job} and {@code instance}, and what it says itself. */
    private List<Scrape.Series> scrapeBoth() throws Exception {
        List<Scrape.Series> series = new ArrayList<>();
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            pipeline.window = Duration.ofSeconds(1);
            int processorPort = LocalPort.free();
            int producerPort = LocalPort.free();
            List<Process> processes = new ArrayList<>();
            try {
                processes.add(start("target/processor.jar", pipeline.options("--http-port", "" + processorPort)));
                processes.add(start(
                        "../producer/target/producer.jar",
                        List.of(
                                "--bootstrap-servers",
                                broker.bootstrapServers(),
                                "--http-port",
                                "" + producerPort,
                                "--topic",
                                pipeline.raw,
                                "--count",
                                "0",
                                "--rate",
                                "100",
                                "--late",
                                "0.1",
                                "--corrupt",
                                "0.1")));
                await("windows are closed and Kafka's metrics told", () -> {
                    assertThat(processes).as("still running; see %s", folder).allMatch(Process::isAlive);
                    Scrape scrape = Scrape.of(processorPort);
                    return scrape != null
                            && scrape.sum("downsampling_windows_closed_total") > 0
                            && scrape.sum("kafka_consumer_fetch_manager_records_consumed_total") > 0
                            && scrape.text().contains("kafka_consumer_fetch_manager_records_lag{");
                });
                add(series, "processor", Scrape.of(processorPort));
                add(series, "producer", Scrape.of(producerPort));
                for (String jar : List.of("processor.jar", "producer.jar")) {
                    assertThat(Files.readAllLines(folder.resolve(jar + ".log")))
                            .as("what %s logs, some at its start, nothing for a reading", jar)
                            .hasSizeBetween(2, 12)
                            .allMatch(line -> line.matches("\\d{4}-\\d\\d-\\d\\dT[0-9:.]{12}Z (INFO|WARN) .*"));
                }
            } finally {
                processes.forEach(Process::destroyForcibly);
            }
        }
        return series;
    }

    private Process start(String jar, List<String> options) throws IOException {
        List<String> command = new ArrayList<>(ProcessorProcess.JAVA_JAR);
        command.set(command.size() - 1, jar);
        command.addAll(options);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(
                        folder.resolve(Path.of(jar).getFileName() + ".log").toFile()));
        builder.environment().clear(); // variables are defaults of options
        return builder.start();
    }

    private static void add(List<Scrape.Series> all, String job, Scrape scrape) {
        Map<String, String> target = Map.of("job", job, "instance", "127.0.0.1");
        all.add(new Scrape.Series("up", target, 1));
        for (Scrape.Series one : scrape.series()) {
            Map<String, String> labels = new HashMap<>(target);
            labels.putAll(one.labels());
            all.add(new Scrape.Series(one.name(), labels, one.value()));
        }
    }
}
