package org.pmsevents.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pmsevents.Pure;

@Pure
class CreateKeyCommandTest {
    @Test
    void optionsComeInAnyOrderAndWithOrWithoutAnEqualsSign() {
        assertThat(CreateKeyCommand.parse(List.of("--name", "first", "--roles", "admin")))
                .isEqualTo(new CreateKeyCommand.Wanted("first", List.of("admin")));
        assertThat(CreateKeyCommand.parse(List.of("--roles=stock,editor,stock", "--name=till.7")))
                .isEqualTo(new CreateKeyCommand.Wanted("till.7", List.of("stock", "editor")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "                                | --name",
                "--name first                    | --roles",
                "--name first --roles            | --roles",
                "--name first --roles root       | --roles",
                "--name first --roles admin,root | --roles",
                "--name it's --roles admin       | --name",
                "--name --roles admin            | --name",
                "--name first --role admin       | --role",
                "--name first --roles admin now  | now"
            })
    void whatIsWrongIsNamedWithAnExample(String words, String named) {
        var arguments = words == null ? List.<String>of() : List.of(words.split(" "));
        assertThatThrownBy(() -> CreateKeyCommand.parse(arguments))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(named)
                .hasMessageContaining(CreateKeyCommand.USAGE);
    }
}
