package org.pmsevents.http.idempotency;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class CanonicalUriTest {

    @Test
    void aPathHasOneSpelling() {
        for (var same : List.of(
                List.of("/api/x/A:B", "/api/x/A%3AB", "/api/x/%41%3a%42"),
                List.of("/api/x/%C3%841", "/api/x/%c3%841", "/api/x/A%CC%881", "/api/x/%c3%84%31"),
                List.of("/api/x/a+b", "/api/x/a%2Bb"),
                List.of("/api/x/a~b", "/api/x/a%7Eb", "/api/x/a%7eb"),
                List.of("/api/x/a*(b)!", "/api/x/a%2A%28b%29%21"))) {
            assertThat(same.stream().map(CanonicalUri::path).distinct())
                    .as("%s", same)
                    .hasSize(1);
        }
        assertThat(CanonicalUri.path("/api/x/a%20b")).isEqualTo("/api/x/a%20b");
    }

    @Test
    void otherPathsStayOthers() {
        assertThat(
                        List.of(
                                        "/api/x/a/b",
                                        "/api/x/a%2Fb",
                                        "/api/x/a%252Fb",
                                        "/api/x/A/b",
                                        "/api/x/a/b/",
                                        "/api/x/a+b")
                                .stream()
                                .map(CanonicalUri::path)
                                .distinct())
                .hasSize(6);
    }

    @Test
    void aQueryHasOneSpellingAndKeepsItsOrder() {
        assertThat(CanonicalUri.query("atomic=%74rue&a=x+y"))
                .isEqualTo(CanonicalUri.query("%61tomic=true&a=x%20y"))
                .isEqualTo("atomic=true&a=x%20y");
        assertThat(CanonicalUri.query("a=1&b=2")).isNotEqualTo(CanonicalUri.query("b=2&a=1"));
        assertThat(CanonicalUri.query("a=1%26b=2")).isNotEqualTo(CanonicalUri.query("a=1&b=2"));
    }
}
