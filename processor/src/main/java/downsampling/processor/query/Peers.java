package downsampling.processor.query;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import downsampling.service.RefusedException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.streams.state.HostInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks other instances for the partitions that they work on. Whatever comes back that is not a whole answer of the kind asked
 * for, in time and of a bounded size, is none: then this instance's own answer is a 503.
 */
final class Peers {
    private static final Logger LOG = LoggerFactory.getLogger(Peers.class);

    /** From the question to the last byte of the answer. */
    static final Duration TIMEOUT = Duration.ofSeconds(3);
    /** More than any answer of ours has. */
    static final int MOST_BYTES = 2 << 20;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .proxy(HttpClient.Builder.NO_PROXY)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    /**
     * Asks another instance.
     *
     * @param read       of the JSON what is wanted; throws an {@link IllegalArgumentException} if it is something else
     * @return ends with a {@link RefusedException} (503) if there is no such answer
     */
    <T> CompletableFuture<T> ask(
            HostInfo instance,
            Set<Integer> partitions,
            String path,
            Map<String, String> parameters,
            Function<JsonNode, T> read) {
        String host = instance.host().contains(":") ? "[" + instance.host() + "]" : instance.host();
        StringBuilder uri = new StringBuilder("http://" + host + ":" + instance.port() + path + "?partitions="
                + partitions.stream().map(String::valueOf).collect(Collectors.joining(",")));
        parameters.forEach(
                (name, value) -> uri.append('&').append(name).append('=').append(encode(value)));
        CompletableFuture<HttpResponse<byte[]>> exchange;
        try {
            exchange = client.sendAsync(
                    HttpRequest.newBuilder(URI.create(uri.toString()))
                            .timeout(TIMEOUT)
                            .build(),
                    head -> new Limited(MOST_BYTES));
        } catch (IllegalArgumentException e) { // an address that another instance advertises and nobody can ask
            exchange = CompletableFuture.failedFuture(e);
        }
        // The client's own timeout ends with the headers.
        CompletableFuture.delayedExecutor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .execute(cancelling(exchange));
        return exchange.handle((response, e) -> {
            Throwable why = e;
            if (e == null) {
                try {
                    return read.apply(json(response));
                } catch (IOException | RuntimeException notOurs) {
                    why = notOurs;
                }
            }
            LOG.debug("{} answers {}", uri, response, why);
            throw RefusedException.unavailable("the instance at " + instance.host() + ":" + instance.port()
                    + " does not answer for partitions " + partitions);
        });
    }

    private static Runnable cancelling(CompletableFuture<?> exchange) {
        return () -> exchange.cancel(true);
    }

    private static JsonNode json(HttpResponse<byte[]> response) throws IOException {
        String type = response.headers().firstValue("Content-Type").orElse("");
        if (response.statusCode() != 200 || !type.startsWith("application/json")) {
            throw new IOException("expected 200 with application/json, but was " + response.statusCode() + " " + type);
        }
        return JSON.readTree(response.body());
    }

    static String encode(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }

    /** A body of so many bytes at the most. */
    private static final class Limited implements BodySubscriber<byte[]> {
        private final BodySubscriber<byte[]> whole = BodySubscribers.ofByteArray();
        private final int most;
        private Flow.Subscription subscription;
        private long read;

        Limited(int most) {
            this.most = most;
        }

        @Override
        public CompletionStage<byte[]> getBody() {
            return whole.getBody();
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            this.subscription = subscription;
            whole.onSubscribe(subscription);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            read += buffers.stream().mapToLong(ByteBuffer::remaining).sum();
            if (read > most) {
                subscription.cancel();
                whole.onError(new IOException("an answer of more than " + most + " bytes"));
            } else {
                whole.onNext(buffers);
            }
        }

        @Override
        public void onError(Throwable e) {
            whole.onError(e);
        }

        @Override
        public void onComplete() {
            whole.onComplete();
        }
    }
}
