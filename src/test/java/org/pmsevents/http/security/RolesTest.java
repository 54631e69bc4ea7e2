package org.pmsevents.http.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.event.EventType;

@Pure
class RolesTest {

    private static Set<String> heardBy(String... roles) {
        var all = Roles.including(List.of(roles));
        return Arrays.stream(EventType.values())
                .filter(type -> Roles.mayHear(all, type))
                .map(EventType::family)
                .collect(Collectors.toSet());
    }

    @Test
    void rolesIncludeWhatTheyShould() {
        assertThat(Roles.including(List.of("editor"))).containsExactlyInAnyOrder("editor", "viewer");
        assertThat(Roles.including(List.of("admin")))
                .containsExactlyInAnyOrder("admin", "operator", "stock", "editor", "viewer");
        assertThat(Roles.including(List.of("authenticated", "Admin", "root"))).isEmpty();
    }

    @Test
    void eachRoleHearsItsTopics() {
        assertThat(heardBy("authenticated")).isEmpty();
        assertThat(heardBy("viewer")).containsExactlyInAnyOrder("product", "inventory");
        assertThat(heardBy("stock")).containsExactlyInAnyOrder("product", "inventory");
        assertThat(heardBy("operator"))
                .containsExactlyInAnyOrder("product", "inventory", "queue", "cache", "error", "metrics");
        assertThat(heardBy("admin")).contains("ws").hasSize(7);
    }
}
