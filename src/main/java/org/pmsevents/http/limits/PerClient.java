package org.pmsevents.http.limits;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts per client, such as its open streams on this replica. Clients with a count of 0 are forgotten. */
public final class PerClient {
    private final int most;
    private final Map<String, Integer> open = new ConcurrentHashMap<>();

    public PerClient(int most) {
        this.most = most;
    }

    public boolean isFull(String client) {
        return open.getOrDefault(client, 0) >= most;
    }

    public void opened(String client) {
        open.merge(client, 1, Integer::sum);
    }

    public void closed(String client) {
        open.computeIfPresent(client, (known, count) -> count == 1 ? null : count - 1);
    }
}
