package org.pmsevents.dashboard;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.blankOrNullString;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.junit.QuarkusTest;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the dashboard's files are served: to anybody, never an old one, and as its policy demands. */
@QuarkusTest
class DashboardPageTest {
    private static final Pattern FILE = Pattern.compile("(?:href|src)=\"(/[^\"]+)\"");

    @Test
    void thePageIsForAnybodyAndWhatItShowsIsNot() {
        given().get("/")
                .then()
                .statusCode(200)
                .contentType("text/html")
                .body(containsString("<title>PMS Events</title>"));
        given().get("/api/products").then().statusCode(401);
        given().get("/api/metrics/summary").then().statusCode(401);
    }

    @Test
    void allThatThePageNamesIsThere() {
        var files = FILE.matcher(given().get("/").asString());
        assertThat(files.results().map(file -> file.group(1)).toList())
                .hasSizeGreaterThan(4)
                .allSatisfy(file -> given().get(file).then().statusCode(200));
    }

    @Test
    void nothingInThePageIsInline() {
        var page = given().get("/").asString();
        assertThat(page).doesNotContainPattern("<style|\\sstyle=|\\son[a-z]+=|javascript:|//[a-z]+\\.[a-z]");
        assertThat(page).doesNotContainPattern("<script(?![^>]* src=)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/", "/index.html", "/dashboard/main.js", "/dashboard/pms-events.js", "/dashboard/dashboard.css"
            })
    void aFileIsAskedForEachTimeAndSentOnlyIfItIsAnother(String path) {
        var tag = given().get(path)
                .then()
                .statusCode(200)
                .header("Cache-Control", equalTo("no-cache"))
                .extract()
                .header("ETag");
        assertThat(tag).matches("\"[0-9a-f]{32}\"");
        given().header("If-None-Match", "\"older\", W/" + tag)
                .get(path)
                .then()
                .statusCode(304)
                .header("ETag", equalTo(tag))
                .body(blankOrNullString());
        given().header("If-None-Match", "\"older\"").get(path).then().statusCode(200);
        given().header("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT")
                .get(path)
                .then()
                .statusCode(200)
                .body(not(blankOrNullString()));
    }

    @Test
    void aLibraryIsKeptForAYear() {
        var library = FILE.matcher(given().get("/").asString())
                .results()
                .map(file -> file.group(1))
                .filter(file -> file.endsWith("uPlot.iife.min.js"))
                .findFirst()
                .orElseThrow();
        given().get(library)
                .then()
                .statusCode(200)
                .header("Cache-Control", equalTo("public, max-age=31536000, immutable"));
    }

    @Test
    void whereNoProviderSignsPeopleInThePageIsToldSo() {
        given().get("/dashboard/sign-in.json").then().statusCode(204).body(blankOrNullString());
    }

    @Test
    void whatIsNotThereIsAProblemAsEverywhere() {
        given().get("/dashboard/nothing.js")
                .then()
                .statusCode(404)
                .contentType("application/problem+json")
                .header("ETag", nullValue());
        given().get("/dev/token").then().statusCode(404);
    }
}
