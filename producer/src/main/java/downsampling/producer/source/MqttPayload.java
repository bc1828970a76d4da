package downsampling.producer.source;

import java.util.List;
import java.util.function.BiConsumer;

/** A format of payloads: it makes messages for Kafka of one that came from an MQTT broker. One thread uses it. */
interface MqttPayload {

    /**
     * Keys and values for Kafka, in the order of sending; none if there is nothing to send, which the counts tell.
     *
     * @param publish takes topic and payload of a message that is to be published in answer
     */
    List<Message> read(String topic, byte[] payload, BiConsumer<String, byte[]> publish);

    /** What was remarkable; any thread may read it. */
    MqttCounts<?> counts();
}
