package org.pmsevents.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;

/** Products that were stored by earlier versions, or long ago: before names were brought to NFC, before a currency ended. */
@QuarkusTest
class EarlierProductsTest {
    private static final Pattern RENAME = Pattern.compile("BEGIN;\n(.*?)COMMIT;", Pattern.DOTALL);

    private final Client editor = Client.editor();
    private final Client keeper = Client.of("stan", "stock");
    private final String composed = Client.newSku("\u00C4 ");
    private final String decomposed = Normalizer.normalize(composed, Normalizer.Form.NFD);

    @Inject
    Pool pool;

    @Test
    void theDocumentedStatementsBringNamesToTheirNormalForm() throws IOException {
        pool.preparedQuery("INSERT INTO location (location) VALUES ($1)").executeAndAwait(Tuple.of(decomposed));
        pool.preparedQuery(
                        "INSERT INTO product (sku, name, price_amount, price_currency, tags, attributes, status, version,"
                                + " created_at, updated_at) VALUES ($1, 'Lamp', 1, 'EUR', '{}', '{}', 'draft', 1, now(), now())")
                .executeAndAwait(Tuple.of(decomposed));
        pool.preparedQuery("INSERT INTO stock (sku, location, on_hand) VALUES ($1, 'main', 3), ($1, $1, 4)")
                .executeAndAwait(Tuple.of(decomposed));

        var statements = RENAME.matcher(Files.readString(Path.of("src/docs/operate/upgrade.md")));
        assertThat(statements.find()).isTrue();
        pool.withTransactionAndAwait(
                connection -> connection.query(statements.group(1)).execute());

        editor.read(decomposed).then().statusCode(200).body("sku", equalTo(composed));
        assertThat(keeper.adjust(decomposed, 1).get("onHand").longValue()).isEqualTo(4);
        keeper.adjust(composed, "{\"delta\":1,\"reason\":\"sale\",\"location\":\"" + decomposed + "\"}")
                .then()
                .statusCode(200)
                .body("onHand", equalTo(5));
    }

    @Test
    void aPriceThatIsStoredMayBeSentAgainThoughItsCurrencyHasEnded() {
        var sku = Client.newSku("DEM");
        editor.create(sku);
        pool.preparedQuery("UPDATE product SET price_amount = 1.955833, price_currency = 'DEM' WHERE sku = $1")
                .executeAndAwait(Tuple.of(sku));
        editor.patch(sku, "{\"name\":\"Table\"}").then().statusCode(200).body("price.currency", equalTo("DEM"));
        editor.isProblem(editor.patch(sku, "{\"price\":{\"amount\":2}}"), 400, "validation-failed")
                .body("violations.pointer", equalTo(List.of("/price/currency")));
    }
}
