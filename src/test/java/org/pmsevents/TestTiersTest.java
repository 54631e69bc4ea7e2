package org.pmsevents;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.junit.AnalyzeClasses;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Keeps the tier of tests without servers complete and quick: who starts no service belongs to it. */
@Pure
class TestTiersTest {
    @Test
    void everyUnitTestEitherStartsTheServiceOrIsPure() {
        var classes = new ClassFileImporter().importPath(Path.of("target/test-classes/org/pmsevents"));
        assertThat(classes.stream()
                        .filter(type -> type.getSimpleName().endsWith("Test"))
                        .filter(type -> !startsTheService(type))
                        .filter(type -> !type.isAnnotatedWith(Pure.class) && !type.isAnnotatedWith(AnalyzeClasses.class))
                        .map(JavaClass::getName))
                .as("neither @QuarkusTest nor @Pure")
                .isEmpty();
        assertThat(classes.stream()
                        .filter(type -> type.isAnnotatedWith(Pure.class) && startsTheService(type))
                        .map(JavaClass::getName))
                .as("both @QuarkusTest and @Pure")
                .isEmpty();
    }

    private static boolean startsTheService(JavaClass type) {
        return type.isAnnotatedWith(QuarkusTest.class);
    }
}
