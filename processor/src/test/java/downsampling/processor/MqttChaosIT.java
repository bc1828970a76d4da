package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import downsampling.broker.Broker;
import downsampling.broker.JarProcess;
import downsampling.service.LocalPort;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Messages of quality of service 1 on their way from an MQTT broker to Kafka while the bridge, the MQTT broker and Kafka are
 * killed at random. In the end each is on the topic at least once, those of a sensor in order, and counts once in the summaries of
 * a processor with {@code --dedup}.
 *
 * <p>The short form has 3 kills and 10 000 messages and runs with all other tests. The long form, 30 kills and 100 000 messages, is
 * part of {@code ./mvnw verify -Pchaos}. System properties: {@code chaos.seed} for the same order of kills again, {@code
 * mqtt.kills}, {@code mqtt.messages}.
 */
class MqttChaosIT {
    private static final int KILLS = Integer.getInteger("mqtt.kills", 3);
    private static final int MESSAGES = Integer.getInteger("mqtt.messages", 10_000);
    private static final int SENSORS = 20;
    private static final int SENT_PER_SECOND = 1_500;
    /** Of event time, between two messages: what comes again is never older than the grace period of the processor. */
    private static final int STEP_MS = 20;

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String RAW = "raw-temperature";
    private static final Pattern READING = Pattern.compile("\\{\"ts\":(\\d+),\"value\":(\\d+)}");
    private static final Pattern COUNT = Pattern.compile("\"count\":(\\d+)");

    @TempDir
    private Path dir;

    private final long seed = Long.getLong("chaos.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final int kafkaPort = LocalPort.free();
    private final int mqttPort = LocalPort.free();
    private final Path logs = Path.of("target", "mqtt-chaos");
    private JarProcess kafka;
    private JarProcess mqtt;
    private JarProcess bridge;
    private ProcessorProcess processor;
    private int ended;

    @AfterEach
    void leaveNothingBehind() {
        for (JarProcess process : Arrays.asList(processor, bridge, mqtt, kafka)) {
            if (process != null) {
                process.close();
            }
        }
    }

    @Test
    void shouldLoseNoMessageWhoeverIsKilled() throws Exception {
        System.out.println("MQTT chaos with -Dchaos.seed=" + seed);
        kafka = process("local-broker");
        mqtt = process("local-mqtt-broker");
        bridge = process("producer");
        processor = new ProcessorProcess(logs.resolve("processor.log"));
        startKafka();
        startMqtt();
        try (Broker broker = Broker.at("127.0.0.1:" + kafkaPort)) {
            broker.createTopic(RAW, 3, Map.of("retention.ms", "-1"));
        }
        startBridge();
        bridge.await(output -> output.contains("Connected to the MQTT broker"));

        List<JarProcess> victims = new ArrayList<>();
        for (int i = 0; i < KILLS; i++) {
            victims.add(List.of(bridge, mqtt, kafka).get(i % 3));
        }
        Collections.shuffle(victims, random);
        try (Publisher publisher = new Publisher()) {
            for (int i = 0; i < KILLS; i++) {
                publisher.publish(MESSAGES / (KILLS + 1));
                publisher.await(publisher.limit.get() - random.nextInt(MESSAGES / (KILLS + 1)));
                kill(victims.get(i));
            }
            publisher.publish(MESSAGES - publisher.limit.get());
            publisher.await(MESSAGES);
        }

        try (Broker broker = Broker.at("127.0.0.1:" + kafkaPort)) {
            List<ConsumerRecord<byte[], byte[]>> records = awaitAll(broker);
            verifyOrder(records);
            long summarised = summarised(broker);
            System.out.printf(
                    "%d messages through %d kills: %d records, %d of them again; %d summarised; the bridge ended by itself %d times%n",
                    MESSAGES, KILLS, records.size(), records.size() - MESSAGES, summarised, ended);
            assertThat(summarised).isEqualTo(MESSAGES);
        }
    }

    private JarProcess process(String module) throws Exception {
        Path log = Files.createDirectories(logs).resolve(module + ".log");
        Files.deleteIfExists(log);
        return new JarProcess(JarProcess.ofModule(module), log);
    }

    private void startKafka() throws Exception {
        kafka.start(List.of(
                "--port", "" + kafkaPort, "--data-dir", dir.resolve("kafka").toString()));
        kafka.await(output -> output.contains("Kafka is ready"));
    }

    private void startMqtt() throws Exception {
        mqtt.start(List.of(
                "--port", "" + mqttPort, "--data-dir", dir.resolve("mqtt").toString()));
        mqtt.await(output -> output.contains("MQTT is ready"));
    }

    private void startBridge() {
        bridge.start(List.of(
                "--source=mqtt",
                "--mqtt-url=mqtt://127.0.0.1:" + mqttPort,
                "--mqtt-topics=sensors/+/temperature",
                "--key=topic:2",
                "--bootstrap-servers=127.0.0.1:" + kafkaPort));
    }

    /** SIGKILL, and a start some time later. */
    private void kill(JarProcess victim) throws Exception {
        System.out.printf("%s kill of %s%n", Instant.now(), victim);
        if (victim == bridge && !bridge.isAlive()) {
            return; // it has ended by itself, and is started anew below
        }
        victim.kill();
        Thread.sleep(random.nextInt(3_000));
        if (victim == kafka) {
            startKafka();
        } else if (victim == mqtt) {
            startMqtt();
        }
        keepBridge();
    }

    /** What an orchestrator does: a bridge that has ended, killed or with exit code 1, is started anew. */
    private void keepBridge() throws Exception {
        if (!bridge.isAlive()) {
            int exitCode = bridge.exitCode();
            if (exitCode < 128) {
                assertThat(exitCode).isEqualTo(1);
                ended++;
            }
            startBridge();
        }
    }

    /** Publishes as sensors do: what the MQTT broker has not acknowledged is published again when it is back. */
    private final class Publisher implements AutoCloseable {
        private final Semaphore outstanding = new Semaphore(200);
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final AtomicInteger acknowledged = new AtomicInteger();
        private final Mqtt5AsyncClient client = MqttClient.builder()
                .identifier("sensors")
                .serverPort(mqttPort)
                .serverHost("127.0.0.1")
                .automaticReconnect()
                .initialDelay(100, TimeUnit.MILLISECONDS)
                .maxDelay(1, TimeUnit.SECONDS)
                .applyAutomaticReconnect()
                .useMqttVersion5()
                .buildAsync();
        private CompletableFuture<Void> run;
        private final AtomicInteger limit = new AtomicInteger();

        Publisher() throws Exception {
            client.connectWith()
                    .cleanStart(false)
                    .sessionExpiryInterval(3600)
                    .send()
                    .get(1, TimeUnit.MINUTES);
            run = CompletableFuture.runAsync(this::run);
        }

        /** Publishes more, in the background. */
        void publish(int count) {
            limit.addAndGet(count);
        }

        private void run() {
            for (int i = 0; i < MESSAGES; i++) {
                do {
                    LockSupport.parkNanos(1_000_000_000L / SENT_PER_SECOND);
                } while (i >= limit.get());
                outstanding.acquireUninterruptibly();
                long time = 1_700_000_000_000L + (long) i * STEP_MS;
                client.publishWith()
                        .topic("sensors/Sensor" + i % SENSORS + "/temperature")
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(("{\"ts\":" + time + ",\"value\":" + i + "}").getBytes(UTF_8))
                        .send()
                        .whenComplete((result, e) -> {
                            if (e != null) {
                                failure.set(e);
                            } else {
                                acknowledged.incrementAndGet();
                            }
                            outstanding.release();
                        });
            }
        }

        /** Waits until the MQTT broker has so many messages. */
        void await(int count) throws Exception {
            for (Instant deadline = Instant.now().plus(PATIENCE); acknowledged.get() < count; Thread.sleep(10)) {
                keepBridge();
                assertThat(failure.get()).isNull();
                assertThat(Instant.now())
                        .as("%d of %d are acknowledged", acknowledged.get(), count)
                        .isBefore(deadline);
            }
        }

        @Override
        public void close() {
            limit.set(MESSAGES); // should it still publish, the test has failed
            outstanding.release(MESSAGES);
            run.join();
            client.disconnect();
        }
    }

    private List<ConsumerRecord<byte[], byte[]>> awaitAll(Broker broker) throws Exception {
        for (Instant deadline = Instant.now().plus(PATIENCE); ; Thread.sleep(500)) {
            keepBridge();
            List<ConsumerRecord<byte[], byte[]>> records = broker.read(RAW, 1);
            long distinct = records.stream()
                    .map(record -> reading(record).group(2))
                    .distinct()
                    .count();
            if (distinct >= MESSAGES) {
                return records;
            }
            assertThat(Instant.now())
                    .as("%d of %d messages are there", distinct, MESSAGES)
                    .isBefore(deadline);
        }
    }

    /** What comes for the first time comes in the order of publishing, sensor by sensor. */
    private static void verifyOrder(List<ConsumerRecord<byte[], byte[]>> records) {
        Map<String, Integer> next = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Matcher reading = reading(record);
            String sensor = new String(record.key(), UTF_8);
            int number = Integer.parseInt(reading.group(2));
            assertThat(sensor).isEqualTo("Sensor" + number % SENSORS);
            int expected = next.getOrDefault(sensor, number % SENSORS);
            assertThat(number).as("%s at offset %d", sensor, record.offset()).isLessThanOrEqualTo(expected);
            if (number == expected) {
                next.put(sensor, number + SENSORS);
            }
        }
    }

    private static Matcher reading(ConsumerRecord<byte[], byte[]> record) {
        Matcher reading = READING.matcher(new String(record.value(), UTF_8));
        assertThat(reading.matches()).isTrue();
        return reading;
    }

    /** How many readings the summaries count in the end. */
    private long summarised(Broker broker) throws Exception {
        processor.start(List.of(
                "--bootstrap-servers=127.0.0.1:" + kafkaPort,
                "--state-dir=" + dir.resolve("state"),
                "--dedup",
                "--grace=5m",
                "--idle-close=2s"));
        long counted = 0;
        for (Instant deadline = Instant.now().plus(PATIENCE); counted < MESSAGES; Thread.sleep(500)) {
            processor.assertAlive();
            assertThat(Instant.now()).as("%d readings are summarised", counted).isBefore(deadline);
            if (processor.output().contains("RUNNING")) {
                counted = broker.read("agg-temperature", 0).stream()
                        .mapToLong(MqttChaosIT::count)
                        .sum();
            }
        }
        Thread.sleep(3_000); // in which it could become too many
        return broker.read("agg-temperature", 0).stream()
                .mapToLong(MqttChaosIT::count)
                .sum();
    }

    private static long count(ConsumerRecord<byte[], byte[]> summary) {
        Matcher count = COUNT.matcher(new String(summary.value(), UTF_8));
        assertThat(count.find()).isTrue();
        return Long.parseLong(count.group(1));
    }
}
