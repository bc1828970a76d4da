package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.service.AllowedHosts;
import downsampling.service.FailedException;
import downsampling.service.HttpServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What an instance says of itself, from before there is a broker until its stream threads have died for good. */
@BrokerTest
class HealthIT {
    private final Broker broker;
    private final AtomicReference<Service> service = new AtomicReference<>();

    HealthIT(Broker broker) {
        this.broker = broker;
    }

    /** What would remain without its input topic would be up and do nothing; so it ends. */
    @Test
    void shouldBeReadyWhenItWorksAndNotAliveWhenItCannotGoOn() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1);
                HttpServer http =
                        new HttpServer("127.0.0.1", 0, new AllowedHosts(List.of()), Health.routes(service::get))) {
            assertThat(get(http, "live")).isEqualTo("200 {\"state\":\"CREATED\"}");
            assertThat(get(http, "ready")).isEqualTo("503 {\"state\":\"CREATED\"}");

            service.set(pipeline.start());
            await("the instance is ready", () -> get(http, "ready").equals("200 {\"state\":\"RUNNING\"}"));
            assertThat(get(http, "live")).isEqualTo("200 {\"state\":\"RUNNING\"}");

            pipeline.send(0, "a", T0, 1);
            pipeline.awaitAllRead();
            pipeline.deleteTopic(pipeline.raw);
            assertThatThrownBy(service.get()::await).isInstanceOf(FailedException.class);
            assertThat(service.get().failed()).isTrue();

            assertThat(get(http, "live")).startsWith("503 {\"state\":\""); // some thread may still be on its way down
            assertThat(get(http, "ready")).startsWith("503 {\"state\":\"");
        }
    }

    private static String get(HttpServer http, String path) throws Exception {
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.port() + "/health/" + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        return response.statusCode() + " " + response.body();
    }
}
