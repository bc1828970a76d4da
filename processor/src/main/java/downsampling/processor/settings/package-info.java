/**
 * What the processor is asked to do: the options of its command line, by concern. Each file holds a small record that checks
 * itself and, nested in it, the picocli options that make it; so an option is declared, documented and checked in one place.
 * Start reading at {@link downsampling.processor.settings.Options}. Every other package may use this one, and it uses none.
 */
@NullMarked
package downsampling.processor.settings;

import org.jspecify.annotations.NullMarked;
