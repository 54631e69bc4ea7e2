package org.pmsevents;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A test class that needs no PostgreSQL, no Redis and no running service: {@code ./mvnw test -Dgroups=pure} runs these only. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@org.junit.jupiter.api.Tag("pure")
@net.jqwik.api.Tag("pure")
public @interface Pure {}
