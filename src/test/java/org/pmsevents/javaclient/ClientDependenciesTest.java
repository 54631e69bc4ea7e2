package org.pmsevents.javaclient;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

/** The jar of the client has only its own classes, so they must not need others than the JDK and Jackson. */
@Pure
class ClientDependenciesTest {
    @Test
    void theClientNeedsTheJdkAndJacksonOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "com.fasterxml.jackson..", "org.pmsevents.client")
                .check(new ClassFileImporter().importPackages("org.pmsevents.client"));
    }
}
