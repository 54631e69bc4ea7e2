package org.pmsevents.product.batch;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import java.time.Instant;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.product.Product;

/** Judges lines by the rules of the single calls alone. */
record CatalogueJudge(BatchOptions options) implements LineJudge {
    @Override
    public Uni<Void> prepare(SqlClient transaction, Collection<String> skus) {
        return Uni.createFrom().voidItem();
    }

    @Override
    public JudgedLine judge(int index, ParsedBody line, @Nullable Product stored, Instant now) {
        return LineRules.judge(line, stored, options, now);
    }

    @Override
    public Uni<Void> settled(SqlClient transaction, Collection<String> left) {
        return Uni.createFrom().voidItem();
    }
}
