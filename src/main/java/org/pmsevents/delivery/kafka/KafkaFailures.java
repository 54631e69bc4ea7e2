package org.pmsevents.delivery.kafka;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.pmsevents.subscription.Outcome;

/** What the failures of the producer mean. */
final class KafkaFailures {
    /** Are about the event itself: others may be taken. */
    private static final List<Class<?>> OF_THE_EVENT = List.of(
            RecordTooLargeException.class,
            RecordBatchTooLargeException.class,
            InvalidRecordException.class,
            SerializationException.class);

    /** The producer itself goes on after these. */
    private static final List<Class<?>> SURVIVED = List.of(
            RetriableException.class,
            AuthenticationException.class,
            TopicAuthorizationException.class,
            InvalidTopicException.class);

    /** What the producer says of a record that was not written because of another one in its batch; it has no class of its own. */
    private static final String BESIDE = "it was part of a batch which had one more more invalid records";

    private KafkaFailures() {}

    /** Whether another event, which was sent with it, is what was refused: alone it may be taken. */
    static boolean isOfAnotherEvent(Throwable failure) {
        return failure.getClass() == KafkaException.class
                && String.valueOf(failure.getMessage()).contains(BESIDE);
    }

    private static boolean isOneOf(List<Class<?>> types, Throwable failure) {
        return types.stream().anyMatch(type -> type.isInstance(failure));
    }

    /** Whether it holds up the subject of its event only, or everything. */
    static Outcome.Kind kind(Throwable failure) {
        return isOneOf(OF_THE_EVENT, failure) || isOfAnotherEvent(failure)
                ? Outcome.Kind.REFUSED
                : Outcome.Kind.UNAVAILABLE;
    }

    /** Whether another producer has to be made, because this one will take nothing any more. */
    static boolean endsTheProducer(Throwable failure) {
        return !isOneOf(OF_THE_EVENT, failure) && !isOneOf(SURVIVED, failure) && !isOfAnotherEvent(failure);
    }

    /** Of an event that was not taken: whether it may be taken in a moment, when the brokers have answered or there is room. */
    static boolean mayBeTakenSoon(Throwable failure) {
        return failure instanceof TimeoutException && !(failure.getCause() instanceof TopicAuthorizationException);
    }

    /** In the words of an operator; the producer's own words follow. */
    static String text(Throwable failure, String topic) {
        if (failure.getCause() instanceof UnknownTopicOrPartitionException) {
            return "The cluster has no topic " + topic + ".";
        }
        if (failure.getCause() instanceof TopicAuthorizationException) {
            return "Not allowed to write to the topic " + topic + ".";
        }
        var said = Stream.iterate(failure, each -> each != null, Throwable::getCause)
                .map(each -> each.getMessage() == null ? each.getClass().getSimpleName() : each.getMessage())
                .distinct()
                .collect(Collectors.joining(": "));
        return failure.getClass().getSimpleName() + ": " + said;
    }
}
