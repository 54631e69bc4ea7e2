package org.pmsevents.cache.version;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.Settings;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.store.LocalCache;

@Pure
class TagVersionsTest {
    private static final CacheTag TAG = CacheTag.product("A");
    private static final CacheKey KEY = CacheKey.product("A");

    private final TagVersions tagVersions = new TagVersions();
    private final LocalCache local = new LocalCache(tagVersions, config(10_000), new SimpleMeterRegistry());

    private static CacheConfig config(int bytes) {
        return Settings.of(CacheConfig.class, Map.of("pms-events.cache.local-bytes", Integer.toString(bytes)));
    }

    private static CacheEntry version(long version) {
        return new CacheEntry(version, "v" + version);
    }

    private void put(CacheKey key, CacheEntry entry) {
        local.put(key, entry, tagVersions.now(), System.nanoTime());
    }

    private boolean isCurrent() {
        var held = local.get(KEY);
        return held != null && tagVersions.isCurrent(TAG, held);
    }

    @Test
    void nothingIsCurrentBeforeTheChangesAreKnown() {
        put(KEY, version(1));
        assertThat(isCurrent()).isFalse();
        tagVersions.knownAfter(0);
        assertThat(isCurrent()).as("read before").isFalse();
        put(KEY, version(1));
        assertThat(isCurrent()).isTrue();
    }

    @Test
    void nothingOfAnotherEpochIsCurrentOrKept() {
        tagVersions.begin("one");
        tagVersions.knownAfter(100);
        tagVersions.reached(100);
        tagVersions.noticedBelow(50);
        tagVersions.noticed(TAG, 49);
        tagVersions.changed(TAG, 90, 9);
        var asOf = tagVersions.now();
        assertThat(tagVersions.isCurrent(TAG, 9, asOf)).isTrue();

        tagVersions.begin("two");
        tagVersions.knownAfter(10);
        tagVersions.reached(10);
        tagVersions.noticedBelow(5);
        assertThat(tagVersions.isCurrent(TAG, 9, asOf)).isFalse();
        local.put(KEY, version(9), asOf, System.nanoTime());
        assertThat(local.get(KEY)).isNull();

        assertThat(tagVersions.now()).isEqualTo(new AsOf(10, 5, "two"));
        assertThat(tagVersions.isOutdated(TAG, 1)).isFalse();
        put(KEY, version(1));
        assertThat(isCurrent()).isTrue();
        assertThat(tagVersions.isCurrent(TAG, 1, tagVersions.now())).isTrue();
    }

    /** Each epoch has positions that no other has. */
    @Test
    void aPositionIsNeverTakenForOneOfAnotherEpoch() throws Exception {
        int positions = 100;
        var done = new AtomicBoolean();
        var mistaken = CompletableFuture.supplyAsync(() -> {
            var found = new ArrayList<AsOf>();
            while (!done.get()) {
                var now = tagVersions.now();
                if (now.position() >= 0 && now.position() / positions != Long.parseLong(now.epoch())) {
                    found.add(now);
                }
            }
            return found;
        });
        try {
            for (int epoch = 200; epoch > 0; epoch--) {
                tagVersions.begin(Integer.toString(epoch));
                for (int i = 0; i < positions; i++) {
                    tagVersions.reached((long) epoch * positions + i);
                    tagVersions.noticedBelow(i);
                }
            }
        } finally {
            done.set(true);
        }
        assertThat(mistaken.get()).isEmpty();
    }

    @Test
    void whatHasNotSeenTheLastChangeIsNotCurrentWhereverItComesFrom() {
        tagVersions.knownAfter(10);
        tagVersions.noticedBelow(5);
        assertThat(tagVersions.isCurrent(TAG, 1, new AsOf(9, 5)))
                .as("from before what is known")
                .isFalse();
        assertThat(tagVersions.isCurrent(TAG, 1, new AsOf(10, 5))).isTrue();
        tagVersions.changed(TAG, 12);
        assertThat(tagVersions.isCurrent(TAG, 1, new AsOf(11, 5))).isFalse();
        assertThat(tagVersions.isCurrent(TAG, 1, new AsOf(12, 5))).isTrue();
        tagVersions.noticed(TAG, 5);
        assertThat(tagVersions.isCurrent(TAG, 1, new AsOf(12, 5))).isFalse();
        assertThat(tagVersions.isCurrent(TAG, 1, new AsOf(12, 6))).isTrue();
    }

    @Test
    void whatHasTheVersionThatTheFeedTellsIsCurrentHoweverEarlyItWasRead() {
        tagVersions.knownAfter(0);
        tagVersions.noticedBelow(5);
        tagVersions.reached(11);
        put(KEY, version(3));
        tagVersions.changed(TAG, 12, 3);
        assertThat(isCurrent()).isTrue();
        assertThat(tagVersions.isCurrent(TAG, 2, new AsOf(11, 5))).isFalse();
        tagVersions.changed(TAG, 13, 4);
        assertThat(isCurrent()).isFalse();
        assertThat(tagVersions.isOutdated(TAG, 3)).isTrue();
        assertThat(tagVersions.isOutdated(TAG, 4)).isFalse();
    }

    @Test
    void aChangeOfOurOwnCountsBeforeTheFeedTellsOfIt() {
        tagVersions.knownAfter(0);
        put(KEY, version(1));
        tagVersions.clear(TAG);
        assertThat(isCurrent()).isFalse();
        assertThat(tagVersions.isUnsettled(TAG)).isTrue();
        put(KEY, version(2));
        assertThat(isCurrent()).isTrue();
    }

    @Test
    void aNoticeOfATransactionThatBeganEarlierAndIsCommittedLaterIsAChangeToo() {
        tagVersions.knownAfter(0);
        tagVersions.noticed(TAG, 11);
        put(KEY, version(1));
        assertThat(isCurrent()).isTrue();
        tagVersions.noticed(TAG, 10);
        assertThat(isCurrent()).isFalse();
    }

    @Test
    void theVersionsThatAreKnownOfWhatChangesOftenAreNotForgottenForWhatChangedOnce() {
        tagVersions.knownAfter(0);
        tagVersions.changed(TAG, 1, 1);
        for (int i = 2; i < 15_000; i++) {
            tagVersions.changed(CacheTag.product("P" + i), i, 1);
            if (i == 9_000) {
                tagVersions.changed(TAG, i, i);
            }
        }
        assertThat(tagVersions.isOutdated(TAG, 8_999)).isTrue();
    }

    @Test
    void theValueOfAnEarlierChangeIsOutdatedHoweverManyOthersHaveChangedSince() {
        tagVersions.knownAfter(0);
        tagVersions.changed(TAG, 1, 2);
        for (int i = 2; i < 15_000; i++) {
            tagVersions.changed(CacheTag.product("P" + i), i, 1);
        }
        assertThat(tagVersions.isOutdated(TAG, 1)).isTrue();
        assertThat(tagVersions.isOutdated(TAG, 2))
                .as("whether that is the last is not known any more")
                .isTrue();
        assertThat(tagVersions.isCurrent(TAG, 1, new AsOf(0, 1))).isFalse();
        assertThat(tagVersions.isOutdated(CacheTag.product("P14999"), 1)).isFalse();
    }

    @Test
    void whatIsForgottenIsNeverTakenForCurrentWhileOthersChange() throws Exception {
        tagVersions.knownAfter(0);
        tagVersions.noticedBelow(5);
        var position = new AtomicLong();
        var threads = Executors.newFixedThreadPool(4);
        var checks = new ArrayList<Future<?>>();
        for (int thread = 0; thread < 4; thread++) {
            var tag = CacheTag.product("T" + thread);
            var others = "O" + thread + "-";
            checks.add(threads.submit(() -> {
                for (int version = 1; version <= 20; version++) {
                    long told = position.incrementAndGet();
                    tagVersions.changed(tag, told, version);
                    for (int i = 0; i < 4_000; i++) {
                        tagVersions.changed(CacheTag.product(others + i), position.incrementAndGet(), version);
                    }
                    assertThat(tagVersions.isOutdated(tag, version - 1)).isTrue();
                    assertThat(tagVersions.isCurrent(tag, version - 1, new AsOf(told - 1, 5)))
                            .isFalse();
                }
            }));
        }
        threads.shutdown();
        for (var check : checks) {
            check.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void nothingFromElsewhereIsCurrentBeforeTheChangesAreKnown() {
        tagVersions.changed(TAG, 3);
        assertThat(tagVersions.isCurrent(TAG, 1, new AsOf(5, 5))).isFalse();
    }

    @Test
    void anEventThatComesTwiceOrLateTakesNothingBack() {
        tagVersions.knownAfter(0);
        tagVersions.noticedBelow(5);
        tagVersions.changed(TAG, 12, 4);
        tagVersions.changed(TAG, 11, 3);
        tagVersions.reached(12);
        tagVersions.reached(11);
        assertThat(tagVersions.now()).isEqualTo(new AsOf(12, 5));
        assertThat(tagVersions.isCurrent(TAG, 3, new AsOf(11, 5))).isFalse();
        assertThat(tagVersions.isCurrent(TAG, 4, new AsOf(11, 5))).isTrue();
    }

    @Test
    void anOlderVersionNeverReplacesANewerOneInTheProcess() {
        tagVersions.knownAfter(0);
        put(KEY, version(5));
        put(KEY, version(4));
        put(KEY, CacheEntry.absent("gone"));
        assertThat(local.get(KEY).entry()).isEqualTo(version(5));
        put(KEY, version(6));
        assertThat(local.get(KEY).entry()).isEqualTo(version(6));
    }

    @Test
    void theProcessKeepsNoMoreThanItMay() {
        tagVersions.knownAfter(0);
        for (int i = 0; i < 1_000; i++) {
            put(CacheKey.product("P" + i), version(1));
        }
        assertThat(local.bytes()).isLessThanOrEqualTo(10_000);
        assertThat(local.size()).isBetween(1L, 50L);
        assertThat(local.evictions()).isGreaterThan(900);
    }

    @Test
    void whatFallsOutOfTheProcessSoonAfterItWasSeenIsNotTakenFromRedisInAnOlderVersion() {
        tagVersions.knownAfter(0);
        for (int i = 0; i < 1_000; i++) {
            put(CacheKey.product("P" + i), version(3));
        }
        var fallen = 0;
        for (int i = 0; i < 1_000; i++) {
            var key = CacheKey.product("P" + i);
            if (local.get(key) == null) {
                fallen++;
                assertThat(tagVersions.isOlderThanSeen(key.tag(), 2))
                        .as(key.toString())
                        .isTrue();
                assertThat(tagVersions.isOlderThanSeen(key.tag(), 3))
                        .as(key.toString())
                        .isFalse();
            }
        }
        assertThat(fallen).isGreaterThan(900);
    }

    @Test
    void whatIsTooLargeIsNotKept() {
        put(KEY, new CacheEntry(1, "x".repeat(LocalCache.LARGEST_ENTRY + 1)));
        put(CacheKey.products("q".repeat(CacheKey.LONGEST + 1)), version(1));
        assertThat(local.size()).isZero();
    }

    @Test
    void aKeyIsReadAsItIsWritten() {
        for (var key : new CacheKey[] {
            CacheKey.product("BANK CHARGES"),
            CacheKey.stock("A:B", "main"),
            CacheKey.products("[1]"),
            CacheKey.stocks("[]")
        }) {
            assertThat(CacheKey.parse(key.toString())).contains(key);
            assertThat(CacheTag.parse(key.tag().toString())).isEqualTo(key.tag());
            assertThat(key.tag().isKnown()).isTrue();
        }
        for (var text : new String[] {"product", "product:", "stock:A", "stock:/main", "stock:A/", "orders:1", ""}) {
            assertThat(CacheKey.parse(text)).as(text).isEmpty();
        }
    }
}
