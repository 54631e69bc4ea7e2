package org.pmsevents.product.batch;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import java.time.Instant;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.product.Product;

/** The rules by which the lines of one batch are judged. */
public interface LineJudge {
    /** Reads what the rules need of these products, after they were read; called again for those that are judged again. */
    Uni<Void> prepare(SqlClient transaction, Collection<String> skus);

    /**
     * Judges a line, in the order of the lines. May run on a worker thread.
     *
     * @param stored the product with its SKU after the lines before; null if there is none
     * @throws org.pmsevents.platform.problem.AppException if the line is refused
     */
    JudgedLine judge(int index, ParsedBody line, @Nullable Product stored, Instant now);

    /**
     * Stores what the rules need next time, when all is written; not called if nothing was to be written.
     *
     * @param left SKUs of the products whose lines were not applied
     */
    Uni<Void> settled(SqlClient transaction, Collection<String> left);
}
