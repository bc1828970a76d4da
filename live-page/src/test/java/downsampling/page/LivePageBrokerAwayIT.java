package downsampling.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import downsampling.broker.LocalKafka;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A page whose broker goes away says so, and continues when the broker is back. */
class LivePageBrokerAwayIT {

    @Test
    void shouldSayThatTheBrokerIsAwayAndGoOnWhenItIsBack(@TempDir Path dir) throws Exception {
        LocalKafka kafka = LocalKafka.start(0, dir, Map.of());
        String servers = kafka.bootstrapServers();
        int port = Integer.parseInt(servers.split(":")[1]);
        try (TestTopics topics = new TestTopics(servers).create();
                LivePage page =
                        LivePage.start(TestTopics.address(), topics.shown(), Map.of("bootstrap.servers", servers));
                EventStream stream = new EventStream(page.address(), "")) {
            topics.summary("before", 0, 1, 1, 1, 1);
            stream.await("the summary", u -> u.has("summaries"));

            kafka.close();
            stream.await("that it is away", u -> u.path("trouble").asText().equals("The broker does not answer"));

            kafka = LocalKafka.start(port, dir, Map.of());
            topics.summary("after", 0, 1, 1, 1, 1);
            JsonNode update = stream.await("the next summary", u -> u.has("summaries"));
            assertThat(update.path("summaries").path("newest").findValuesAsText("sensor"))
                    .containsExactly("after");
            stream.await("no trouble", u -> !u.has("trouble"));
        } finally {
            kafka.close();
        }
    }
}
