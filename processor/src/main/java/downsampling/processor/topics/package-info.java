/**
 * What the processor needs of the cluster: makes topics that are missing, checks rights, and the settings of topics, and
 * whether the state that is there goes with what is asked for; says which failures only a person can mend. All through
 * {@link downsampling.processor.topics.Cluster}.
 */
@NullMarked
package downsampling.processor.topics;

import org.jspecify.annotations.NullMarked;
