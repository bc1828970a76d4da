package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.broker.Broker;
import downsampling.broker.LocalKafka;
import downsampling.service.FailedException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One right is missing: the processor names it and ends. A broker of its own, which looks at rights. */
class RightsIT {
    private static LocalKafka kafka;

    @BeforeAll
    static void startBrokerWithRights() {
        kafka = LocalKafka.start(
                0,
                null,
                Map.of(
                        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                        "allow.everyone.if.no.acl.found", "true"));
    }

    @AfterAll
    static void stopBroker() {
        kafka.close();
    }

    @ParameterizedTest
    @CsvSource({
        "TOPIC, raw, READ, 'no right on topic %s: expected READ'",
        "TOPIC, agg, WRITE, 'no right on topic %s: expected WRITE'",
        "TOPIC, late, WRITE, 'no right on topic %s: expected WRITE'",
        "TOPIC, dead, WRITE, 'no right on topic %s: expected WRITE'",
        "TOPIC, changelog, READ, 'no right on topic %s: expected READ'",
        "TOPIC, changelog, WRITE, 'no right on topic %s: expected READ and WRITE'",
        "GROUP, group, READ, 'no right on group %s: expected READ'",
        "TRANSACTIONAL_ID, group, WRITE, 'no right on the transactional ids that begin with %s: expected WRITE and DESCRIBE'"
    })
    void shouldEndAtOnceAndNameTheRightThatIsMissing(
            ResourceType type, String resource, AclOperation denied, String message) throws Exception {
        try (Pipeline pipeline = new Pipeline(Broker.at(kafka.bootstrapServers()), 1)) {
            String name = name(pipeline, resource);
            ResourcePattern pattern = new ResourcePattern(
                    type, name, type == ResourceType.TRANSACTIONAL_ID ? PatternType.PREFIXED : PatternType.LITERAL);
            deny(pipeline, pattern, denied);

            assertThatThrownBy(() -> {
                        Service service = pipeline.start();
                        pipeline.send(0, "a", T0, 1);
                        try {
                            service.await();
                        } finally {
                            assertThat(died(service)).isOne();
                        }
                    })
                    .isInstanceOf(FailedException.class)
                    .hasMessageStartingWith(message.formatted(name));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "TOPIC, raw, READ, 'no right on topic %s: expected READ'",
        "TOPIC, raw, DESCRIBE, 'no right on topic %s: expected READ'",
        "TOPIC, agg, READ, 'no right on topic %s: expected READ'",
        "TOPIC, late, READ, 'no right on topic %s: expected READ'",
        "TOPIC, dead, READ, 'no right on topic %s: expected READ'",
        "TOPIC, dead, DESCRIBE, 'no right on topic %s: expected READ'",
        "GROUP, group, DESCRIBE, 'no right on group %s: expected DESCRIBE'",
        "GROUP, group, READ, ''",
        "TOPIC, agg, WRITE, ''"
    })
    void shouldNameTheRightThatTheAuditNeeds(ResourceType type, String resource, AclOperation denied, String message)
            throws Exception {
        try (Pipeline pipeline = new Pipeline(Broker.at(kafka.bootstrapServers()), 1)) {
            pipeline.send(0, "a", T0, 1);
            pipeline.send(0, "a", "no reading");
            pipeline.closeWindowsBefore(0, T0 + 60_000);
            pipeline.send(0, "a", T0, 1);
            Service service = pipeline.start();
            pipeline.windows(1);
            pipeline.late(1);
            pipeline.dead(1);
            pipeline.stop(service);
            String name = name(pipeline, resource);
            deny(pipeline, new ResourcePattern(type, name, PatternType.LITERAL), denied);
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            PrintStream before = System.err;
            System.setErr(new PrintStream(err, true, UTF_8));
            try {
                assertThat(pipeline.audit()).isEqualTo(message.isEmpty() ? 0 : 1);
            } finally {
                System.setErr(before);
            }
            assertThat(err.toString(UTF_8))
                    .isEqualTo(
                            message.isEmpty() ? "" : "processor: " + message.formatted(name) + System.lineSeparator());
        }
    }

    private static String name(Pipeline pipeline, String resource) {
        return switch (resource) {
            case "raw" -> pipeline.raw;
            case "agg" -> pipeline.aggregated;
            case "late" -> pipeline.late;
            case "dead" -> pipeline.dead;
            case "changelog" -> pipeline.settings().changelog();
            default -> pipeline.applicationId;
        };
    }

    private static void deny(Pipeline pipeline, ResourcePattern pattern, AclOperation denied) throws Exception {
        pipeline.admin()
                .createAcls(List.of(
                        new AclBinding(pattern, rule(AclOperation.ALL, AclPermissionType.ALLOW)),
                        new AclBinding(pattern, rule(denied, AclPermissionType.DENY))))
                .all()
                .get();
    }

    private static double died(Service service) {
        return service.streams().metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("failed-stream-threads"))
                .mapToDouble(metric -> (Double) metric.metricValue())
                .sum();
    }

    private static AccessControlEntry rule(AclOperation operation, AclPermissionType permission) {
        return new AccessControlEntry("User:ANONYMOUS", "*", operation, permission);
    }
}
