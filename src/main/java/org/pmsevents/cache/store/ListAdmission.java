package org.pmsevents.cache.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.pmsevents.cache.CacheKey;

/**
 * Decides which lists are stored in Redis: those that are read a second time within 10 minutes. Anybody can ask for a list that nobody
 * has asked for before, so a list that is read once would only take memory.
 */
@Singleton
public class ListAdmission {
    private static final int REMEMBERED = 10_000;
    private static final Duration WINDOW = Duration.ofMinutes(10);

    private final Cache<CacheKey, Boolean> readOnce = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            .expireAfterWrite(WINDOW)
            .build();

    /** Returns true for what is no list, and for a list from its second call on. */
    public boolean admits(CacheKey key) {
        return !key.isList() || readOnce.asMap().putIfAbsent(key, true) != null;
    }
}
