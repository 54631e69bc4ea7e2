package org.pmsevents.http.limits;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class ClientNameTest {

    @Test
    void anIpv4AddressIsAClient() {
        assertThat(ClientName.network("192.0.2.7")).isEqualTo("192.0.2.7");
    }

    @Test
    void anIpv6NetworkIsAClientWhateverAddressItTakes() {
        assertThat(ClientName.network("2001:db8:1:2:3:4:5:6"))
                .isEqualTo(ClientName.network("2001:db8:1:2::9"))
                .isNotEqualTo(ClientName.network("2001:db8:1:3:3:4:5:6"));
        assertThat(ClientName.network("::ffff:192.0.2.7")).isEqualTo("192.0.2.7");
        assertThat(ClientName.network("fe80::1%3")).isEqualTo(ClientName.network("fe80::2"));
    }

    @Test
    void whatIsNoAddressIsItself() {
        assertThat(ClientName.network("not:an:address")).isEqualTo("not:an:address");
    }
}
