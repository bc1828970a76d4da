/**
 * The account of every reading: read = summarised + late + dead + duplicate + open. Start reading at
 * {@link downsampling.processor.audit.Audit}, the command; {@code Account} does the arithmetic, from the topics alone and not by
 * what the processor says of itself.
 */
@NullMarked
package downsampling.processor.audit;

import org.jspecify.annotations.NullMarked;
