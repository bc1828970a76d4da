/**
 * Interactive queries over HTTP: which sensors there are, and the windows of one, open and closed, whichever instances hold
 * them. {@code openapi.yaml} is the reference for whoever asks. Start reading at {@link downsampling.processor.query.Queries};
 * {@code Instances} asks all of them, and {@code SensorsPage} and {@code WindowsPage} are what comes back.
 */
@NullMarked
package downsampling.processor.query;

import org.jspecify.annotations.NullMarked;
