package org.pmsevents.transfer.imports;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;
import java.util.function.Function;
import org.pmsevents.platform.database.Transactions;

/** Deletes what is no longer needed of imports, a piece in each transaction: it may be millions of rows. */
@ApplicationScoped
class ImportRemains {
    private final ImportTable table;
    private final Transactions transactions;

    ImportRemains(ImportTable table, Transactions transactions) {
        this.table = table;
        this.transactions = transactions;
    }

    /** Deletes what only the work needs. */
    Uni<Void> dropText(UUID id) {
        return inPieces(client -> table.dropText(client, id));
    }

    /** Deletes an import. */
    Uni<Void> delete(UUID id) {
        return dropText(id)
                .chain(() -> inPieces(client -> table.dropRejected(client, id)))
                .chain(() -> transactions.statement(client -> table.prune(client, id)));
    }

    private Uni<Void> inPieces(Function<SqlClient, Uni<Integer>> piece) {
        return Uni.createFrom()
                .deferred(() -> transactions.run(piece::apply))
                .repeat()
                .whilst(deleted -> deleted > 0)
                .collect()
                .last()
                .replaceWithVoid();
    }
}
