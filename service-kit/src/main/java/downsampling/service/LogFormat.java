package downsampling.service;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.JsonEscapeUtil;
import org.slf4j.LoggerFactory;

/** How the events of the log are written. */
public enum LogFormat {
    /** As {@code logback.xml} says: for people. */
    TEXT,
    /** One JSON object on one line for each event, its stack trace too: for whatever collects logs. */
    JSON;

    private static volatile boolean json;

    /** Whether {@link #JSON} is in use. */
    static boolean isJson() {
        return json;
    }

    /** Has all that is logged from now on written like this. */
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

    /** Logback's own JSON, with the time in ISO-8601 and the message as it reads. */
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
