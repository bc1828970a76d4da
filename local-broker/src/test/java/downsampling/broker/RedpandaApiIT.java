package downsampling.broker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** That the proxy refuses: otherwise tests that run behind it would show nothing. */
class RedpandaApiIT {

    private static RedpandaApi redpanda;

    @BeforeAll
    static void start() throws Exception {
        redpanda = RedpandaApi.start();
    }

    @AfterAll
    static void stop() throws Exception {
        redpanda.close();
    }

    @Test
    void shouldCloseTheConnectionOfAClientThatAsksForWhatRedpandaLacks() throws Exception {
        for (RedpandaApi.Api api : List.of(
                new RedpandaApi.Api(ApiKeys.FETCH.id, (short) 12), // one version too high
                new RedpandaApi.Api(ApiKeys.CONSUMER_GROUP_HEARTBEAT.id, (short) 0),
                new RedpandaApi.Api((short) 9999, (short) 0))) {
            assertThatExceptionOfType(EOFException.class).isThrownBy(() -> ask(api));
            assertThat(redpanda.refused()).containsEntry(api, 1L);
            assertThat(redpanda.asked()).containsEntry(api, 1L);
        }
    }

    /** A client that asks for the versions first, as all clients do, does not get as far as being refused. */
    @Test
    void shouldAnswerThatTheNewGroupProtocolIsNotSupported() {
        Map<String, Object> config = Map.of(
                "bootstrap.servers", redpanda.bootstrapServers(), "group.id", "new", "group.protocol", "consumer");
        try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("topic"));

            assertThatExceptionOfType(UnsupportedVersionException.class).isThrownBy(() -> {
                while (true) {
                    consumer.poll(Duration.ofSeconds(1));
                }
            });
        }
    }

    /** Sends a request without a body, and waits for a byte of the answer. */
    private static void ask(RedpandaApi.Api api) throws IOException {
        String[] address = redpanda.bootstrapServers().split(":");
        try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
            byte[] client = "test".getBytes(UTF_8);
            new DataOutputStream(socket.getOutputStream())
                    .write(ByteBuffer.allocate(18)
                            .putInt(14)
                            .putShort(api.key())
                            .putShort(api.version())
                            .putInt(1)
                            .putShort((short) client.length)
                            .put(client)
                            .array());
            new DataInputStream(socket.getInputStream()).readByte();
        }
    }
}
