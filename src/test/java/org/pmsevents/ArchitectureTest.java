package org.pmsevents;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noCodeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.smallrye.mutiny.groups.UniAwait;
import jakarta.inject.Inject;
import java.time.Clock;
import java.util.Set;
import java.util.function.Predicate;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The rules that keep the rooms apart; whoever breaks one is told which, and why it is there. */
@AnalyzeClasses(packages = "org.pmsevents", importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("pure")
class ArchitectureTest {
    private static final String[] FEATURES = {
        "..pmsevents.product..",
        "..pmsevents.inventory..",
        "..pmsevents.cache..",
        "..pmsevents.pms..",
        "..pmsevents.queue..",
        "..pmsevents.delivery..",
        "..pmsevents.metrics..",
        "..pmsevents.alert..",
        "..pmsevents.apikey..",
        "..pmsevents.dashboard..",
    };
    private static final String HANDLERS = "..pmsevents.wiring..";
    private static final String EVENT = "org.pmsevents.event..";
    private static final String DEV = "..pmsevents.dev..";
    private static final String DATABASE = "org.pmsevents.platform.database";

    @ArchTest
    static final ArchRule eventKnowsNoFeature = noClasses()
            .that()
            .resideInAPackage(EVENT)
            .should()
            .dependOnClassesThat(resideInAnyPackage(FEATURES).or(resideInAnyPackage(HANDLERS)))
            .because("every room speaks through events, so events can speak of none of them")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule nobodyKnowsAHandler = noClasses()
            .that()
            .resideOutsideOfPackage(HANDLERS)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(HANDLERS)
            .because("flows persist, handlers react: a flow that knows who reacts is no announcement")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule waysOfDeliveryDontKnowEachOther = slices().matching("org.pmsevents.delivery.(*)..")
            .should()
            .notDependOnEachOther()
            .because("WebSocket, SSE and pages are peers: the feed serves each of them, and none feeds another");

    @ArchTest
    static final ArchRule noRoomIsNamedAfterWhatItIsNot = noClasses()
            .should()
            .resideInAnyPackage("..util..", "..helper..", "..manager..", "..impl..", "..dto..", "..mapper..")
            .because("a room is named after what it does for the user");

    @ArchTest
    static final ArchRule onlyTablesAskPostgres = noClasses()
            .that(are("neither a table nor of the database room", ArchitectureTest::mayNotAskPostgres))
            .should()
            .callMethodWhere(calls("PostgreSQL", ArchitectureTest::asksPostgres))
            .because("all the SQL about a table stands in one place, with its error codes");

    @ArchTest
    static final ArchRule resourcesDontTouchTables = noClasses()
            .that()
            .haveSimpleNameEndingWith("Resource")
            .should()
            .dependOnClassesThat(simpleNameEndingWith("Table"))
            .because("resources speak HTTP only, and flows begin the transactions")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule nothingBlocks = noClasses()
            .that()
            .resideOutsideOfPackage(DEV)
            .should()
            .callMethodWhere(calls("await or sleep", ArchitectureTest::blocks))
            .because("one blocked event loop stops every request on it");

    @ArchTest
    static final ArchRule timeComesFromTheClock = noClasses()
            .that()
            .resideOutsideOfPackage(DEV)
            .and(are("not the machine's clock", type -> !type.getSimpleName().equals("MachineClock")))
            .should()
            .callMethodWhere(calls("the system's clock", ArchitectureTest::readsTheSystemClock))
            .because("a test must be able to set the clock (System.nanoTime measures durations and is fine)");

    @ArchTest
    static final ArchRule settingsAreMapped = noFields()
            .should()
            .beAnnotatedWith(ConfigProperty.class)
            .because("the settings of a feature stand in its one @ConfigMapping, documented");

    @ArchTest
    static final ArchRule settingsAreNotParameters = noCodeUnits()
            .that(describe(
                    "take a single setting",
                    unit -> unit.getParameters().stream()
                            .anyMatch(parameter -> parameter.isAnnotatedWith(ConfigProperty.class))))
            .should()
            .bePublic()
            .orShould()
            .notBePublic()
            .because("the settings of a feature stand in its one @ConfigMapping, documented")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule injectionIsByConstructor = noFields()
            .should()
            .beAnnotatedWith(Inject.class)
            .because("a class is complete once it is made, and its fields are final");

    @ArchTest
    static final ArchRule resilienceIsForGateways = classes()
            .that(are("under a resilience policy", ArchitectureTest::isResilient))
            .should()
            .haveSimpleNameEndingWith("Gateway")
            .orShould()
            .haveSimpleName("RedisCache")
            .because("a retry belongs where the remote call is made, and nowhere twice")
            .allowEmptyShould(true);

    private static boolean mayNotAskPostgres(JavaClass type) {
        return !outermost(type).getSimpleName().endsWith("Table")
                && !type.getPackageName().equals(DATABASE)
                && !resideInAnyPackage(DEV).test(type);
    }

    private static boolean asksPostgres(JavaCall<?> call) {
        return call.getTargetOwner().getPackageName().contains("sqlclient")
                && Set.of("query", "preparedQuery", "prepare").contains(call.getName());
    }

    private static boolean blocks(JavaCall<?> call) {
        boolean sleeps = call.getTargetOwner().isEquivalentTo(Thread.class)
                && call.getName().equals("sleep");
        return sleeps || call.getTargetOwner().isAssignableTo(UniAwait.class);
    }

    private static boolean readsTheSystemClock(JavaCall<?> call) {
        JavaClass owner = call.getTargetOwner();
        String name = call.getName();
        if (owner.isEquivalentTo(System.class)) {
            return name.equals("currentTimeMillis");
        }
        if (owner.isEquivalentTo(Clock.class)) {
            return name.startsWith("system");
        }
        return owner.getPackageName().equals("java.time")
                && name.equals("now")
                && call.getTarget().getRawParameterTypes().isEmpty();
    }

    private static boolean isResilient(JavaClass type) {
        return type.getAnnotations().stream().anyMatch(ArchitectureTest::isResilience)
                || type.getMethods().stream()
                        .flatMap(method -> method.getAnnotations().stream())
                        .anyMatch(ArchitectureTest::isResilience);
    }

    private static boolean isResilience(JavaAnnotation<?> annotation) {
        String name = annotation.getRawType().getPackageName();
        return name.startsWith("org.eclipse.microprofile.faulttolerance")
                || name.startsWith("io.smallrye.faulttolerance.api");
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
    }

    private static DescribedPredicate<JavaClass> are(String what, Predicate<JavaClass> test) {
        return describe("are " + what, test);
    }

    private static DescribedPredicate<JavaCall<?>> calls(String what, Predicate<JavaCall<?>> test) {
        return describe("call " + what, test);
    }
}
