package org.pmsevents.cache;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Map;

/** A source that also loads several values by one query. */
public interface ManySource extends CacheSource {
    /** As {@link #fetchFromDB}, for each of the ids of keys. The answer has an entry for each of them. */
    Uni<Map<String, CacheEntry>> fetchAllFromDB(List<String> ids);
}
