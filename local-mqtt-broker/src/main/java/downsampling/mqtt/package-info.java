/**
 * One real MQTT broker in a JVM of its own, which listens on the loopback interface only: HiveMQ Community Edition, for the demo
 * and the tests. Its command line is all that others use of it. Start reading at {@code LocalMqtt}.
 */
@NullMarked
package downsampling.mqtt;

import org.jspecify.annotations.NullMarked;
