package org.pmsevents.delivery.kafka;

import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The producer, made when it is first needed, and made again after a failure that it does not survive. It is called on one thread of its own,
 * which looks up names when the producer is made, and never waits for a broker: while the producer does not know where a topic is, or has
 * no room, an event is given to it again after a pause. What waits is bounded by what subscriptions may have under way, and by {@code
 * buffer.memory}.
 */
@ApplicationScoped
class KafkaCluster {
    /** However an event ends, its sender is told by then. */
    static final Duration LIMIT = Duration.ofSeconds(15);

    /** How long the producer may take to know where a topic is, and to have room. */
    private static final Duration UNTIL_TAKEN = Duration.ofSeconds(4);

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(320);

    /** After a failure to make a producer the next one is not made before that. */
    private static final Duration BEFORE_ANOTHER = Duration.ofSeconds(1);

    /** How often an event is given to the producer again because another one of its batch was refused; that one waits longer each time. */
    private static final int MOST_BESIDE_OTHERS = 3;

    private static final Duration CLOSE = Duration.ofMillis(500);

    private static final Logger LOG = Logger.getLogger(KafkaCluster.class);

    private final Map<String, Object> given;
    private final ScheduledThreadPoolExecutor thread;
    private volatile @Nullable KafkaProducer<byte[], byte[]> producer;
    private volatile boolean closed;

    // of the thread
    private @Nullable RuntimeException notMade;
    private long notMadeAt;

    KafkaCluster(@Identifier("default-kafka-broker") Map<String, Object> given) {
        this.given = given;
        this.thread = new ScheduledThreadPoolExecutor(1, work -> {
            var made = new Thread(work, "kafka-sender");
            made.setDaemon(true);
            // by it the producer finds classes that settings name
            made.setContextClassLoader(KafkaCluster.class.getClassLoader());
            return made;
        });
        thread.setRemoveOnCancelPolicy(true);
    }

    /** An event on its way. */
    private static final class Call {
        private final ProducerRecord<byte[], byte[]> event;
        private final UniEmitter<? super RecordMetadata> sender;
        private final long takenBy = System.nanoTime() + UNTIL_TAKEN.toNanos();
        private Duration pause = SHORTEST_PAUSE;
        /** How often it was not written because of another event in its batch. */
        private int besideOthers;

        /** Who is giving it to the producer just now: what fails on that thread was not taken. */
        private volatile @Nullable Thread giver;

        private volatile boolean ended;

        Call(ProducerRecord<byte[], byte[]> event, UniEmitter<? super RecordMetadata> sender) {
            this.event = event;
            this.sender = sender;
            sender.onTermination(() -> ended = true);
        }

        private Duration nextPause() {
            var next = pause;
            pause = next.compareTo(LONGEST_PAUSE) < 0 ? next.multipliedBy(2) : next;
            return next;
        }
    }

    boolean isNamed() {
        return ProducerSettings.nameACluster(given);
    }

    /** Completes when all replicas in sync have it; fails within {@link #LIMIT}. Never blocks. */
    Uni<RecordMetadata> send(ProducerRecord<byte[], byte[]> event) {
        return Uni.createFrom()
                .<RecordMetadata>emitter(sender -> {
                    try {
                        var call = new Call(event, sender);
                        thread.execute(() -> give(call));
                    } catch (RejectedExecutionException e) {
                        sender.fail(new IllegalStateException("the replica is stopping", e));
                    }
                })
                .ifNoItem()
                .after(LIMIT)
                .failWith(() -> new TimeoutException("no answer within " + LIMIT.toSeconds() + " s"));
    }

    /** What was given up meanwhile is not sent: it would come after its repeat. */
    private void give(Call call) {
        if (call.ended) {
            return;
        }
        try {
            var used = producer();
            call.giver = Thread.currentThread();
            var unused = used.send(call.event, (place, failure) -> {
                if (failure == null) {
                    call.sender.complete(place);
                } else if (call.giver == Thread.currentThread()) {
                    notTaken(call, used, failure);
                } else {
                    failed(call, used, failure);
                }
            });
            call.giver = null;
        } catch (RuntimeException e) {
            failed(call, producer, e);
        }
    }

    private void notTaken(Call call, KafkaProducer<byte[], byte[]> used, Exception failure) {
        if (KafkaFailures.mayBeTakenSoon(failure) && System.nanoTime() - call.takenBy < 0) {
            try {
                var unused = thread.schedule(() -> give(call), call.nextPause().toMillis(), TimeUnit.MILLISECONDS);
                return;
            } catch (RejectedExecutionException e) {
                LOG.debugf("not tried again: %s", e.toString());
            }
        }
        failed(call, used, failure);
    }

    private void failed(Call call, @Nullable KafkaProducer<byte[], byte[]> used, Exception failure) {
        if (KafkaFailures.isOfAnotherEvent(failure) && call.besideOthers++ < MOST_BESIDE_OTHERS) {
            try {
                thread.execute(() -> give(call));
                return;
            } catch (RejectedExecutionException e) {
                LOG.debugf("not tried again: %s", e.toString());
            }
        }
        call.sender.fail(failure);
        if (used != null && KafkaFailures.endsTheProducer(failure)) {
            try {
                thread.execute(() -> discard(used));
            } catch (RejectedExecutionException e) {
                LOG.debugf("closed by who stops the replica: %s", e.toString());
            }
        }
    }

    private KafkaProducer<byte[], byte[]> producer() {
        var made = producer;
        return made == null ? make() : made;
    }

    private KafkaProducer<byte[], byte[]> make() {
        var before = notMade;
        if (before != null && System.nanoTime() - notMadeAt < BEFORE_ANOTHER.toNanos()) {
            throw before;
        }
        try {
            var made = new KafkaProducer<>(
                    ProducerSettings.of(given), new ByteArraySerializer(), new ByteArraySerializer());
            producer = made;
            notMade = null;
            if (closed) {
                discard(made);
            }
            return made;
        } catch (KafkaException e) {
            notMade = e;
            notMadeAt = System.nanoTime();
            throw e;
        }
    }

    private void discard(KafkaProducer<byte[], byte[]> used) {
        if (producer == used) {
            LOG.debug("the producer takes nothing any more, and is closed");
            producer = null;
            used.close(Duration.ZERO);
        }
    }

    /** What is under way has had its time: subscriptions wait for it before they are given back. */
    @PreDestroy
    void close() {
        closed = true;
        thread.shutdownNow();
        var made = producer;
        if (made != null) {
            made.close(CLOSE);
        }
    }
}
