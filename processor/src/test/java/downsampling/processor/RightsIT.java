package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.localstack.Broker;
import downsampling.localstack.LocalKafka;
import downsampling.service.FailedException;
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
            String name = switch (resource) {
                case "raw" -> pipeline.raw;
                case "agg" -> pipeline.aggregated;
                case "late" -> pipeline.late;
                case "dead" -> pipeline.dead;
                case "changelog" -> pipeline.config().changelog();
                default -> pipeline.applicationId;
            };
            ResourcePattern pattern = new ResourcePattern(
                    type, name, type == ResourceType.TRANSACTIONAL_ID ? PatternType.PREFIXED : PatternType.LITERAL);
            pipeline.admin()
                    .createAcls(List.of(
                            new AclBinding(pattern, rule(AclOperation.ALL, AclPermissionType.ALLOW)),
                            new AclBinding(pattern, rule(denied, AclPermissionType.DENY))))
                    .all()
                    .get();

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
