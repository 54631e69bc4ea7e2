package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;

import io.restassured.specification.RequestSpecification;
import java.util.List;
import org.pmsevents.Client;
import org.pmsevents.http.security.Tokens;

/** Products of which one more is received again and again, one after the other: events whose order can be told by their {@code onHand}. */
record Receipts(List<String> skus, int rounds) {
    static RequestSpecification at(Replica replica) {
        return given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer("ada", "admin"))
                .contentType("application/json");
    }

    void createProducts(Replica replica) {
        skus.forEach(sku -> at(replica)
                .body(Client.product(sku))
                .post("/api/products")
                .then()
                .statusCode(201));
    }

    void book(Replica replica) {
        for (int i = 0; i < rounds; i++) {
            for (var sku : skus) {
                at(replica)
                        .body("{\"delta\":1,\"reason\":\"receipt\"}")
                        .post("/api/inventory/" + sku + "/adjustments")
                        .then()
                        .statusCode(200);
            }
        }
    }

    /** How many events a booking of all makes. */
    int events() {
        return rounds * skus.size();
    }
}
