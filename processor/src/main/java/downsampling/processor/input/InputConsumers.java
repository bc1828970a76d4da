package downsampling.processor.input;

import static java.util.Objects.requireNonNull;

import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopologyKind;
import downsampling.service.FailedException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the consumers that read the input for Kafka Streams: holds what the group says, where the topic begins and ends, and
 * what the state says against each other, so that no record is passed over unread without a word:
 *
 * <ul>
 *   <li>Where records are gone that nobody has read, a record of no key and the value {@link #DELETED} stands in their place:
 *       whoever processes it reports them in the transaction that moves past them.
 *   <li>Where the group's offset was set forward, reading goes on where the state stands.
 *   <li>Where the topic ends before what was read of it, it is another topic, and nothing is read.
 * </ul>
 *
 * <p>The moment is known, since Kafka Streams has its consumer throw where an offset is missing or out of range, seeks, and
 * goes on. A jump of offsets by itself says nothing: transactions leave markers, compaction leaves holes.
 *
 * <p>Without transactions, and for the DSL topology, the state does not say how far it was read. Then the group's offset
 * stands alone.
 */
public final class InputConsumers {
    /** The value of a record that stands for deleted ones, by identity; {@link #firstDeleted} and its offset say which. */
    public static final byte[] DELETED = {};

    private static final Logger LOG = LoggerFactory.getLogger(InputConsumers.class);
    private static final String FIRST = "first";
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final long UNKNOWN = -1;
    private static final long NOWHERE = -2;

    private final String topic;
    private final String group;
    private final boolean batched;
    private final LongConsumer deletedUnread;
    private final Map<TopicPartition, Place> places = new ConcurrentHashMap<>();

    public InputConsumers(Settings settings, LongConsumer deletedUnread) {
        topic = settings.topics().input();
        group = settings.applicationId();
        batched = settings.topology() == TopologyKind.EXACT;
        this.deletedUnread = deletedUnread;
    }

    /** How far a partition was handed over. Used by the thread that reads it alone. */
    public static final class Place {
        /** The next offset that would be handed over. */
        private long next;
        /** Whether that is where the consumer stands, too. */
        private boolean settled;
        /** Which offset the broker did not have any more; {@link #NOWHERE} if the group has none. */
        private long missed = UNKNOWN;
        /** Where no record stands, but markers of transactions, records of aborted ones, or nothing: from and to. */
        private final TreeMap<Long, Long> gaps = new TreeMap<>();

        private Place(long next) {
            this.next = next;
        }

        /**
         * The offset that Kafka Streams commits when all before the given one has been processed: that of the record which
         * comes after it, as far as is known.
         */
        public long next(long offset) {
            Long to = gaps.get(offset);
            gaps.headMap(offset, true).clear();
            return to == null ? offset : to;
        }

        private void handOver(List<ConsumerRecord<byte[], byte[]>> records) {
            long last = records.get(records.size() - 1).offset();
            if (last + 1 - next == records.size()) {
                next = last + 1;
                return;
            }
            for (ConsumerRecord<byte[], byte[]> record : records) {
                moveTo(record.offset());
                next = record.offset() + 1;
            }
        }

        private void moveTo(long offset) {
            if (offset > next) {
                Map.Entry<Long, Long> before = gaps.lastEntry();
                gaps.put(before != null && before.getValue() == next ? before.getKey() : (Long) next, offset);
                next = offset;
            }
        }
    }

    /**
     * A task begins to work on a partition; called by its thread before any record is handed over.
     *
     * @param next the offset up to which the state has all records, -1 if it does not say
     */
    public Place resume(TopicPartition partition, long next) {
        Place place = new Place(next);
        places.put(partition, place);
        return place;
    }

    /** What the application cannot get over by itself: it would pass over all of the new topic up to where it was in the old. */
    public FailedException anotherTopic(TopicPartition partition, String why) {
        return new FailedException(String.format(
                "topic %s is not the one that the state of %s is from: in partition %d, %s; if the topic was created anew, stop"
                        + " all instances and run \"processor reset\", or use another --application-id",
                partition.topic(), group, partition.partition(), why));
    }

    /** The first of the offsets that a {@link #DELETED} record stands for; its own is the last. */
    public static long firstDeleted(Iterable<Header> headers) {
        for (Header header : headers) {
            if (header.key().equals(FIRST)) {
                return ByteBuffer.wrap(header.value()).getLong();
            }
        }
        throw new IllegalArgumentException("stands for no deleted records");
    }

    /** A record that stands for those from one offset up to, but without, another. */
    public static ConsumerRecord<byte[], byte[]> deleted(TopicPartition partition, long from, long to) {
        return new ConsumerRecord<>(
                partition.topic(),
                partition.partition(),
                to - 1,
                System.currentTimeMillis(),
                TimestampType.CREATE_TIME,
                0,
                0,
                null,
                DELETED,
                new RecordHeaders()
                        .add(
                                FIRST,
                                ByteBuffer.allocate(Long.BYTES).putLong(from).array()),
                Optional.empty());
    }

    /** One consumer, which is used by one thread. */
    private final class Watch {
        private final Consumer<byte[], byte[]> consumer;
        private final Map<TopicPartition, ConsumerRecord<byte[], byte[]>> deleted = new HashMap<>();

        private Watch(Consumer<byte[], byte[]> consumer) {
            this.consumer = consumer;
        }

        private ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            try {
                if (!settle()) {
                    return ConsumerRecords.empty();
                }
                ConsumerRecords<byte[], byte[]> records = consumer.poll(timeout);
                note(records);
                ConsumerRecords<byte[], byte[]> all = deleted.isEmpty() ? records : withDeleted(records);
                return batched ? Batches.of(all) : all;
            } catch (InvalidOffsetException e) {
                Map<TopicPartition, Long> missed =
                        e instanceof OffsetOutOfRangeException gone ? gone.offsetOutOfRangePartitions() : Map.of();
                e.partitions().forEach(partition -> unsettle(partition, missed.getOrDefault(partition, NOWHERE)));
                throw e; // Kafka Streams seeks to the beginning
            }
        }

        private void unsettle(TopicPartition partition, long missed) {
            Place place = place(partition);
            if (place != null) {
                place.settled = false;
                place.missed = missed;
            } else if (missed != NOWHERE && partition.topic().equals(topic)) {
                reportOnly(partition, missed);
            }
        }

        /** For a topology that has no place for a record of it. */
        private void reportOnly(TopicPartition partition, long missed) {
            try {
                long begin = begin(partition);
                if (begin > missed) {
                    deletedUnread.accept(begin - missed);
                    LOG.warn("{}", new DeletedInput(topic, partition.partition(), missed, begin - 1));
                }
            } catch (TimeoutException e) {
                LOG.warn("Partition {} was deleted from offset {} on before it was read", partition, missed, e);
            }
        }

        private long begin(TopicPartition partition) {
            return requireNonNull(
                    consumer.beginningOffsets(List.of(partition), PATIENCE).get(partition));
        }

        /** What is assigned and not held back by Kafka Streams, whose tasks would not take it. */
        private boolean isRead(TopicPartition partition) {
            return consumer.assignment().contains(partition)
                    && !consumer.paused().contains(partition);
        }

        /** @return false if the broker has not answered: then nothing can be read yet */
        private boolean settle() {
            for (TopicPartition partition : consumer.assignment()) {
                Place place = place(partition);
                if (place != null && !place.settled && isRead(partition)) {
                    try {
                        settle(partition, place);
                    } catch (TimeoutException e) {
                        LOG.debug("It is not known yet from where to read {}", partition, e);
                        return false;
                    }
                }
            }
            return true;
        }

        private void settle(TopicPartition partition, Place place) {
            long at = consumer.position(partition, PATIENCE); // throws where the group has none
            if (place.missed == UNKNOWN && (at == place.next || place.next == UNKNOWN)) {
                place.next = at;
                place.settled = true;
                return;
            }
            long begin = begin(partition);
            long end = requireNonNull(
                    consumer.endOffsets(List.of(partition), PATIENCE).get(partition));
            if (place.next > end) {
                throw anotherTopic(
                        partition,
                        "all records before offset " + place.next + " were processed, but it ends at offset " + end);
            }
            if (at < begin) {
                return; // the next poll says so, too
            }
            long from = place.next == UNKNOWN ? place.missed : place.next;
            if (from == NOWHERE) {
                if (at > 0) {
                    LOG.info("Partition {} begins at offset {}; the records before it are gone", partition, at);
                }
            } else if (from < begin) {
                consumer.seek(partition, begin);
                deleted.put(partition, deleted(partition, from, begin));
                at = begin;
            } else if (at > from) {
                LOG.warn(
                        "The processor reads partition {} from offset {}, where its state stands, and not from offset {}, to which"
                                + " the offset of group {} was set; to leave out records, run \"processor reset\"",
                        partition,
                        from,
                        at,
                        group);
                consumer.seek(partition, from);
                at = from;
            }
            place.next = at;
            place.missed = UNKNOWN;
            place.settled = true;
        }

        private void note(ConsumerRecords<byte[], byte[]> records) {
            for (TopicPartition partition : records.partitions()) {
                Place place = place(partition);
                if (place != null) {
                    place.handOver(records.records(partition));
                }
            }
            records.nextOffsets().forEach((partition, next) -> {
                Place place = place(partition);
                if (place != null) {
                    place.moveTo(next.offset());
                }
            });
        }

        private ConsumerRecords<byte[], byte[]> withDeleted(ConsumerRecords<byte[], byte[]> records) {
            Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> all = new HashMap<>();
            records.partitions().forEach(partition -> all.put(partition, records.records(partition)));
            Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>(records.nextOffsets());
            for (TopicPartition partition : Set.copyOf(deleted.keySet())) {
                if (isRead(partition)) {
                    ConsumerRecord<byte[], byte[]> gone = requireNonNull(deleted.remove(partition));
                    List<ConsumerRecord<byte[], byte[]>> withGone = new ArrayList<>(List.of(gone));
                    withGone.addAll(all.getOrDefault(partition, List.of()));
                    all.put(partition, withGone);
                    next.putIfAbsent(partition, new OffsetAndMetadata(gone.offset() + 1));
                }
            }
            deleted.keySet().retainAll(consumer.assignment()); // another instance meets the same
            return new ConsumerRecords<>(all, next);
        }

        private @Nullable Place place(TopicPartition partition) {
            return places.get(partition);
        }
    }

    /** The same consumer, but for its {@code poll}. */
    @SuppressWarnings("unchecked")
    Consumer<byte[], byte[]> watched(Consumer<byte[], byte[]> consumer) {
        Watch watch = new Watch(consumer);
        return (Consumer<byte[], byte[]>) Proxy.newProxyInstance(
                InputConsumers.class.getClassLoader(), new Class<?>[] {Consumer.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("poll")) {
                        return watch.poll((Duration) arguments[0]);
                    }
                    try {
                        return method.invoke(consumer, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
