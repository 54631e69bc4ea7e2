package org.pmsevents.event.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** An event is updated once, never in place: by PostgreSQL's default its table would be vacuumed after a day or more of dead rows. */
@QuarkusTest
class EventStorageTest {
    @Inject
    Pool pool;

    @Test
    void eventsAreVacuumedEarlierThanByDefault() {
        var factor = pool.query("""
                        SELECT option_value::float8 AS factor
                        FROM pg_class CROSS JOIN LATERAL pg_options_to_table(reloptions)
                        WHERE oid = 'event'::regclass AND option_name = 'autovacuum_vacuum_scale_factor'
                        """)
                .execute()
                .await()
                .atMost(Duration.ofSeconds(10))
                .iterator()
                .next()
                .getDouble("factor");
        assertThat(factor).isLessThanOrEqualTo(0.01);
    }
}
