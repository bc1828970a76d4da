package downsampling.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LogFormatTest {
    @Test
    void shouldWriteAMessageOfManyLinesAndItsStackTraceAsOneLineOfJson() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger("some.logger");
        Exception thrown = new IllegalStateException("first\nsecond", new RuntimeException("\"cause\"\t"));
        LoggingEvent event =
                new LoggingEvent("", logger, Level.ERROR, "a {}\nb", thrown, new Object[] {"\"x\"\u001b[1m"});
        LogFormat.JsonLine encoder = new LogFormat.JsonLine();
        encoder.start();

        String line = new String(encoder.encode(event), UTF_8);

        assertThat(line).endsWith("\n").hasLineCount(1);
        assertThat(line)
                .contains("\"level\":\"ERROR\"", "\"message\":\"a \\\"x\\\"\\u001B[1m\\nb\"")
                .contains("\"throwable\":{\"className\":\"java.lang.IllegalStateException\"", "LogFormatTest");
        try (JsonParser json = new JsonFactory().createParser(line)) {
            json.nextToken();
            json.skipChildren();
            assertThat(json.nextToken()).as("behind the object").isNull();
        }
    }
}
