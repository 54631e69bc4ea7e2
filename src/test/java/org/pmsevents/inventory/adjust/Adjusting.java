package org.pmsevents.inventory.adjust;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.mutiny.sqlclient.SqlClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The statement that changes stock, for tests without the service around it. */
public final class Adjusting {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final StockChangeTable TABLE = new StockChangeTable(new ObjectMapper());

    private Adjusting() {}

    /** What becomes of the requests, written by one statement. */
    public static List<StockResult> change(SqlClient client, List<StockRequest> requests) {
        var outcomes = TABLE.change(client, requests).await().atMost(PATIENCE);
        var results = new ArrayList<StockResult>();
        for (int i = 0; i < requests.size(); i++) {
            results.add(StockResult.of(requests.get(i), outcomes.get(i), null));
        }
        return results;
    }
}
