package org.pmsevents.transfer.imports;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.query.Flag;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.product.price.Currencies;
import org.pmsevents.transfer.file.Columns;
import org.pmsevents.transfer.file.ImportKind;
import org.pmsevents.transfer.file.ImportOptions;
import org.pmsevents.transfer.file.NumberText;

/**
 * What the sender of a file has said about it.
 *
 * @param mode of products: {@code upsert}, {@code create} or {@code update}
 */
record ImportRequest(String mode, boolean dryRun, ImportOptions file) {
    static final List<String> MODES = List.of("upsert", "create", "update");

    private static final String SHOPIFY = "shopify";
    private static final int LONGEST_MAP = 1_000;

    /** The query parameters as they are. */
    record Query(
            @Nullable String kind,
            @Nullable String mode,
            @Nullable String dryRun,
            @Nullable String preset,
            @Nullable String decimal,
            @Nullable String currency,
            @Nullable List<String> map) {}

    /**
     * Reads the parameters of a request.
     *
     * @param json whether each line is a JSON object; otherwise it is CSV
     * @throws AppException 400 {@code validation-failed}
     */
    static ImportRequest of(Query query, boolean json) {
        var kind = named(query.kind())
                .orElseThrow(() -> refused("kind", "unknown", "kind must be products, counts or thresholds."));
        var mode = query.mode() == null ? MODES.get(0) : query.mode();
        if (!MODES.contains(mode)) {
            throw refused("mode", "unknown", "mode must be upsert, create or update.");
        }
        if (query.mode() != null && kind != ImportKind.PRODUCTS) {
            throw refused("mode", "unknown", "Only an import of products has a mode.");
        }
        boolean shopify = query.preset() != null;
        if (shopify && (!SHOPIFY.equals(query.preset()) || json || kind == ImportKind.THRESHOLDS)) {
            throw refused("preset", "unknown", "preset must be shopify, for a CSV file of products or counts.");
        }
        if (json && (query.decimal() != null || query.currency() != null || isGiven(query.map()))) {
            throw refused("map", "unknown", "map, decimal and currency are for CSV files.");
        }
        var currency = currency(query.currency(), kind);
        if (shopify && kind == ImportKind.PRODUCTS && currency == null) {
            throw refused("currency", "required", "Shopify's file names no currency: give it, as in currency=EUR.");
        }
        return new ImportRequest(
                mode,
                Flag.of("dryRun", query.dryRun()),
                new ImportOptions(
                        kind,
                        mode.equals("update"),
                        json,
                        shopify,
                        numbers(query.decimal()),
                        currency,
                        map(query.map())));
    }

    private static Optional<ImportKind> named(@Nullable String kind) {
        return Stream.of(ImportKind.values())
                .filter(each -> each.wireName().equals(kind))
                .findFirst();
    }

    private static boolean isGiven(@Nullable List<String> values) {
        return values != null && !values.isEmpty();
    }

    private static NumberText numbers(@Nullable String decimal) {
        if (decimal == null) {
            return NumberText.PLAIN;
        }
        return switch (decimal) {
            case "comma" -> NumberText.COMMA;
            case "point" -> NumberText.POINT;
            default -> throw refused("decimal", "unknown", "decimal must be comma or point.");
        };
    }

    private static @Nullable String currency(@Nullable String currency, ImportKind kind) {
        if (currency != null
                && (kind != ImportKind.PRODUCTS || Currencies.digits(currency).isEmpty())) {
            throw refused("currency", "unknown-currency", Currencies.RULE);
        }
        return currency;
    }

    /** Each value has pairs of a column and a field, separated by commas; a pair with a comma in it is quoted as in CSV. */
    private static Map<String, String> map(@Nullable List<String> values) {
        var map = new HashMap<String, String>();
        for (var value : values == null ? List.<String>of() : values) {
            for (var pair : pairs(value)) {
                int colon = pair.lastIndexOf(':');
                if (colon < 1 || colon == pair.length() - 1 || map.size() >= LONGEST_MAP) {
                    throw refused("map", "format", "map must have pairs such as Artikel:sku,Bezeichnung:name.");
                }
                map.put(
                        Columns.normal(pair.substring(0, colon)),
                        pair.substring(colon + 1).strip());
            }
        }
        return Map.copyOf(map);
    }

    private static List<String> pairs(String value) {
        try {
            return CsvReader.builder().ofSingleCsvRecord(value).getFields();
        } catch (CsvParseException e) {
            throw refused("map", "format", "map must have pairs such as Artikel:sku,Bezeichnung:name.");
        }
    }

    private static AppException refused(String parameter, String code, String detail) {
        return AppException.validationFailed("?" + parameter, code, detail);
    }

    /** As it is stored. */
    String json() {
        var json = JsonNodeFactory.instance.objectNode();
        json.put("mode", mode)
                .put("json", file.json())
                .put("shopify", file.shopify())
                .put("numbers", file.numbers().name())
                .put("currency", file.currency());
        file.map().forEach(json.putObject("map")::put);
        return JsonText.of(json);
    }

    /** Of a stored import. */
    static ImportRequest of(Import stored) {
        var json = JsonText.object(stored.options());
        var map = new HashMap<String, String>();
        json.path("map")
                .fields()
                .forEachRemaining(each -> map.put(each.getKey(), each.getValue().asText()));
        var mode = json.path("mode").asText();
        return new ImportRequest(
                mode,
                stored.dryRun(),
                new ImportOptions(
                        ImportKind.valueOf(stored.kind().toUpperCase(Locale.ROOT)),
                        mode.equals("update"),
                        json.path("json").asBoolean(),
                        json.path("shopify").asBoolean(),
                        NumberText.valueOf(json.path("numbers").asText()),
                        json.path("currency").textValue(),
                        Map.copyOf(map)));
    }

    /** What was found at the beginning of a file, as it is stored. */
    static String format(String coding, @Nullable Columns columns) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("charset", coding);
        if (columns != null) {
            json.put("separator", String.valueOf(columns.separator()));
            json.put("header", columns.header());
            json.put("end", columns.end());
            json.put("line", columns.nextLine());
        }
        return JsonText.of(json);
    }

    /** The columns of a stored import; null for NDJSON. */
    @Nullable
    Columns columns(String format) {
        var json = JsonText.object(format);
        return file.json()
                ? null
                : Columns.kept(
                        json.path("separator").asText().charAt(0),
                        json.path("header").asText(),
                        json.path("end").asLong(),
                        json.path("line").asLong(),
                        file);
    }
}
