package org.pmsevents.http.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class ForwardedClientTest {
    private static final String PROXY = "10.0.0.1";
    private static final String CLIENT = "198.51.100.7";

    private static String client(String... forwarded) {
        var trusted =
                ForwardedClient.trusted(List.of("10.0.0.0/8", "192.0.2.1", "192.0.2.2:8080", "2001:db8::/32", "lb"));
        return ForwardedClient.first(PROXY, List.of(forwarded), trusted);
    }

    @Test
    void theClientIsTheFirstFromTheRightThatIsNoTrustedProxy() {
        assertThat(client("203.0.113.1", CLIENT)).isEqualTo(CLIENT);
        assertThat(client("10.9.9.9", "203.0.113.1", CLIENT, "10.0.0.2")).isEqualTo(CLIENT);
        assertThat(client("anything", CLIENT, "192.0.2.1", "192.0.2.2", "2001:db8::5"))
                .isEqualTo(CLIENT);
        assertThat(client(CLIENT)).isEqualTo(CLIENT);
        assertThat(client(CLIENT, "::ffff:10.0.0.2")).isEqualTo(CLIENT);
    }

    @Test
    void aClientWithinTheTrustedNetworkIsTheLeftmost() {
        assertThat(client("10.0.0.7", "10.0.0.2")).isEqualTo("10.0.0.7");
        assertThat(client()).isEqualTo(PROXY);
        assertThat(client("", " ")).isEqualTo(PROXY);
    }

    @Test
    void portsAndBracketsAreNoPartOfTheAddress() {
        assertThat(client("203.0.113.1", CLIENT + ":4711")).isEqualTo(CLIENT);
        assertThat(client("[2001:db9::1]:4711", "[2001:db8::1]")).isEqualTo("2001:db9::1");
    }

    @Test
    void whatIsNoAddressIsNoProxy() {
        assertThat(client(CLIENT, "unknown")).isEqualTo("unknown");
        assertThat(client(CLIENT, "_hidden", "10.0.0.2")).isEqualTo("_hidden");
        assertThat(client("x".repeat(10_000))).hasSizeLessThan(100);
    }

    @Test
    void forwardedNamesTheSame() {
        assertThat(ForwardedClient.ofForwarded(List.of(
                        "for=203.0.113.1;proto=http, proto=https;For=\"[2001:db9::1]:4711\"",
                        "by=x",
                        "for=198.51.100.7")))
                .containsExactly("203.0.113.1", "[2001:db9::1]:4711", "unknown", CLIENT);
    }
}
