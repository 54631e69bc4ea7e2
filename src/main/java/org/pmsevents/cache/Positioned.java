package org.pmsevents.cache;

import org.jspecify.annotations.Nullable;

/** A value that was read from PostgreSQL without the cache, and what it has seen of the feed; null if that is unknown. */
public record Positioned<T>(T value, @Nullable FeedPosition seen) {}
