package downsampling.broker;

import java.util.Optional;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerFetchException;
import org.testcontainers.images.RemoteDockerImage;
import org.testcontainers.redpanda.RedpandaContainer;
import org.testcontainers.utility.DockerImageName;

/** A kind of broker that tests run on. */
enum BrokerKind {
    KAFKA("Apache Kafka in this JVM") {
        @Override
        Optional<String> findObstacle() {
            return Optional.empty();
        }

        @Override
        Broker start() {
            LocalKafka kafka = LocalKafka.start();
            return new Broker(kafka.bootstrapServers(), kafka::close);
        }
    },

    REDPANDA("Redpanda in a container") {
        @Override
        Optional<String> findObstacle() {
            try {
                // Asking starts the container that cleans up after tests, which may fail because its image is missing.
                if (!DockerClientFactory.instance().isDockerAvailable()) {
                    return Optional.of("no Docker engine answers");
                }
                new RemoteDockerImage(REDPANDA_IMAGE).get();
                return Optional.empty();
            } catch (ContainerFetchException e) {
                return Optional.of("a Docker engine answers, but cannot get the images");
            }
        }

        @Override
        Broker start() {
            RedpandaContainer redpanda = new RedpandaContainer(REDPANDA_IMAGE);
            redpanda.start();
            return new Broker(redpanda.getBootstrapServers(), redpanda::stop);
        }
    };

    /** The same version as in {@code docker-compose.yml}. */
    static final DockerImageName REDPANDA_IMAGE =
            DockerImageName.parse("docker.redpanda.com/redpandadata/redpanda:v26.1.16");

    private final String title;
    private Optional<String> obstacle;

    BrokerKind(String title) {
        this.title = title;
    }

    /** Why no test can run on this kind of broker here; empty if tests can. It is found out once in a JVM, and printed. */
    synchronized Optional<String> obstacle() {
        if (obstacle == null) {
            obstacle = findObstacle();
            System.out.println(
                    obstacle.map(o -> "Tests on " + this + " are skipped: " + o).orElse("Tests run on " + this));
        }
        return obstacle;
    }

    abstract Optional<String> findObstacle();

    abstract Broker start();

    @Override
    public String toString() {
        return title;
    }
}
