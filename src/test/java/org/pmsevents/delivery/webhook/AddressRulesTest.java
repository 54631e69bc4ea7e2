package org.pmsevents.delivery.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;

@Pure
class AddressRulesTest {
    private static final AddressRules PUBLIC_ONLY = new AddressRules(List.of());
    private static final AddressRules WITH_LAN = new AddressRules(Network.parse("10.1.0.0/16, fd00:7::/64,127.0.0.1"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://erp.example.com/hooks",
                "https://erp.example.com",
                "https://erp.example.com:8443/a?b=c",
                "https://xn--bcher-kva.example/",
                "https://93.184.216.34/",
                "https://[2606:2800:220:1::1]/",
                "HTTPS://ERP.example.com./"
            })
    void anHttpsUrlOfAPublicHostIsFine(String url) {
        assertThat(PUBLIC_ONLY.fault(url)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://erp.example.com/",
                "ftp://erp.example.com/",
                "//erp.example.com/",
                "erp.example.com",
                "https:///path",
                "https://user:secret@erp.example.com/",
                "https://erp.example.com/#fragment",
                "https://erp.example.com:0/",
                "https://erp.example.com:99999/",
                "https://erp example.com/",
                "https://erp_1.example.com/",
                "https://bücher.example/",
                "https://erp.example.com/\n",
                "javascript:alert(1)",
                "https://127.0.0.1/",
                "https://127.1/",
                "https://127.0.1/",
                "https://2130706433/",
                "https://0x7f000001/",
                "https://0x7f.0.0.1/",
                "https://0177.0.0.1/",
                "https://017700000001/",
                "https://0/",
                "https://0.0.0.0/",
                "https://127.0.0.1./",
                "https://[::1]/",
                "https://[::]/",
                "https://[0:0:0:0:0:0:0:1]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[::ffff:7f00:1]/",
                "https://[::127.0.0.1]/",
                "https://[64:ff9b::7f00:1]/",
                "https://[fe80::1%25eth0]/",
                "https://①②⑦.⓪.⓪.①/",
                "https://169.254.169.254/latest/meta-data",
                "https://[fd00:ec2::254]/",
                "https://10.0.0.1/",
                "https://192.168.1.1/"
            })
    void otherUrlsAreRefused(String url) {
        assertThat(PUBLIC_ONLY.fault(url)).as(url).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "10.255.255.255",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.254",
                "169.254.1.1",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.1",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.0.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::ffff:10.0.0.1",
                "::10.0.0.1",
                "64:ff9b::a00:1",
                "64:ff9b:1::a00:1",
                "100::1",
                "2001::1",
                "2001:db8::1",
                "2002:a00:1::1",
                "3fff::1",
                "4000::1",
                "fc00::1",
                "fd00::1",
                "fe80::1",
                "fec0::1",
                "ff02::1"
            })
    void privateAndSpecialAddressesAreRefusedAfterTheNameIsResolved(String text) throws UnknownHostException {
        var address = InetAddress.getByName(text);
        assertThat(AddressRules.isPublic(address)).isFalse();
        var open = InetAddress.getByName("93.184.216.34");
        assertThat(PUBLIC_ONLY.fault(List.of(address), false)).isPresent();
        // a name that has a public address too
        assertThat(PUBLIC_ONLY.fault(List.of(open, address), false)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.1",
                "100.63.255.255",
                "100.128.0.1",
                "172.15.255.255",
                "172.32.0.1",
                "192.167.1.1",
                "198.17.1.1",
                "223.255.255.255",
                "2606:4700::1111",
                "2a00:1450::1",
                "64:ff9b::101:101"
            })
    void publicAddressesAreFine(String text) throws UnknownHostException {
        var address = InetAddress.getByName(text);
        assertThat(AddressRules.isPublic(address)).isTrue();
        assertThat(PUBLIC_ONLY.fault(List.of(address), false)).isEmpty();
        assertThat(PUBLIC_ONLY.fault(List.of(address), true)).isPresent();
    }

    @Test
    void whatTheOperatorAllowsIsReachedByHttpToo() throws UnknownHostException {
        assertThat(WITH_LAN.fault("http://10.1.2.3/hook")).isNull();
        assertThat(WITH_LAN.fault("https://[fd00:7::1]/hook")).isNull();
        assertThat(WITH_LAN.fault("http://127.0.0.1:8080/")).isNull();
        assertThat(WITH_LAN.fault("http://127.0.0.2/")).isNotNull();
        assertThat(WITH_LAN.fault("http://10.2.0.1/")).isNotNull();
        assertThat(WITH_LAN.fault("http://93.184.216.34/")).contains("https://");
        assertThat(WITH_LAN.fault(List.of(InetAddress.getByName("10.1.255.255")), true))
                .isEmpty();
        assertThat(PUBLIC_ONLY.fault(List.of(), false)).isPresent();
    }

    @Test
    void aNetworkThatIsNoneIsNamed() {
        for (var bad :
                List.of("10.1", "10.1.0.0/33", "localhost", "10.1.0.0/x", "fd00::/129", "300.1.1.1", "10.1.0.0/")) {
            assertThatThrownBy(() -> Network.parse("127.0.0.1," + bad)).as(bad).hasMessageContaining(bad);
        }
        assertThat(Network.parse(" ")).isEmpty();
    }
}
