/**
 * The rule: which readings belong to which window, when a window closes, and what is written then. Start reading at
 * {@code DslTopology}, which says in twenty lines what is computed, then {@code WindowProcessor}, which computes it and keeps the
 * promises that the DSL cannot. {@code RekeyProcessor} is a step before it, where readings are not keyed by sensor. Around it,
 * each with one concern: {@code Timeline} (how far windows are closed), {@code OpenWindows} (state), {@code StreamTime} (what
 * time it is in a partition), {@code Progress} and {@code Position} (how far the input is processed), {@code CommitPace} (when to
 * commit), {@code SummaryOutput} and {@code RejectedRecords} (what goes out), {@code TopicLimits} and {@code SizeLimit} (what topics
 * accept).
 */
@NullMarked
package downsampling.processor.window;

import org.jspecify.annotations.NullMarked;
