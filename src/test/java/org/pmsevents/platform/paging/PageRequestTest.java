package org.pmsevents.platform.paging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.platform.problem.AppException;

@Pure
class PageRequestTest {

    /** The cursor of a list that ends a page at 7. */
    private static String cursor(PageRequest list) {
        var page = list.page(List.of("7", "8"), key -> key);
        assertThat(page.items()).containsExactly("7");
        return String.valueOf(page.next());
    }

    private static void refused(String list, @Nullable String after) {
        assertThatThrownBy(() -> PageRequest.of(list, "1", after))
                .as("%s %s", list, after)
                .isInstanceOfSatisfying(AppException.class, refusal -> {
                    assertThat(refusal.status()).isEqualTo(400);
                    assertThat(refusal.violations().get(0).pointer()).isEqualTo("?after");
                });
    }

    @Test
    void aCursorIsGoodForItsOwnListOnly() {
        var jobs = cursor(PageRequest.of("jobs", "1", null));
        assertThat(PageRequest.of("jobs", "1", jobs).after()).isEqualTo("7");
        refused("products", jobs);
        refused("job", jobs);
        refused("jobs", jobs.substring(jobs.indexOf('.') + 1));
        refused("jobs", "");
        refused("jobs", "jobs.");
        refused("jobs", jobs + "A");
    }

    @Test
    void theCursorOfOneSubjectIsRefusedForAnother() {
        var of = cursor(PageRequest.of("movements", "A", "1", null));
        assertThat(PageRequest.of("movements", "A", "1", of).afterNumber()).isEqualTo(7);
        assertThatThrownBy(() -> PageRequest.of("movements", "B", "1", of)).isInstanceOf(AppException.class);
        refused("movements", of);
    }
}
