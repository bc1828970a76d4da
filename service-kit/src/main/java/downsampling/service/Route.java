package downsampling.service;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/** What answers a path of an {@link HttpServer}, and which parameters it knows; any other is refused, and one that comes twice. */
public final class Route {
    private final Set<String> parameters;
    private final Function<Call, CompletionStage<Answer>> answer;
    private final Function<Call, Supplier<byte[]>> updates;

    private Route(
            Set<String> parameters,
            Function<Call, CompletionStage<Answer>> answer,
            Function<Call, Supplier<byte[]>> updates) {
        this.parameters = parameters;
        this.answer = answer;
        this.updates = updates;
    }

    /** @param answer may throw a {@link RefusedException}; what else it throws is an error of the program, and in the log */
    public static Route of(Set<String> parameters, Function<Call, Answer> answer) {
        return later(parameters, call -> CompletableFuture.completedFuture(answer.apply(call)));
    }

    /** As {@link #of}, for what waits for others meanwhile and is not to hold a thread. */
    public static Route later(Set<String> parameters, Function<Call, CompletionStage<Answer>> answer) {
        return new Route(parameters, answer, null);
    }

    /**
     * A stream of server-sent events.
     *
     * @param updates what to send now, and then every {@link HttpServer#UPDATE_MILLIS}: one line of UTF-8 each
     */
    public static Route events(Set<String> parameters, Function<Call, Supplier<byte[]>> updates) {
        return new Route(parameters, null, updates);
    }

    Set<String> parameters() {
        return parameters;
    }

    boolean isStream() {
        return updates != null;
    }

    CompletionStage<Answer> answer(Call call) {
        return answer.apply(call);
    }

    Supplier<byte[]> updates(Call call) {
        return updates.apply(call);
    }
}
