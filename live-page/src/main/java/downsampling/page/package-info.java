/**
 * A live page, in the browser, of what happens on the topics of any broker with Kafka's API.
 * Start reading at {@code LivePage}: a {@code TopicReader} puts what it reads on a {@code Board}, and a {@code PageServer} sends
 * each browser what its {@code OpenPage} finds new there, as a {@code PageUpdate}.
 */
@NullMarked
package downsampling.page;

import org.jspecify.annotations.NullMarked;
