package downsampling.service;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/** What answers a path of an {@link HttpServer}. A parameter that the route does not know or that is given twice is refused. */
public sealed interface Route {
    /** The names of the parameters that the query may have. */
    Set<String> parameters();

    /**
     * A route that answers at once.
     *
     * @param answer may throw a {@link RefusedException}; anything else that it throws counts as an error of the program, and is
     *     logged
     */
    static Route of(Set<String> parameters, Function<Call, Answer> answer) {
        return later(parameters, call -> CompletableFuture.completedFuture(answer.apply(call)));
    }

    /** A route as {@link #of} makes it, whose answer has to wait for others and does not hold a thread meanwhile. */
    static Route later(Set<String> parameters, Function<Call, CompletionStage<Answer>> answer) {
        return new Answering(parameters, answer);
    }

    /**
     * A route that is a stream of server-sent events.
     *
     * @param updates gives what is sent at once and then every {@link HttpServer#UPDATE_MILLIS}: one line of UTF-8 each time
     */
    static Route events(Set<String> parameters, Function<Call, Supplier<byte[]>> updates) {
        return new Streaming(parameters, updates);
    }

    /** A route with one answer for each call. */
    record Answering(Set<String> parameters, Function<Call, CompletionStage<Answer>> answer) implements Route {}

    /** A route with one stream for each call. */
    record Streaming(Set<String> parameters, Function<Call, Supplier<byte[]>> updates) implements Route {}
}
