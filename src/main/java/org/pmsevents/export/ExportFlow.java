package org.pmsevents.export;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.FeedPosition;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.platform.database.ListQuery;
import org.pmsevents.platform.database.Snapshot;
import org.pmsevents.platform.database.Snapshots;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.shutdown.Draining;
import org.pmsevents.product.ProductStatus;
import org.pmsevents.product.ProductTable;

/** Opens exports. What has a position in the snapshot was committed before it, so the export shows it. */
@ApplicationScoped
class ExportFlow {
    private final Snapshots snapshots;
    private final EventTable events;
    private final StockTable stock;
    private final ProductRows productRows;
    private final StockRows stockRows = new StockRows();
    private final Draining draining;

    ExportFlow(Snapshots snapshots, EventTable events, ProductTable products, StockTable stock, Draining draining) {
        this.snapshots = snapshots;
        this.events = events;
        this.stock = stock;
        this.productRows = new ProductRows(products);
        this.draining = draining;
    }

    /**
     * Opens an export of products, which the caller has to close.
     *
     * @param search substring of the name or SKU, ignoring case
     * @throws AppException 503 {@code too-busy} if too many exports are running, {@code restarting} from a replica that is stopping
     */
    Uni<Export> products(
            @Nullable ProductStatus status, @Nullable String tag, @Nullable String search, ExportFormat format) {
        return export(ProductTable.all(status, tag, search), productRows, format);
    }

    /** Opens an export of stock. Throws the same as {@link #products}. */
    Uni<Export> inventory(@Nullable String location, boolean low, ExportFormat format) {
        return export(stock.all(location, low), stockRows, format);
    }

    private Uni<Export> export(ListQuery query, ExportKind kind, ExportFormat format) {
        if (draining.begun()) {
            return Uni.createFrom().failure(AppException.restarting());
        }
        return snapshots
                .open()
                .chain(snapshot -> begin(snapshot, query, kind, format)
                        .onFailure()
                        .invoke(snapshot::close)
                        .onCancellation()
                        .invoke(snapshot::close));
    }

    private Uni<Export> begin(Snapshot snapshot, ListQuery query, ExportKind kind, ExportFormat format) {
        return position(snapshot)
                .chain(seen -> snapshot.open(query)
                        .chain(() -> snapshot.next(kind.rowsAtOnce()))
                        .map(first -> new Export(snapshot, kind, format, seen, first)));
    }

    private Uni<FeedPosition> position(Snapshot snapshot) {
        return snapshot.run(events::head).map(head -> new FeedPosition(head.epoch(), head.position()));
    }
}
