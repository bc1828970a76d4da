package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.await;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.settings.TopologyKind;
import downsampling.service.AllowedHosts;
import downsampling.service.HttpServer;
import downsampling.service.Route;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That the metrics say what became of the readings, and no more than somebody can look at. */
@BrokerTest
class MetricsIT {
    private final Broker broker;

    MetricsIT(Broker broker) {
        this.broker = broker;
    }

    private static HttpServer serve(Service service) {
        service.metrics().addStreams(service.streams());
        return new HttpServer(
                "127.0.0.1",
                0,
                new AllowedHosts(List.of()),
                Map.of("/metrics", Route.of(Set.of(), call -> service.metrics().scrape())));
    }

    @Test
    void shouldBalanceWithWhatWasSent() {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            Service service = pipeline.startAndAwaitWork();
            try (HttpServer http = serve(service)) {
                for (int i = 0; i < 100; i++) {
                    pipeline.send(0, "a", T0 + i, i);
                    pipeline.send(0, "b", T0 + 10_000 + i, i);
                    pipeline.send(1, "c", T0 + i, i);
                }
                sendDead(pipeline, "{\"ts\":" + T0 + ",\"value\":1", 1);
                sendDead(pipeline, "{\"ts\":\"yesterday\",\"value\":1}", 2);
                sendDead(pipeline, "{\"ts\":" + (System.currentTimeMillis() + 3_600_000) + ",\"value\":1}", 3);
                sendDead(pipeline, "{\"ts\":" + T0 + ",\"value\":\"warm\"}", 4);
                sendDead(pipeline, null, 5);
                for (int i = 0; i < 6; i++) {
                    pipeline.send(new ProducerRecord<>(
                            pipeline.raw, 0, null, Pipeline.json(T0, 1).getBytes()));
                }
                pipeline.awaitAllRead();

                Scrape open = Scrape.of(http.port());
                assertThat(open.sum("downsampling_readings_total", "fate", "summarised"))
                        .as("readings in closed windows")
                        .isZero();
                assertThat(open.sum("downsampling_windows_open", "partition", "0"))
                        .isEqualTo(2);
                assertThat(open.sum("downsampling_windows_open", "partition", "1"))
                        .isEqualTo(1);

                pipeline.closeWindowsBefore(0, T0 + 20_000);
                for (int i = 0; i < 7; i++) {
                    pipeline.send(0, "a", T0 + 9_999 - i, 1);
                }
                pipeline.awaitAllRead();

                Scrape scrape = Scrape.of(http.port());
                assertThat(scrape.sum("downsampling_readings_total", "fate", "summarised"))
                        .isEqualTo(200);
                assertThat(scrape.sum("downsampling_readings_total", "fate", "late"))
                        .isEqualTo(7)
                        .isEqualTo(pipeline.late(7).size());
                assertThat(Stream.of("json", "time", "future", "number", "size", "key", "other")
                                .collect(Collectors.toMap(reason -> reason, reason ->
                                        (int) scrape.sum("downsampling_readings_total", "reason", reason))))
                        .isEqualTo(Map.of(
                                "json", 1, "time", 2, "future", 3, "number", 4, "size", 5, "key", 6, "other", 0));
                assertThat(scrape.sum("downsampling_readings_total", "fate", "dead"))
                        .isEqualTo(21);
                assertThat(pipeline.dead(21).stream()
                                .collect(Collectors.groupingBy(
                                        letter -> Pipeline.header(letter, "dead.reason"), Collectors.counting())))
                        .isEqualTo(Map.of("json", 1L, "time", 2L, "future", 3L, "number", 4L, "size", 5L, "key", 6L));
                assertThat(Pipeline.dropped(service)).isZero();
                assertThat(scrape.sum("downsampling_windows_closed_total"))
                        .isEqualTo(2)
                        .isEqualTo(pipeline.windows(2).size());
                assertThat(scrape.sum("downsampling_windows_open"))
                        .as("the closing reading's own, and that of the other partition")
                        .isEqualTo(2);
                assertThat(scrape.sum("downsampling_idle_closes_total")).isZero();
                assertThat(scrape.sum("downsampling_close_to_emit_seconds_count"))
                        .as("closes, whatever number of windows each had")
                        .isEqualTo(1);
                assertThat(scrape.sum("downsampling_close_to_emit_seconds_bucket", "le", "60.0"))
                        .isEqualTo(1);
                assertThat(scrape.sum("downsampling_event_time_lag_seconds", "partition", "1"))
                        .isGreaterThan((System.currentTimeMillis() - T0) / 1000.0 - 60);
                assertThat(scrape.sum("downsampling_ready")).isEqualTo(1);

                pipeline.send(1, "c", T0 + 30_000, 1);
                pipeline.awaitAllRead();
                assertThat(Scrape.of(http.port()).sum("downsampling_readings_total", "fate", "summarised"))
                        .isEqualTo(300);
            }
        }
    }

    private static void sendDead(Pipeline pipeline, String value, int times) {
        for (int i = 0; i < times; i++) {
            pipeline.send(
                    new ProducerRecord<>(pipeline.raw, 0, "a".getBytes(), value == null ? null : value.getBytes()));
        }
    }

    @ParameterizedTest
    @EnumSource(TopologyKind.class)
    void shouldBeFewAndNamedAsPrometheusWantsThem(TopologyKind topology) {
        try (Pipeline pipeline = new Pipeline(broker, 6)) {
            pipeline.topology = topology;
            pipeline.threads = 2;
            Service service = pipeline.startAndAwaitWork();
            for (int partition = 0; partition < 6; partition++) {
                for (int sensor = 0; sensor < 50; sensor++) {
                    pipeline.send(partition, "sensor-" + partition + "-" + sensor, T0, 1);
                }
                pipeline.send(partition, "dead", "no reading " + partition);
                pipeline.closeWindowsBefore(partition, T0 + 10_000);
            }
            pipeline.awaitAllRead();
            try (HttpServer http = serve(service)) {
                Scrape scrape = Scrape.of(http.port());

                assertThat(scrape.sum("downsampling_readings_total")).isEqualTo(306);
                assertThat(scrape.sum("downsampling_windows_closed_total")).isEqualTo(300);
                assertThat(scrape.series()).as("time series").hasSizeLessThan(220);
                assertThat(scrape.series())
                        .filteredOn(series -> series.name().startsWith("kafka_"))
                        .as("those of Kafka")
                        .hasSizeBetween(50, 110);
                assertThat(scrape.series())
                        .filteredOn(series -> series.name().startsWith("downsampling_"))
                        .allMatch(
                                series -> series.name()
                                        .matches(
                                                "[a-z_]+(_total|_seconds(_max|_bucket|_count|_sum)?|_open|_ready|_partitions|_silent)"))
                        .allMatch(series -> series.labels().values().stream()
                                .noneMatch(value -> value.contains("sensor") || value.contains("no reading")));
            }
        }
    }

    @Test
    void shouldTellOfThePartitionsThatAnInstanceHasAndOfNoOthers() {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            Service first = pipeline.startAndAwaitWork();
            pipeline.send(0, "a", T0, 1);
            pipeline.send(1, "b", T0, 1);
            pipeline.awaitAllRead();
            try (HttpServer http = serve(first)) {
                assertThat(Scrape.of(http.port()).sum("downsampling_windows_open"))
                        .isEqualTo(2);

                Service second = pipeline.start();
                await(
                        "each has one partition",
                        () -> Pipeline.hasWork(second) && Scrape.of(http.port()).sum("downsampling_windows_open") == 1);
                try (HttpServer other = serve(second)) {
                    await(
                            "the restored window is counted",
                            () -> Scrape.of(other.port()).sum("downsampling_windows_open") == 1);
                }

                pipeline.stop(second);
                await("it has both again", () -> Scrape.of(http.port()).sum("downsampling_windows_open") == 2);
            }
        }
    }

    @Test
    void shouldCountIdleCloses() {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.idleClose = Duration.ofSeconds(1);
            Service service = pipeline.startAndAwaitWork();
            try (HttpServer http = serve(service)) {
                pipeline.send(0, "a", T0, 1);
                pipeline.send(0, "b", T0, 1);
                assertThat(pipeline.windows(2)).hasSize(2);

                Scrape scrape = Scrape.of(http.port());
                assertThat(scrape.sum("downsampling_idle_closes_total")).isEqualTo(1);
                assertThat(scrape.sum("downsampling_windows_closed_total")).isEqualTo(2);
                assertThat(scrape.sum("downsampling_close_to_emit_seconds_count"))
                        .as("nobody's reading closed them")
                        .isZero();
            }
        }
    }
}
