package downsampling.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import downsampling.broker.RedpandaApi;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;
import org.junit.jupiter.api.Test;

/** The live page asks a broker for nothing that Redpanda does not have. */
class LivePageOnRedpandaApiIT {

    @Test
    void shouldShowSummaries() throws Exception {
        long windowStart = System.currentTimeMillis() / 10_000 * 10_000 - 20_000;
        try (RedpandaApi redpanda = RedpandaApi.start();
                TestTopics topics = new TestTopics(redpanda.bootstrapServers()).create();
                LivePage page = LivePage.start(
                        TestTopics.address(),
                        topics.shown(),
                        Map.of("bootstrap.servers", redpanda.bootstrapServers()));
                EventStream stream = new EventStream(page.address(), "");
                Producer<byte[], byte[]> producer = topics.transactional()) {
            producer.beginTransaction();
            producer.send(TestTopics.record(
                    topics.summaries,
                    "Sensor1",
                    TestTopics.summaryJson(windowStart, 3, 1, 9, 4.25),
                    TestTopics.window(windowStart)));
            producer.commitTransaction();

            JsonNode update = stream.await("the summary", u -> u.has("summaries"));

            assertThat(update.path("summaries").path("newest").findValuesAsText("sensor"))
                    .containsExactly("Sensor1");
            assertThat(redpanda.refused())
                    .as("refused, for the page or its topics")
                    .isEmpty();
        }
    }
}
