package downsampling.service;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.JsonEscapeUtil;
import org.slf4j.LoggerFactory;

/** The format in which events of the log are written. */
public enum LogFormat {
    /** Lines for people, as {@code logback.xml} defines them. */
    TEXT,
    /** One JSON object on one line for each event, with its stack trace, for programs that collect logs. */
    JSON;

    private static volatile boolean json;

    /** Whether {@link #JSON} is in use. */
    static boolean isJson() {
        return json;
    }

    /** Has every event from now on written in this format. Once the format is JSON, it stays so. */
    public void use() {
        if (this == TEXT) {
            return;
        }
        json = true;
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        JsonLine encoder = new JsonLine();
        encoder.setContext(context);
        encoder.start();
        context.getLoggerList()
                .forEach(logger -> logger.iteratorForAppenders().forEachRemaining(appender -> {
                    if (appender instanceof ConsoleAppender<ILoggingEvent> console) {
                        console.setEncoder(encoder);
                    }
                }));
    }

    /** Logback's own JSON, with the time in ISO-8601 and the message with its arguments filled in. */
    static final class JsonLine extends JsonEncoder {
        JsonLine() {
            setWithSequenceNumber(false);
            setWithTimestamp(false);
            setWithNanoseconds(false);
            setWithContext(false);
            setWithMDC(false);
            setWithMessage(false);
            setWithArguments(false);
        }

        @Override
        protected void appendCustomFields(StringBuilder json, ILoggingEvent event) {
            appenderMember(json.append(','), "time", event.getInstant().toString());
            appenderMember(json.append(','), "message", JsonEscapeUtil.jsonEscapeString(event.getFormattedMessage()));
        }
    }
}
