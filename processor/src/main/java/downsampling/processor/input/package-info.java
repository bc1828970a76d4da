/**
 * How the input is read: the consumers that Kafka Streams works with, what they notice at the beginning of a partition (records
 * that were deleted unread, offsets that were moved), and whether a partition has been read to its end. Start reading at
 * {@link downsampling.processor.input.InputConsumers} and {@link downsampling.processor.input.InputEnd}.
 */
@NullMarked
package downsampling.processor.input;

import org.jspecify.annotations.NullMarked;
