package org.pmsevents.export;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.mutiny.sqlclient.Row;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.StockTable;

/** The rows of a file of stock: what is on hand, and the threshold. */
final class StockRows implements ExportKind {
    private static final List<String> COLUMNS = List.of("sku", "location", "onHand", "threshold");
    private static final int ROWS = 1_000;

    @Override
    public String name() {
        return "inventory";
    }

    @Override
    public List<String> columns() {
        return COLUMNS;
    }

    @Override
    public int rowsAtOnce() {
        return ROWS;
    }

    @Override
    public List<@Nullable String> cells(Row row) {
        var stock = StockTable.stock(row);
        var threshold = stock.threshold();
        return Arrays.asList(
                SafeCell.of(stock.key().sku()),
                SafeCell.of(stock.key().location()),
                Long.toString(stock.onHand()),
                threshold == null ? null : threshold.toString());
    }

    @Override
    public ObjectNode json(Row row) {
        var stock = StockTable.stock(row);
        return JsonNodeFactory.instance
                .objectNode()
                .put("sku", stock.key().sku())
                .put("location", stock.key().location())
                .put("onHand", stock.onHand())
                .put("threshold", stock.threshold());
    }
}
