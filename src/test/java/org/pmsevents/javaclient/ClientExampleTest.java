package org.pmsevents.javaclient;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.Pure;

/** The example in the documentation is a program that compiles. */
@Pure
class ClientExampleTest {
    private static final Path PAGE = Path.of("src/docs/guide/clients.md");
    private static final Pattern EXAMPLE = Pattern.compile("```java\n(import .*?class Example .*?)```", Pattern.DOTALL);

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String text) {
            super(URI.create("string:///Example.java"), JavaFileObject.Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    @Test
    void theExampleCompiles(@TempDir Path folder) throws Exception {
        var example = EXAMPLE.matcher(Files.readString(PAGE));
        assertThat(example.find()).isTrue();
        var said = new StringWriter();
        var options = List.of("-d", folder.toString(), "-proc:none", "-cp", System.getProperty("java.class.path"));
        boolean compiled = ToolProvider.getSystemJavaCompiler()
                .getTask(said, null, null, options, null, List.of(new Source(example.group(1))))
                .call();
        assertThat(compiled).as(said.toString()).isTrue();
    }
}
