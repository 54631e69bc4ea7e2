package org.pmsevents.apikey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pmsevents.Pure;
import org.pmsevents.http.security.AllowedLocations;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;

@Pure
class ApiKeyRulesTest {
    private static final Instant NOW = Instant.parse("2026-11-30T10:00:00Z");

    /** JSON may be written with single quotes. */
    private static NewKey key(String json) {
        return ApiKeyRules.key(StrictJson.read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8)), NOW);
    }

    @Test
    void aKeyNeedsANameAndRolesOnly() {
        assertThat(key("{'name':'till-7','roles':['stock']}"))
                .isEqualTo(new NewKey("till-7", List.of("stock"), null, null));
        assertThat(key("{'name':'A.b_c-1','roles':['stock','editor'],'locations':null,'expiresAt':null}"))
                .isEqualTo(new NewKey("A.b_c-1", List.of("stock", "editor"), null, null));
        assertThat(key("{'name':'t','roles':['viewer'],'locations':['main','shop"
                        + " 7'],'expiresAt':'2026-11-30T10:00:01Z'}"))
                .isEqualTo(new NewKey("t", List.of("viewer"), List.of("main", "shop 7"), NOW.plusSeconds(1)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'roles':['stock']}                                           | /name       | required",
                "{'name':'a b','roles':['stock']}                              | /name       | pattern",
                "{'name':'-a','roles':['stock']}                               | /name       | pattern",
                "{'name':'a:b','roles':['stock']}                              | /name       | pattern",
                "{'name':'a'}                                                  | /roles      | required",
                "{'name':'a','roles':[]}                                       | /roles      | too-few",
                "{'name':'a','roles':['root']}                                 | /roles      | unknown",
                "{'name':'a','roles':['stock','stock']}                        | /roles/1    | duplicate",
                "{'name':'a','roles':'stock'}                                  | /roles      | type",
                "{'name':'a','roles':['stock'],'locations':[]}                 | /locations  | too-few",
                "{'name':'a','roles':['stock'],'locations':['a/b']}            | /locations  | pattern",
                "{'name':'a','roles':['stock'],'expiresAt':'tomorrow'}         | /expiresAt  | format",
                "{'name':'a','roles':['stock'],'expiresAt':'2026-11-30T10:00:00Z'} | /expiresAt | out-of-range",
                "{'name':'a','roles':['stock'],'id':'a'}                       | /id         | unknown-field"
            })
    void whatIsWrongIsNamed(String json, String pointer, String code) {
        var refusal = catchThrowableOfType(AppException.class, () -> key(json));
        assertThat(refusal.violations()).singleElement().satisfies(violation -> {
            assertThat(violation.pointer()).isEqualTo(pointer);
            assertThat(violation.code()).isEqualTo(code);
        });
    }

    @Test
    void nobodyGivesARoleThatHeDoesNotHave() {
        var stock = Roles.including(List.of("stock"));
        ApiKeyRules.requireNoMoreThan(stock, AllowedLocations.ALL, key("{'name':'a','roles':['stock','viewer']}"));
        for (var more : List.of("editor", "operator", "admin")) {
            assertThatThrownBy(() -> ApiKeyRules.requireNoMoreThan(
                            stock, AllowedLocations.ALL, key("{'name':'a','roles':['" + more + "']}")))
                    .isInstanceOfSatisfying(AppException.class, refusal -> {
                        assertThat(refusal.status()).isEqualTo(403);
                        assertThat(refusal.members()).containsEntry("roles", List.of("viewer", "stock"));
                    });
        }
    }

    @Test
    void whoIsBoundedGivesNoKeyThatIsLessSo() {
        var bounded = new AllowedLocations(List.of("north", "south"));
        var all = Set.copyOf(Roles.all());
        ApiKeyRules.requireNoMoreThan(all, bounded, key("{'name':'a','roles':['admin'],'locations':['south']}"));
        for (var more : List.of("", ",'locations':null", ",'locations':['south','west']")) {
            assertThatThrownBy(() -> ApiKeyRules.requireNoMoreThan(
                            all, bounded, key("{'name':'a','roles':['viewer']" + more + "}")))
                    .isInstanceOfSatisfying(AppException.class, refusal -> {
                        assertThat(refusal.code()).isEqualTo("location-not-allowed");
                        assertThat(refusal.members()).containsEntry("locations", List.of("north", "south"));
                    });
        }
    }

    @Test
    void aKeyIsFoundInItsTextAndNeverPrinted() {
        var key = KeyText.random();
        assertThat(key.text()).hasSize(60).startsWith("pmse_" + key.id());
        assertThat(KeyText.isComplete(key.text())).isTrue();
        assertThat(KeyText.of(key.text())).isEqualTo(key);
        assertThat(key.hash()).hasSize(32);
        assertThat(key.toString()).isEqualTo("pmse_" + key.id());
        assertThat(KeyText.random()).isNotEqualTo(key);
        for (var wrong : List.of(
                "pmse_", key.text().substring(1), key.text() + "A", key.text().replace("pmse_", "PMSE_"), "a.b.c")) {
            assertThat(KeyText.isComplete(wrong)).as(wrong).isFalse();
        }
    }
}
