package org.pmsevents.delivery.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.subscription.Outcome;

@Pure
class KafkaFailuresTest {
    @Test
    void onlyWhatIsAboutTheEventHoldsUpItsSubjectAlone() {
        assertThat(KafkaFailures.kind(new RecordTooLargeException("too large"))).isEqualTo(Outcome.Kind.REFUSED);
        for (var failure : List.of(
                new TimeoutException("expired"),
                new NotEnoughReplicasException("one of two"),
                new TopicAuthorizationException("stock"),
                new SaslAuthenticationException("wrong password"),
                new ClusterAuthorizationException("no"),
                new KafkaException("no resolvable bootstrap urls"))) {
            assertThat(KafkaFailures.kind(failure)).as(failure.toString()).isEqualTo(Outcome.Kind.UNAVAILABLE);
        }
    }

    @Test
    void anotherProducerIsMadeOnlyAfterWhatThisOneDoesNotSurvive() {
        for (var survived : List.of(
                new RecordTooLargeException("too large"),
                new TimeoutException("expired"),
                new TopicAuthorizationException("stock"),
                new SaslAuthenticationException("wrong password"))) {
            assertThat(KafkaFailures.endsTheProducer(survived))
                    .as(survived.toString())
                    .isFalse();
        }
        for (var fatal : List.of(
                new ClusterAuthorizationException("no"),
                new OutOfOrderSequenceException("7 after 5"),
                new KafkaException("in an error state"),
                new IllegalStateException("closed"))) {
            assertThat(KafkaFailures.endsTheProducer(fatal))
                    .as(fatal.toString())
                    .isTrue();
        }
    }

    @Test
    void whoWasInABatchWithABadEventIsNotToBlame() throws IOException {
        var words = "Failed to append record because it was part of a batch which had one more more invalid records";
        try (var producer =
                KafkaException.class.getResourceAsStream("/org/apache/kafka/clients/producer/internals/Sender.class")) {
            assertThat(new String(producer.readAllBytes(), StandardCharsets.ISO_8859_1))
                    .as("what this version of the producer says")
                    .contains(words);
        }
        var beside = new KafkaException(words);
        assertThat(KafkaFailures.isOfAnotherEvent(beside)).isTrue();
        assertThat(KafkaFailures.kind(beside)).isEqualTo(Outcome.Kind.REFUSED);
        assertThat(KafkaFailures.endsTheProducer(beside)).isFalse();
        assertThat(KafkaFailures.isOfAnotherEvent(new KafkaException("in an error state")))
                .isFalse();
    }

    @Test
    void theOperatorIsToldInHisWords() {
        var missing = new TimeoutException(
                "not present in metadata", new UnknownTopicOrPartitionException("this server does not host"));
        assertThat(KafkaFailures.text(missing, "stock")).isEqualTo("The cluster has no topic stock.");
        assertThat(KafkaFailures.mayBeTakenSoon(missing)).isTrue();
        var forbidden = new TimeoutException("not present in metadata", new TopicAuthorizationException("stock"));
        assertThat(KafkaFailures.text(forbidden, "stock")).contains("Not allowed");
        assertThat(KafkaFailures.mayBeTakenSoon(forbidden)).isFalse();
        assertThat(KafkaFailures.text(new KafkaException("a", new IllegalStateException("b")), "stock"))
                .isEqualTo("KafkaException: a: b");
    }
}
