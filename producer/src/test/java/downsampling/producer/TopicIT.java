package downsampling.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.broker.LocalKafka;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Rights need a broker that is set up for them, so this one is of its own. */
class TopicIT {

    private static LocalKafka kafka;

    @BeforeAll
    static void startBrokerWithRights() throws Exception {
        kafka = LocalKafka.start(
                0,
                null,
                Map.of(
                        "authorizer.class.name",
                        "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                        "allow.everyone.if.no.acl.found",
                        "true"));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            // The right to create may come from the cluster or from the topic, so both have to deny it.
            List<AclBinding> rights = List.of(
                    right(ResourceType.CLUSTER, "kafka-cluster", AclOperation.ALL, AclPermissionType.ALLOW),
                    right(ResourceType.CLUSTER, "kafka-cluster", AclOperation.CREATE, AclPermissionType.DENY),
                    right(ResourceType.TOPIC, "no-create", AclOperation.DESCRIBE, AclPermissionType.ALLOW),
                    right(ResourceType.TOPIC, "no-create", AclOperation.CREATE, AclPermissionType.DENY),
                    right(ResourceType.TOPIC, "no-describe", AclOperation.DESCRIBE, AclPermissionType.DENY));
            admin.createAcls(rights).all().get();
        }
    }

    @AfterAll
    static void stopBroker() {
        kafka.close();
    }

    @Test
    void shouldSayThatThereIsNoRightToCreateTheTopic() {
        assertThatThrownBy(() -> awaitOrCreate("no-create"))
                .isInstanceOf(KafkaException.class)
                .hasMessage("topic no-create is missing, and there is no right to create it");
    }

    @Test
    void shouldSayThatThereIsNoRightToSeeTheTopic() {
        assertThatThrownBy(() -> awaitOrCreate("no-describe"))
                .isInstanceOf(KafkaException.class)
                .hasMessageStartingWith("no right to describe topic no-describe: ");
    }

    @Test
    void shouldCreateWhatThereIsARightTo() throws Exception {
        assertThat(awaitOrCreate("any")).isTrue();
        assertThat(awaitOrCreate("any")).isTrue();
    }

    private static boolean awaitOrCreate(String topic) throws InterruptedException {
        KafkaConnection connection =
                new KafkaConnection(Map.of("bootstrap.servers", kafka.bootstrapServers()), Duration.ofSeconds(60));
        return new Topic(topic, 1, Optional.empty(), Optional.empty())
                .awaitOrCreate(connection, new CountDownLatch(1), note -> {});
    }

    private static AclBinding right(
            ResourceType type, String name, AclOperation operation, AclPermissionType permission) {
        return new AclBinding(
                new ResourcePattern(type, name, PatternType.LITERAL),
                new AccessControlEntry("User:ANONYMOUS", "*", operation, permission));
    }
}
