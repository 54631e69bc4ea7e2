package org.pmsevents.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class WebOriginTest {

    @Test
    void anOriginHasOneForm() {
        for (var same : List.of(
                "https://shop.example",
                "https://shop.example/",
                "https://shop.example:443",
                "HTTPS://Shop.Example:443/",
                " https://shop.example:/ ")) {
            assertThat(WebOrigin.normalized(same)).as(same).isEqualTo("https://shop.example");
        }
        assertThat(WebOrigin.normalized("http://[::1]:80/")).isEqualTo("http://[::1]");
        assertThat(WebOrigin.normalized("https://shop.example:80")).isEqualTo("https://shop.example:80");
        assertThat(WebOrigin.normalized("http://shop.example:443")).isEqualTo("http://shop.example:443");
        assertThat(WebOrigin.normalized("null")).isEqualTo("null");
        assertThat(WebOrigin.normalized("https://shop.example/page")).isEqualTo("https://shop.example/page");
    }

    @Test
    void aPageIsOfTheHostThatServedIt() {
        assertThat(WebOrigin.isOf("https://shop.example", "shop.example:443")).isTrue();
        assertThat(WebOrigin.isOf("https://shop.example:443", "Shop.example")).isTrue();
        assertThat(WebOrigin.isOf("http://localhost:8080", "localhost:8080")).isTrue();
        assertThat(WebOrigin.isOf("http://localhost:8080", "localhost")).isFalse();
        assertThat(WebOrigin.isOf("https://evil.example", "shop.example")).isFalse();
        assertThat(WebOrigin.isOf("null", "shop.example")).isFalse();
    }

    @Test
    void allowedOriginsAreNormalisedButNoRegularExpressions() {
        assertThat(AllowedOrigins.normalized("https://Shop.Example/, /https:..[A-Z]{1\\,3}.example/,*"))
                .isEqualTo("https://shop.example, /https:..[A-Z]{1\\,3}.example/,*");
    }
}
