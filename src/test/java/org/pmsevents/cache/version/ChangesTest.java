package org.pmsevents.cache.version;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pmsevents.Settings;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.store.LocalCache;

class ChangesTest {
    private static final CacheTag TAG = CacheTag.product("A");
    private static final CacheKey KEY = CacheKey.product("A");

    private final Changes changes = new Changes();
    private final CacheConfig config = config(10_000);
    private final LocalCache local = new LocalCache(changes, config, new SimpleMeterRegistry());

    private static CacheConfig config(int bytes) {
        return Settings.of(CacheConfig.class, Map.of("pms-events.cache.local-bytes", Integer.toString(bytes)));
    }

    private static CacheEntry version(long version) {
        return new CacheEntry(version, "v" + version);
    }

    private void put(CacheKey key, CacheEntry entry) {
        local.put(key, entry, changes.now(), System.nanoTime());
    }

    private boolean isCurrent() {
        var held = local.get(KEY);
        return held != null && changes.isCurrent(TAG, held);
    }

    @Test
    void nothingIsCurrentBeforeTheChangesAreKnown() {
        put(KEY, version(1));
        assertThat(isCurrent()).isFalse();
        changes.knownAfter(0);
        assertThat(isCurrent()).as("read before").isFalse();
        put(KEY, version(1));
        assertThat(isCurrent()).isTrue();
    }

    @Test
    void whatHasNotSeenTheLastChangeIsNotCurrentWhereverItComesFrom() {
        changes.knownAfter(10);
        changes.noticedBelow(5);
        assertThat(changes.isCurrent(TAG, 1, new AsOf(9, 5)))
                .as("from before what is known")
                .isFalse();
        assertThat(changes.isCurrent(TAG, 1, new AsOf(10, 5))).isTrue();
        changes.changed(TAG, 12);
        assertThat(changes.isCurrent(TAG, 1, new AsOf(11, 5))).isFalse();
        assertThat(changes.isCurrent(TAG, 1, new AsOf(12, 5))).isTrue();
        changes.noticed(TAG, 5);
        assertThat(changes.isCurrent(TAG, 1, new AsOf(12, 5))).isFalse();
        assertThat(changes.isCurrent(TAG, 1, new AsOf(12, 6))).isTrue();
    }

    @Test
    void whatHasTheVersionThatTheFeedTellsIsCurrentHoweverEarlyItWasRead() {
        changes.knownAfter(0);
        changes.noticedBelow(5);
        changes.reached(11);
        put(KEY, version(3));
        changes.changed(TAG, 12, 3);
        assertThat(isCurrent()).isTrue();
        assertThat(changes.isCurrent(TAG, 2, new AsOf(11, 5))).isFalse();
        changes.changed(TAG, 13, 4);
        assertThat(isCurrent()).isFalse();
        assertThat(changes.isOutdated(TAG, 3)).isTrue();
        assertThat(changes.isOutdated(TAG, 4)).isFalse();
    }

    @Test
    void aChangeOfOurOwnCountsBeforeTheFeedTellsOfIt() {
        changes.knownAfter(0);
        put(KEY, version(1));
        changes.clear(TAG);
        assertThat(isCurrent()).isFalse();
        assertThat(changes.isUnsettled(TAG)).isTrue();
        put(KEY, version(2));
        assertThat(isCurrent()).isTrue();
    }

    @Test
    void aNoticeOfATransactionThatBeganEarlierAndIsCommittedLaterIsAChangeToo() {
        changes.knownAfter(0);
        changes.noticed(TAG, 11);
        put(KEY, version(1));
        assertThat(isCurrent()).isTrue();
        changes.noticed(TAG, 10);
        assertThat(isCurrent()).isFalse();
    }

    @Test
    void theVersionsThatAreKnownOfWhatChangesOftenAreNotForgottenForWhatChangedOnce() {
        changes.knownAfter(0);
        changes.changed(TAG, 1, 1);
        for (int i = 2; i < 15_000; i++) {
            changes.changed(CacheTag.product("P" + i), i, 1);
            if (i == 9_000) {
                changes.changed(TAG, i, i);
            }
        }
        assertThat(changes.isOutdated(TAG, 8_999)).isTrue();
    }

    @Test
    void nothingFromElsewhereIsCurrentBeforeTheChangesAreKnown() {
        changes.changed(TAG, 3);
        assertThat(changes.isCurrent(TAG, 1, new AsOf(5, 5))).isFalse();
    }

    @Test
    void anEventThatComesTwiceOrLateTakesNothingBack() {
        changes.knownAfter(0);
        changes.noticedBelow(5);
        changes.changed(TAG, 12, 4);
        changes.changed(TAG, 11, 3);
        changes.reached(12);
        changes.reached(11);
        assertThat(changes.now()).isEqualTo(new AsOf(12, 5));
        assertThat(changes.isCurrent(TAG, 3, new AsOf(11, 5))).isFalse();
        assertThat(changes.isCurrent(TAG, 4, new AsOf(11, 5))).isTrue();
    }

    @Test
    void anOlderVersionNeverReplacesANewerOneInTheProcess() {
        changes.knownAfter(0);
        put(KEY, version(5));
        put(KEY, version(4));
        put(KEY, CacheEntry.absent("gone"));
        assertThat(local.get(KEY).entry()).isEqualTo(version(5));
        put(KEY, version(6));
        assertThat(local.get(KEY).entry()).isEqualTo(version(6));
    }

    @Test
    void theProcessKeepsNoMoreThanItMay() {
        changes.knownAfter(0);
        for (int i = 0; i < 1_000; i++) {
            put(CacheKey.product("P" + i), version(1));
        }
        assertThat(local.bytes()).isLessThanOrEqualTo(10_000);
        assertThat(local.size()).isBetween(1L, 50L);
        assertThat(local.evictions()).isGreaterThan(900);
    }

    @Test
    void whatFallsOutOfTheProcessSoonAfterItWasSeenIsNotTakenFromRedisInAnOlderVersion() {
        changes.knownAfter(0);
        for (int i = 0; i < 1_000; i++) {
            put(CacheKey.product("P" + i), version(3));
        }
        var fallen = 0;
        for (int i = 0; i < 1_000; i++) {
            var key = CacheKey.product("P" + i);
            if (local.get(key) == null) {
                fallen++;
                assertThat(changes.isOlderThanSeen(key.tag(), 2))
                        .as(key.toString())
                        .isTrue();
                assertThat(changes.isOlderThanSeen(key.tag(), 3))
                        .as(key.toString())
                        .isFalse();
            }
        }
        assertThat(fallen).isGreaterThan(900);
    }

    @Test
    void whatIsTooLargeIsNotKept() {
        put(KEY, new CacheEntry(1, "x".repeat(config.largestEntry() + 1)));
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
