package org.pmsevents.cache.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.cache.CacheKey;

@Pure
class ListAdmissionTest {
    private final ListAdmission admission = new ListAdmission();

    @Test
    void aListEntersAtItsSecondRead() {
        for (var list : new CacheKey[] {CacheKey.products("limit=1&after=x"), CacheKey.stocks("sku=A")}) {
            assertThat(admission.admits(list)).isFalse();
            assertThat(admission.admits(list)).isTrue();
        }
    }

    @Test
    void noNumberOfListsThatAreReadOnceEnters() {
        assertThat(IntStream.range(0, 50_000).filter(i -> admission.admits(CacheKey.products("after=" + i))))
                .isEmpty();
    }

    @Test
    void aProductAndAStockEnterAtOnce() {
        assertThat(admission.admits(CacheKey.product("A"))).isTrue();
        assertThat(admission.admits(CacheKey.stock("A", "main"))).isTrue();
    }
}
