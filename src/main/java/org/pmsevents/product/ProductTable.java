package org.pmsevents.product;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.database.ListQuery;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.product.price.Price;

/** The SQL of products. */
@ApplicationScoped
public class ProductTable {
    static final String COLUMNS =
            "sku, name, description, price_amount, price_currency, tags, attributes::text AS attributes, status, version,"
                    + " created_at, updated_at, published_at";

    private static final String FIND = "SELECT " + COLUMNS + " FROM product WHERE sku = $1";

    private static final String LOCK = FIND + " FOR NO KEY UPDATE";

    private static final String FIND_ALL = """
            SELECT found.* FROM unnest($1::text[]) AS given (sku)
            CROSS JOIN LATERAL (SELECT %s FROM product WHERE product.sku = given.sku LIMIT 1) AS found
            """.formatted(COLUMNS);

    private static final String LOCK_ALL = """
            SELECT found.* FROM (SELECT sku FROM unnest($1::text[]) AS given (sku) ORDER BY sku COLLATE "C") AS wanted
            CROSS JOIN LATERAL (SELECT %s FROM product WHERE product.sku = wanted.sku FOR NO KEY UPDATE) AS found
            """.formatted(COLUMNS);

    private static final String UPDATE = """
            UPDATE product
            SET name = $2, description = $3, price_amount = $4, price_currency = $5, tags = $6,
                attributes = $7::text::json, status = $8, version = $9, created_at = $10, updated_at = $11,
                published_at = $12
            WHERE sku = $1
            """;

    private static final String LIST = "SELECT " + COLUMNS + " FROM product";

    /**
     * Ignores case by the rules of Unicode, whatever the locale of the database: under the collation of SKUs only ASCII letters
     * have case. The index {@code product_search} is on exactly these expressions.
     */
    private static final String SEARCH = """
            (lower(name COLLATE "und-x-icu") COLLATE "C" LIKE lower(?::text COLLATE "und-x-icu") COLLATE "C"
              OR lower(sku COLLATE "und-x-icu") COLLATE "C" LIKE lower(?::text COLLATE "und-x-icu") COLLATE "C")""";

    private final ObjectMapper mapper;

    ProductTable(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    Uni<Optional<Product>> find(SqlClient client, String sku) {
        return client.preparedQuery(FIND).execute(Tuple.of(sku)).map(this::first);
    }

    /** Returns those of the products that exist, in any order. */
    public Uni<List<Product>> findAll(SqlClient client, Collection<String> skus) {
        return client.preparedQuery(FIND_ALL)
                .execute(Tuple.of(skus.toArray(String[]::new)))
                .map(this::all);
    }

    /** Returns the product and locks it until the transaction ends. */
    Uni<Optional<Product>> lock(SqlClient transaction, String sku) {
        return transaction.preparedQuery(LOCK).execute(Tuple.of(sku)).map(this::first);
    }

    /** Returns those of the products that exist, locked until the transaction ends; in one order, so that it can't deadlock with others. */
    public Uni<List<Product>> lockAll(SqlClient transaction, Collection<String> skus) {
        return transaction
                .preparedQuery(LOCK_ALL)
                .execute(Tuple.of(skus.toArray(String[]::new)))
                .map(this::all);
    }

    Uni<Void> update(SqlClient transaction, Product product) {
        return transaction.preparedQuery(UPDATE).execute(row(product)).replaceWithVoid();
    }

    /**
     * Lists products in the order of their SKUs.
     *
     * @param search substring of the name or SKU, ignoring case
     */
    Uni<List<Product>> list(
            SqlClient client,
            @Nullable String after,
            @Nullable ProductStatus status,
            @Nullable String tag,
            @Nullable String search,
            int limit) {
        return list(after, status, tag, search, limit).execute(client).map(this::all);
    }

    static ListQuery list(
            @Nullable String after,
            @Nullable ProductStatus status,
            @Nullable String tag,
            @Nullable String search,
            int limit) {
        return filtered(status, tag, search)
                .when(after != null, "sku > ?", after)
                .end("ORDER BY sku LIMIT ?", limit);
    }

    /** All products in the order of their SKUs, each a row for {@link #product}. */
    public static ListQuery all(@Nullable ProductStatus status, @Nullable String tag, @Nullable String search) {
        return filtered(status, tag, search).end("ORDER BY sku");
    }

    private static ListQuery filtered(@Nullable ProductStatus status, @Nullable String tag, @Nullable String search) {
        var pattern = search == null ? null : "%" + search.replaceAll("([\\\\%_])", "\\\\$1") + "%";
        return ListQuery.of(LIST)
                .when(status != null, "status = ?", status == null ? null : status.wireName())
                .when(tag != null, "tags @> ARRAY[?::text]", tag)
                .when(pattern != null, SEARCH, pattern, pattern);
    }

    private static Tuple row(Product product) {
        var draft = product.draft();
        var publishedAt = product.publishedAt();
        return Tuple.from(Arrays.asList(
                draft.sku(),
                draft.name(),
                draft.description(),
                draft.price().amount(),
                draft.price().currency(),
                draft.tags().toArray(String[]::new),
                JsonText.of(draft.attributes()),
                product.status().wireName(),
                product.version(),
                product.createdAt().atOffset(ZoneOffset.UTC),
                product.updatedAt().atOffset(ZoneOffset.UTC),
                publishedAt == null ? null : publishedAt.atOffset(ZoneOffset.UTC)));
    }

    private Optional<Product> first(RowSet<Row> rows) {
        for (var row : rows) {
            return Optional.of(product(row));
        }
        return Optional.empty();
    }

    private List<Product> all(RowSet<Row> rows) {
        var products = new ArrayList<Product>(rows.size());
        rows.forEach(row -> products.add(product(row)));
        return products;
    }

    public Product product(Row row) {
        var draft = new ProductDraft(
                row.getString("sku"),
                row.getString("name"),
                row.getString("description"),
                new Price(row.getBigDecimal("price_amount"), row.getString("price_currency")),
                List.of(row.getArrayOfStrings("tags")),
                attributes(row.getString("attributes")));
        return new Product(
                draft,
                ProductStatus.named(row.getString("status")).orElseThrow(),
                row.getLong("version"),
                row.getOffsetDateTime("created_at").toInstant(),
                row.getOffsetDateTime("updated_at").toInstant(),
                instant(row, "published_at"));
    }

    private static @Nullable Instant instant(Row row, String column) {
        var time = row.getOffsetDateTime(column);
        return time == null ? null : time.toInstant();
    }

    private ObjectNode attributes(String json) {
        try {
            return (ObjectNode) mapper.readTree(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
