/**
 * A live page, in the browser, of what happens on the four topics of any broker with Kafka's API.
 * Start reading at {@code Page}: a {@code TopicReader} puts what it reads on a {@code Board}, and a {@code PageServer} sends each
 * open page what its {@code Viewer} finds new there.
 */
package downsampling.page;
