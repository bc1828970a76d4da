package downsampling.page;

import static downsampling.page.EventStream.query;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an open page receives of what is on the topics. */
@BrokerTest
class LivePageIT {

    private final Broker broker;
    private final long windowStart = System.currentTimeMillis() / 10_000 * 10_000 - 20_000;

    private TestTopics topics;

    LivePageIT(Broker broker) {
        this.broker = broker;
    }

    @BeforeEach
    void openTopics() {
        topics = new TestTopics(broker.bootstrapServers());
    }

    @AfterEach
    void closeTopics() {
        topics.close();
    }

    @Test
    void shouldShowWhatIsOnTheTopicsAndWhatComes() throws Exception {
        topics.create();
        topics.reading("Sensor10", windowStart + 1, 20.5);
        topics.summary("Sensor10", windowStart, 3, -1, 9, 4.25);
        topics.late("Sensor2", windowStart, "{\"ts\":1,\"value\":2}");
        topics.dead("Sensor2", "not JSON", "value: expected a JSON object, found nothing");

        try (LivePage page = start();
                EventStream stream = new EventStream(page.address(), query("sensor", "Sensor10"))) {
            JsonNode first = stream.next();
            assertThat(first.path("limits").path("charts").intValue()).isEqualTo(OpenPage.CHARTS);
            stream.await("a dead reading", u -> u.has("dead"));
            assertThat(stream.updates()).anySatisfy(u -> {
                assertThat(u.path("points").path("times").path(0).longValue()).isEqualTo(windowStart + 1);
                assertThat(u.path("points").path("values").path(0).doubleValue())
                        .isEqualTo(20.5);
            });
            assertThat(stream.updates())
                    .anySatisfy(u -> assertThat(
                                    u.path("windows").path("Sensor10").path(0).toString())
                            .isEqualTo("[%d,%d,{\"count\":3.0,\"min\":-1.0,\"max\":9.0,\"mean\":4.25}]"
                                    .formatted(windowStart, windowStart + 10_000)));
            assertThat(stream.updates()).anySatisfy(u -> {
                JsonNode late = u.path("late").path("newest").path(0);
                assertThat(late.path("windowStart").longValue()).isEqualTo(windowStart);
                assertThat(late.path("byMs").longValue()).isEqualTo(12_345);
                assertThat(late.path("source").textValue()).isEqualTo(topics.readings + "-1@7");
            });
            assertThat(stream.updates())
                    .anySatisfy(u -> assertThat(u.path("dead")
                                    .path("newest")
                                    .path(0)
                                    .path("reason")
                                    .textValue())
                            .isEqualTo("value: expected a JSON object, found nothing"));
            JsonNode before = stream.next().path("statistics");
            assertThat(before.path("readings").longValue()).as("there before").isZero();

            topics.reading("Sensor2", windowStart + 10_000, 21);
            topics.summary("Sensor2", windowStart + 10_000, 7, 1, 2, 1.5);

            JsonNode counted = stream.await(
                            "both counted",
                            u -> u.path("statistics").path("readings").longValue() == 1
                                    && u.path("statistics").path("summaries").longValue() == 1
                                    && u.path("statistics")
                                                    .path("readingsPerSummary")
                                                    .doubleValue()
                                            == 7)
                    .path("statistics");
            assertThat(counted.path("delayMax").longValue()).isBetween(0L, 120_000L);
            assertThat(stream.updates())
                    .anySatisfy(u ->
                            assertThat(u.path("list").path("ids").toString()).isEqualTo("[\"Sensor2\",\"Sensor10\"]"));
        }
    }

    @Test
    void shouldWaitForTopicsThatDoNotExistYetAndNotCreateThem() throws Exception {
        try (LivePage page = start();
                EventStream stream = new EventStream(page.address(), "")) {
            stream.await(
                    "all topics missing",
                    u -> u.path("trouble").asText().startsWith("Waiting for topic " + topics.summaries));

            topics.create();
            topics.summary("Sensor1", windowStart, 3, 1, 9, 4.25);

            JsonNode update = stream.await("the summary", u -> u.has("summaries"));
            assertThat(update.path("statistics").path("summaries").longValue()).isEqualTo(1);
            assertThat(stream.next().has("trouble")).isFalse();
        }
    }

    @Test
    void shouldShowTheLevelThatIsChosenAndWhoIsSilent() throws Exception {
        topics.create();
        topics.summary("a", windowStart, 3, 1, 9, 4.25);
        topics.corrected("a", windowStart, 4, 1, 9, 5);
        topics.send(
                topics.rollup,
                "a",
                "{\"time\":%d,\"temperature\":{\"mean\":7}}".formatted(windowStart + 60_000),
                TestTopics.window(windowStart));
        topics.silent("b", windowStart);
        try (LivePage page = start();
                EventStream base = new EventStream(page.address(), "");
                EventStream minutes = new EventStream(page.address(), "level=1m&silent=true")) {
            JsonNode corrected = base.await(
                    "the correction",
                    u -> u.path("summaries").path("newest").path(0).has("revision"));
            assertThat(corrected.at("/summaries/newest/0/revision").longValue()).isEqualTo(1);
            assertThat(corrected.at("/windows/a")).hasSize(1);
            assertThat(corrected.at("/windows/a/0/2/mean").doubleValue()).isEqualTo(5);

            minutes.await("the window of a minute", u -> u.has("summaries"));
            assertThat(minutes.updates())
                    .anySatisfy(u -> assertThat(
                                    u.at("/summaries/newest/0/statistics/mean").doubleValue())
                            .isEqualTo(7))
                    .anySatisfy(u ->
                            assertThat(u.at("/list/silentSince/b").longValue()).isEqualTo(windowStart))
                    .anySatisfy(
                            u -> assertThat(u.at("/levels/shown").textValue()).isEqualTo("1m"));

            topics.back("b", 300_000);
            base.await("b is back", u -> u.has("list") && u.at("/list/silent").intValue() == 0);
            minutes.await(
                    "nobody is silent", u -> u.has("list") && u.at("/list/ids").isEmpty());
        }
    }

    /** There is a topic of that name only where the processor was asked for it. */
    @Test
    void shouldNotWaitForTheUsualTopicOfSilentSensors() throws Exception {
        topics.create();
        List<ShownTopic> shown = new ArrayList<>(topics.shown().all());
        shown.removeIf(topic -> topic.role() == TopicRole.STATUS);
        shown.add(new ShownTopic("missing-" + topics.status, TopicRole.STATUS, "", false));
        topics.summary("a", windowStart, 3, 1, 9, 4.25);
        try (LivePage page = LivePage.start(
                        TestTopics.address(),
                        new ShownTopics(shown, TestTopics.USUAL_FORMAT),
                        Map.of("bootstrap.servers", broker.bootstrapServers()));
                EventStream stream = new EventStream(page.address(), "")) {
            stream.await("the summary", u -> u.has("summaries") && !u.has("trouble"));
        }
    }

    @Test
    void shouldShowCommittedRecordsOnlyAndLeaveNoTrace() throws Exception {
        topics.create();
        try (LivePage page = start();
                EventStream stream = new EventStream(page.address(), "");
                Producer<byte[], byte[]> producer = topics.transactional()) {
            producer.beginTransaction();
            producer.send(summary("aborted"));
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(summary("committed"));
            producer.commitTransaction();

            JsonNode update = stream.await("a summary", u -> u.has("summaries"));

            assertThat(update.path("summaries").path("newest").findValuesAsText("sensor"))
                    .containsExactly("committed");
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
                assertThat(admin.listGroups().all().get()).isEmpty();
            }
        }
    }

    @Test
    void shouldShowThePartOfTheSensorsThatIsAskedFor() throws Exception {
        topics.create();
        for (int i = 1; i <= OpenPage.CHARTS + 3; i++) {
            topics.summary("Sensor" + i, windowStart, 1, 1, 1, 1);
        }
        try (LivePage page = start();
                EventStream all = new EventStream(page.address(), "");
                EventStream rest = new EventStream(page.address(), "first=" + OpenPage.CHARTS);
                EventStream found = new EventStream(page.address(), "find=OR50")) {
            int matching = OpenPage.CHARTS + 3;
            assertThat(ids(all.await(
                            "all sensors", u -> u.path("list").path("matching").intValue() == matching)))
                    .hasSize(OpenPage.CHARTS)
                    .startsWith("Sensor1", "Sensor2")
                    .endsWith("Sensor48");
            assertThat(ids(rest.await(
                            "all sensors", u -> u.path("list").path("matching").intValue() == matching)))
                    .containsExactly("Sensor49", "Sensor50", "Sensor51");
            JsonNode one = found.await(
                    "one sensor", u -> u.path("list").path("matching").intValue() == 1);
            assertThat(ids(one)).containsExactly("Sensor50");
        }
    }

    private static Iterable<String> ids(JsonNode update) {
        return StreamSupport.stream(update.path("list").path("ids").spliterator(), false)
                .map(JsonNode::textValue)
                .toList();
    }

    private ProducerRecord<byte[], byte[]> summary(String sensor) {
        return TestTopics.record(
                topics.summaries,
                sensor,
                TestTopics.summaryJson(windowStart, 1, 1, 1, 1),
                TestTopics.window(windowStart));
    }

    private LivePage start() throws Exception {
        return LivePage.start(
                TestTopics.address(), topics.shown(), Map.of("bootstrap.servers", broker.bootstrapServers()));
    }
}
