package org.pmsevents.subscription.work;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;

@Pure
class LanesTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private static FeedEvent event(long position, String subject) {
        var metadata = new EventMetadata(
                Instant.EPOCH, "test", "0".repeat(31) + "1", new UUID(0, position), subject, position);
        return new FeedEvent(position, new EventMessage(EventType.INVENTORY_UPDATED, "{}", metadata), "{}");
    }

    private static Lanes lanes(int batch, int lanes) {
        return new Lanes(0, List.of(), batch, lanes, new Backoff(Duration.ofSeconds(5)));
    }

    private static List<Long> positions(Lanes.Group group) {
        return group.events().stream().map(FeedEvent::position).toList();
    }

    /** Positions 1 and on, one for each subject. */
    private static List<FeedEvent> events(String... subjects) {
        var events = new ArrayList<FeedEvent>();
        for (var subject : subjects) {
            events.add(event(events.size() + 1, subject));
        }
        return events;
    }

    private static Lanes.Group next(Lanes lanes, long now) {
        var group = lanes.next(now);
        assertThat(group).isNotNull();
        return group == null ? new Lanes(0, List.of(), 1, 1, new Backoff(HOUR)).next(0) : group;
    }

    @Test
    void theNextEventOfASubjectWaitsForTheOneBeforeAndOthersDoNot() {
        var lanes = lanes(1, 16);
        lanes.offer(events("a", "a", "b"), 3);
        var first = next(lanes, 0);
        assertThat(positions(first)).containsExactly(1L);
        var other = next(lanes, 0);
        assertThat(positions(other)).containsExactly(3L);
        assertThat(lanes.next(0)).isNull();
        lanes.delivered(other, 0);
        assertThat(lanes.progress().cursor()).isZero();
        lanes.delivered(first, 0);
        assertThat(lanes.progress().cursor()).isEqualTo(1);
        assertThat(positions(next(lanes, 0))).containsExactly(2L);
    }

    @Test
    void anEventThatFailsHoldsUpItsOwnSubjectAndTheCursorPassesIt() {
        var lanes = lanes(1, 1);
        lanes.offer(events("bad", "good", "bad", "good"), 9);
        lanes.failed(next(lanes, 0), 0, false, Duration.ZERO);
        for (long expected : List.of(2L, 4L)) {
            var good = next(lanes, 1);
            assertThat(positions(good)).containsExactly(expected);
            lanes.delivered(good, 1);
        }
        assertThat(lanes.next(1)).isNull();
        var progress = lanes.progress();
        assertThat(progress.cursor()).isEqualTo(9);
        assertThat(progress.held()).extracting(each -> each.event().position()).containsExactly(1L, 3L);
        assertThat(progress.held()).extracting(Lanes.Held::head).containsExactly(1L, null);
        assertThat(lanes.progress().held()).isEmpty();

        var later = new Lanes(9, progress.held(), 1, 1, new Backoff(Duration.ofSeconds(5)));
        assertThat(later.next(1)).isNull();
        long due = later.nextAt().orElseThrow();
        assertThat(due).isBetween(3_750L, 6_250L);
        var retried = next(later, due);
        assertThat(positions(retried)).containsExactly(1L);
        assertThat(retried.attempts()).isEqualTo(1);
        later.delivered(retried, due);
        assertThat(positions(next(later, due))).containsExactly(3L);
        assertThat(later.progress().delivered()).containsExactly(1L);
    }

    @Test
    void aReceiverThatTakesNothingIsAskedWithOneRequestAtATime() {
        var lanes = lanes(1, 16);
        lanes.offer(events("a", "b", "c", "d", "e"), 5);
        for (int i = 0; i < Lanes.DOWN_AFTER; i++) {
            lanes.failed(next(lanes, i), i, false, Duration.ZERO);
        }
        assertThat(lanes.next(100)).isNull();
        long due = lanes.nextAt().orElseThrow();
        var probe = next(lanes, due);
        assertThat(lanes.next(due)).isNull();
        lanes.failed(probe, due, false, Duration.ZERO);
        long later = lanes.nextAt().orElseThrow();
        assertThat(later - due).isBetween(7_500L, 12_500L);
        var another = next(lanes, later);
        assertThat(positions(another)).isNotEqualTo(positions(probe));
        lanes.delivered(another, later);
        var all = new HashSet<Long>();
        for (var group = lanes.next(later); group != null; group = lanes.next(later)) {
            all.addAll(positions(group));
        }
        assertThat(all).hasSize(4);
    }

    @Test
    void aReceiverThatAsksForItIsLeftAlone() {
        var lanes = lanes(1, 4);
        lanes.offer(events("a", "b"), 2);
        lanes.failed(next(lanes, 0), 0, true, HOUR);
        assertThat(lanes.next(HOUR.toMillis() - 1)).isNull();
        assertThat(lanes.nextAt()).contains(HOUR.toMillis());
        assertThat(lanes.next(HOUR.toMillis())).isNotNull();
    }

    @Test
    void whatIsUnderWayDoesNotEndTheTimeThatWasAskedForAndASecondAnswerMayExtendIt() {
        var lanes = lanes(1, 4);
        lanes.offer(events("a", "b", "c", "d"), 4);
        var first = next(lanes, 0);
        var second = next(lanes, 0);
        var third = next(lanes, 0);
        lanes.failed(first, 1, true, HOUR);
        lanes.delivered(second, 2);
        assertThat(lanes.next(HOUR.toMillis() - 1)).isNull();
        lanes.failed(third, 3, true, HOUR.multipliedBy(2));
        assertThat(lanes.next(2 * HOUR.toMillis() + 2)).isNull();
        assertThat(lanes.next(2 * HOUR.toMillis() + 3)).isNotNull();
    }

    @Test
    void subjectsThatAlwaysFailDoNotKeepOthersFromBeingTried() {
        var lanes = lanes(1, 16);
        lanes.offer(events("bad1", "bad2", "bad3", "good"), 4);
        var bad = List.of(next(lanes, 0), next(lanes, 0), next(lanes, 0));
        bad.forEach(group -> lanes.failed(group, 0, false, Duration.ZERO));
        long now = 0;
        for (int i = 0; i < 2; i++) {
            now = lanes.nextAt().orElseThrow();
            var probe = next(lanes, now);
            if (positions(probe).equals(List.of(4L))) {
                lanes.delivered(probe, now);
                assertThat(next(lanes, now).attempts()).isPositive();
                return;
            }
            lanes.failed(probe, now, false, Duration.ZERO);
        }
        throw new AssertionError("the subject that is taken was not tried");
    }

    @Test
    void withOneLaneEventsAreSentInTheOrderOfTheFeed() {
        for (int batch : List.of(1, 3)) {
            var lanes = lanes(batch, 1);
            lanes.offer(events("a", "b", "a", "a", "c", "b", "a"), 7);
            var sent = new ArrayList<Long>();
            for (var group = lanes.next(0); group != null; group = lanes.next(0)) {
                sent.addAll(positions(group));
                lanes.delivered(group, 0);
            }
            assertThat(sent).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
        }
    }

    @Test
    void aRequestThatIsTooLargeByNowIsSentOneByOne() {
        var lanes = lanes(3, 1);
        lanes.offer(events("a", "b", "a"), 3);
        lanes.failed(next(lanes, 0), 0, false, Duration.ZERO);
        var held = lanes.progress().held();
        assertThat(held).extracting(Lanes.Held::head).containsExactly(1L, 1L, 1L);

        var later = new Lanes(3, held, 1, 1, new Backoff(Duration.ofSeconds(5)));
        long now = HOUR.toMillis();
        var sent = new ArrayList<Long>();
        for (var group = later.next(now); group != null; group = later.next(now)) {
            assertThat(group.events()).hasSize(1);
            sent.addAll(positions(group));
            later.delivered(group, now);
        }
        assertThat(sent).containsExactlyInAnyOrder(1L, 2L, 3L);
        assertThat(later.progress().delivered()).containsExactly(1L, 2L, 3L);
    }

    @Test
    void aRequestStaysTheSameUntilItsEventsAreSentOneByOne() {
        var lanes = lanes(3, 1);
        lanes.offer(events("a", "bad", "a", "c", "bad"), 5);
        long now = 0;
        for (int i = 0; i < Lanes.TRIES_TOGETHER; i++) {
            Lanes.Group group;
            while (!positions(group = next(lanes, now)).contains(2L)) {
                lanes.delivered(group, now);
            }
            assertThat(positions(group)).containsExactly(1L, 2L, 3L);
            lanes.failed(group, now, false, Duration.ZERO);
            now += HOUR.toMillis();
        }
        var seen = new ArrayList<Long>();
        for (int i = 0; i < 10; i++) {
            var group = lanes.next(now);
            if (group == null) {
                break;
            }
            seen.addAll(positions(group));
            if (positions(group).contains(2L)) {
                assertThat(positions(group)).containsExactly(2L);
                lanes.failed(group, now, false, Duration.ZERO);
            } else {
                lanes.delivered(group, now);
            }
        }
        assertThat(seen).contains(1L, 3L).doesNotContain(5L);
        assertThat(lanes.progress().held())
                .extracting(each -> each.event().position())
                .containsExactly(2L, 5L);
    }

    @Test
    void whoHasNoRoomIsGivenTheRestAgain() {
        var lanes = lanes(1, 1);
        var many = LongStream.rangeClosed(1, Lanes.MOST_WAITING + 10)
                .mapToObj(position -> event(position, "a"))
                .toList();
        assertThat(lanes.offer(many, 1_000)).isFalse();
        assertThat(lanes.looked()).isEqualTo(Lanes.MOST_WAITING);
        assertThat(lanes.hasRoom()).isFalse();
        for (int i = 0; i < Lanes.MOST_WAITING / 2; i++) {
            lanes.delivered(next(lanes, 0), 0);
        }
        assertThat(lanes.hasRoom()).isTrue();
        assertThat(lanes.offer(many, 1_000)).isTrue();
        assertThat(lanes.looked()).isEqualTo(1_000);
    }

    /** A receiver that fails at random, and owners that die at random: all is delivered, in order for each subject by first arrival. */
    @ParameterizedTest
    @ValueSource(
            longs = {
                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
                29, 30
            })
    void nothingIsSkippedAndSubjectsStayInOrder(long seed) {
        var random = new Random(seed);
        int batch = 1 + random.nextInt(5);
        int width = 1 + random.nextInt(6);
        var feed = new ArrayList<FeedEvent>();
        for (int i = 1; i <= 400; i++) {
            feed.add(event(i, "s" + random.nextInt(12)));
        }
        var backoff = new Backoff(Duration.ofSeconds(5));
        var stored = new TreeMap<Long, Lanes.Held>();
        long cursor = 0;
        var arrived = new ArrayList<FeedEvent>();
        var lanes = new Lanes(0, List.of(), batch, width, backoff);
        var sending = new ArrayList<Lanes.Group>();
        long now = 0;
        double failures = random.nextDouble() * 0.6;
        for (int step = 0; step < 200_000 && cursor + 0L < 400 || !stored.isEmpty(); step++) {
            assertThat(step).isLessThan(200_000);
            switch (random.nextInt(8)) {
                case 0 -> {
                    long from = lanes.looked();
                    var page = feed.stream()
                            .filter(event -> event.position() > from && event.position() <= from + 20)
                            .toList();
                    lanes.offer(page, Math.min(400, from + 20));
                }
                case 1, 2, 3 -> {
                    var group = lanes.next(now);
                    if (group != null) {
                        sending.add(group);
                    }
                }
                case 4, 5 -> {
                    if (!sending.isEmpty()) {
                        var group = sending.remove(random.nextInt(sending.size()));
                        if (random.nextDouble() < failures) {
                            lanes.failed(group, now, random.nextInt(10) == 0, Duration.ZERO);
                        } else {
                            arrived.addAll(group.events());
                            lanes.delivered(group, now);
                        }
                    }
                }
                case 6 -> {
                    now += random.nextInt(60_000);
                    var progress = lanes.progress();
                    int fate = random.nextInt(20);
                    if (fate == 0) {
                        lanes.notStored(progress);
                    } else if (fate == 1) {
                        // stored, but the answer was lost, and the cursor was not moved
                        progress.held().forEach(held -> stored.put(held.event().position(), held));
                        progress.delivered().forEach(stored::remove);
                        lanes.notStored(progress);
                    } else {
                        progress.held().forEach(held -> stored.put(held.event().position(), held));
                        progress.delivered().forEach(stored::remove);
                        cursor = progress.cursor();
                    }
                }
                default -> {
                    if (random.nextInt(40) == 0) {
                        stored.tailMap(cursor, false).clear();
                        lanes = new Lanes(cursor, List.copyOf(stored.values()), batch, width, backoff);
                        // what was under way arrives, or not, before the next owner begins
                        sending.forEach(group -> {
                            if (random.nextBoolean()) {
                                arrived.addAll(group.events());
                            }
                        });
                        sending.clear();
                    }
                }
            }
        }
        var first = new HashMap<Long, FeedEvent>();
        Map<String, List<Long>> bySubject = new HashMap<>();
        for (var event : arrived) {
            if (first.put(event.position(), event) == null) {
                bySubject
                        .computeIfAbsent(event.message().subject(), none -> new ArrayList<>())
                        .add(event.position());
            }
        }
        assertThat(first).hasSize(400);
        bySubject.values().forEach(positions -> assertThat(positions).isSorted());
    }
}
