/**
 * From the bytes of a record to a {@link downsampling.processor.reading.Reading}. Start reading at
 * {@link downsampling.processor.reading.ReadingReader}: {@code JsonReader} has every rule, {@code PlainReader} is its fast path,
 * and a test holds the two against each other. What is no reading is a
 * {@link downsampling.processor.reading.NotAReadingException}, whose message a person reads on the dead-letter topic.
 */
@NullMarked
package downsampling.processor.reading;

import org.jspecify.annotations.NullMarked;
