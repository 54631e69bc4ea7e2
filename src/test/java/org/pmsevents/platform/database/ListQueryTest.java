package org.pmsevents.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class ListQueryTest {
    private static final Pattern OPTIONAL = Pattern.compile("\\$\\d+(::\\w+)? IS NULL OR");

    @Test
    void onlyTheConditionsThatAreGivenAreInTheStatement() {
        var query = ListQuery.of("SELECT sku FROM stock")
                .when(false, "low")
                .when(true, "(sku, location) > (?, ?)", "A", "main")
                .when(false, "location = ?", (Object) null)
                .when(true, "low")
                .end("ORDER BY sku LIMIT ?", 5);
        assertThat(query.sql())
                .isEqualTo("SELECT sku FROM stock WHERE (sku, location) > ($1, $2) AND low ORDER BY sku LIMIT $3");
        assertThat(query.parameters().size()).isEqualTo(3);
        assertThat(query.parameters().getValue(2)).isEqualTo(5);
    }

    @Test
    void valuesFitTheirConditions() {
        assertThatThrownBy(() -> ListQuery.of("SELECT 1").where("a = ? AND b = ?", 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Such a statement gets one plan for all its filters, which reads everything. */
    @Test
    void noStatementHasFiltersThatMayBeNull() throws IOException {
        var found = new ArrayList<String>();
        try (var files = Files.walk(Path.of("src/main/java"))) {
            for (var file :
                    files.filter(each -> each.toString().endsWith(".java")).toList()) {
                if (!file.endsWith("ListQuery.java")
                        && OPTIONAL.matcher(Files.readString(file)).find()) {
                    found.add(file.toString());
                }
            }
        }
        assertThat(found).isEmpty();
    }
}
