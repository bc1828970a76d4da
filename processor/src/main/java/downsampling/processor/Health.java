package downsampling.processor;

import downsampling.service.Answer;
import downsampling.service.Route;
import java.util.Map;
import java.util.Set;
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
    static Map<String, Route> routes(Supplier<Service> service) {
        return Map.of(
                "/health/live", route(service, state -> state != State.NOT_RUNNING),
                "/health/ready", route(service, State.RUNNING::equals));
    }

    private static Route route(Supplier<Service> services, Predicate<State> good) {
        return Route.of(Set.of(), call -> {
            Service service = services.get();
            State state = service == null ? State.CREATED : service.state();
            boolean failed = service != null && service.failed();
            return Answer.state(good.test(state) && !failed, state);
        });
    }
}
