package downsampling.processor;

import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.streams.KafkaStreams.State;

/**
 * Whether this instance lives and whether it works, for whatever restarts containers and sends requests to them.
 *
 * <p>{@code /health/live}: 503 once the stream threads have died for good. {@code /health/ready}: 200 only while partitions
 * are assigned, restored and worked on. Both answer {@code {"state":"RUNNING"}} with the state as Kafka Streams names it;
 * before there is one, while the broker is waited for, it is {@code CREATED}.
 */
final class Health {
    private Health() {}

    /** @param service gives null until there is one */
    static Map<String, Handler> routes(Supplier<Service> service) {
        return Map.of(
                "/health/live", ctx -> answer(ctx, service.get(), state -> state != State.NOT_RUNNING),
                "/health/ready", ctx -> answer(ctx, service.get(), State.RUNNING::equals));
    }

    private static void answer(Context ctx, Service service, Predicate<State> good) {
        State state = service == null ? State.CREATED : service.state();
        boolean failed = service != null && service.failed();
        ctx.status(good.test(state) && !failed ? 200 : 503).result("{\"state\":\"" + state + "\"}");
    }
}
