package downsampling.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ErrorLineTest {
    static Stream<Arguments> errors() {
        return Stream.of(
                Arguments.of(new IOException("no room"), "no room"),
                Arguments.of(new RuntimeException("cannot write", new IOException("no room")), "cannot write: no room"),
                Arguments.of(new RuntimeException("no room left", new IOException("no room")), "no room left"),
                Arguments.of(new RuntimeException(new IOException("no room")), "no room"),
                Arguments.of(new ExecutionException(new IllegalStateException("not now")), "not now"),
                Arguments.of(new RuntimeException("outer", new IOException((String) null)), "outer"),
                Arguments.of(new RuntimeException((String) null, new IOException("inner")), "inner"),
                Arguments.of(new IOException((String) null), "an unexpected error (io)"),
                Arguments.of(new IllegalStateException(), "an unexpected error (illegal state)"),
                Arguments.of(new NoSuchFileException("/x/y"), "/x/y: no such file"),
                Arguments.of(new AccessDeniedException("/x"), "/x: access denied"),
                Arguments.of(new UnknownHostException("broker"), "broker: unknown host"),
                Arguments.of(
                        new IOException(
                                "io.netty.channel.AbstractChannel$AnnotatedConnectException: Connection refused"),
                        "Connection refused"),
                Arguments.of(new IOException("two\nlines\u001b[31m"), "two lines [31m"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void shouldSayInALineWhatHappenedWithoutNullOrAClassName(Exception e, String line) {
        assertThat(ErrorLine.of(e)).isEqualTo(line);
    }

    @Test
    void shouldNotShowWhatMayHoldAPassword() {
        assertThat(ErrorLine.of(new IllegalArgumentException("Value not specified for key 'swordfish' in JAAS config")))
                .startsWith("sasl.jaas.config: ")
                .doesNotContain("swordfish");
    }

    @Test
    void shouldEnd() {
        assertThat(ErrorLine.of(new IOException("x".repeat(100_000)))).hasSizeLessThan(1_100);
    }
}
