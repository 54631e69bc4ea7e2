package org.pmsevents.delivery.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.platform.tracing.TraceId;

/** Subscribers that are sent the same events of a batch share the frames. */
@Pure
class LivePayloadTest {
    private static final int KIBI = 1024;

    private static String json(int position, int length) {
        var text = "{\"position\":" + position;
        return text + " ".repeat(length - text.length() - 1) + "}";
    }

    private static FeedBatch batch(int events, int length) {
        var batch = new ArrayList<FeedEvent>();
        for (int position = 1; position <= events; position++) {
            var id = UuidV7.next(Clock.systemUTC());
            var metadata = new EventMetadata(Instant.EPOCH, "ada", TraceId.random(), id, "S", (long) position);
            var message = new EventMessage(EventType.PRODUCT_CREATED, "{}", metadata);
            batch.add(new FeedEvent(position, message, json(position, length)));
        }
        return new FeedBatch(batch, events);
    }

    private static BitSet places(int... places) {
        var set = new BitSet();
        IntStream.of(places).forEach(set::set);
        return set;
    }

    private static List<String> texts(List<Frame> frames) {
        return frames.stream().map(Frame::text).toList();
    }

    @Test
    void thoseWhoAreSentTheSameEventsShareTheFrames() {
        var payload = new LivePayload(batch(3, 100));
        var first = payload.part(places(0, 2));
        var second = payload.part(places(0, 2));
        assertThat(second.joined()).isSameAs(first.joined());
        assertThat(second.single()).isSameAs(first.single());
        assertThat(texts(first.joined())).containsExactly("[" + json(1, 100) + "," + json(3, 100) + "]");
        assertThat(texts(first.single())).containsExactly(json(1, 100), json(3, 100));
        assertThat(texts(payload.part(places(1)).joined())).containsExactly(json(2, 100));
    }

    @Test
    void framesAreJoinedAsFarAsTheyFit() {
        var payload = new LivePayload(batch(5, 30 * KIBI));
        var joined = payload.part(places(0, 1, 2, 3, 4)).joined();
        assertThat(texts(joined))
                .containsExactly(
                        "[" + json(1, 30 * KIBI) + "," + json(2, 30 * KIBI) + "]",
                        "[" + json(3, 30 * KIBI) + "," + json(4, 30 * KIBI) + "]",
                        json(5, 30 * KIBI));
    }

    @Test
    void anEventThatIsTooLongToBeJoinedIsAFrameOfItsOwn() {
        var joined = new LivePayload(batch(2, 80 * KIBI)).part(places(0, 1)).joined();
        assertThat(texts(joined)).containsExactly(json(1, 80 * KIBI), json(2, 80 * KIBI));
    }

    @Test
    void aJoinedFrameCanBeJoinedWithOthers() {
        var array = new StringBuilder("[");
        Frame.join(List.of("1", "2")).get(0).appendTo(array);
        array.append(',');
        Frame.of("3").appendTo(array);
        assertThat(array.append(']')).hasToString("[1,2,3]");
    }

    @Test
    void onlyTheBatchThatIsBroadcastIsShared() {
        var payloads = new LivePayloads();
        var live = new LivePayload(batch(1, 100));
        payloads.begin(live);
        assertThat(payloads.of(live.batch())).isSameAs(live);
        var replayed = batch(1, 100);
        assertThat(payloads.of(replayed)).isNotSameAs(live);
        assertThat(payloads.of(replayed).batch()).isSameAs(replayed);
        payloads.end();
        assertThat(payloads.of(live.batch())).isNotSameAs(live);
    }
}
