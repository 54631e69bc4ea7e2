package org.pmsevents.platform;

/**
 * The order in which the application starts: the priorities of those who observe {@code StartupEvent}, lowest first. Whoever has none
 * starts at 2,500, between the registration and the feed, and needs neither.
 */
public final class StartOrder {
    /** Who hears of which events is registered, so that nobody misses the first event of the feed. */
    public static final int REGISTRATION = 1_000;

    /** The replica begins to join the feed. */
    public static final int FEED = 5_000;

    /** What reads the feed, records events or runs jobs begins: the cache, the watch over the handlers, alerts, jobs and their schedule. */
    public static final int AFTER_THE_FEED = 6_000;

    private StartOrder() {}
}
