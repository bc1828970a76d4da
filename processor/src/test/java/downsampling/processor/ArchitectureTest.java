package downsampling.processor;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows of ARCHITECTURE.md: who may use whom. */
@AnalyzeClasses(packages = "downsampling", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String ROOT = "downsampling.processor";

    @ArchTest
    static final ArchRule PACKAGES_POINT_ONE_WAY = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage(ROOT + "..")
            .layer("root")
            .definedBy(ROOT)
            .layer("settings")
            .definedBy(ROOT + ".settings")
            .layer("reading")
            .definedBy(ROOT + ".reading")
            .layer("input")
            .definedBy(ROOT + ".input")
            .layer("window")
            .definedBy(ROOT + ".window")
            .layer("topics")
            .definedBy(ROOT + ".topics")
            .layer("query")
            .definedBy(ROOT + ".query")
            .layer("audit")
            .definedBy(ROOT + ".audit")
            .whereLayer("root")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("settings")
            .mayNotAccessAnyLayer()
            .whereLayer("reading")
            .mayOnlyAccessLayers("settings")
            .whereLayer("input")
            .mayOnlyAccessLayers("settings")
            .whereLayer("window")
            .mayOnlyAccessLayers("settings", "reading", "input")
            .whereLayer("topics")
            .mayOnlyAccessLayers("settings", "window")
            .whereLayer("query")
            .mayOnlyAccessLayers("settings", "reading", "window")
            .whereLayer("audit")
            .mayOnlyAccessLayers("settings", "reading", "input", "window", "topics");

    @ArchTest
    static final ArchRule NO_PACKAGE_IS_IN_A_CIRCLE =
            slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule NOTHING_USES_MAIN = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(ROOT + ".Main")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName(ROOT + ".Main");

    @ArchTest
    static final ArchRule THE_PROCESSOR_USES_NO_OTHER_PROGRAM = classes()
            .that()
            .resideInAPackage(ROOT + "..")
            .should()
            .onlyDependOnClassesThat(are(resideInAPackage(ROOT + ".."))
                    .or(are(resideInAPackage("downsampling.service")))
                    .or(are(resideOutsideOfPackages("downsampling.."))));

    @ArchTest
    static final ArchRule THE_SERVICE_KIT_USES_NO_PROGRAM = noClasses()
            .that()
            .resideInAPackage("downsampling.service")
            .should()
            .dependOnClassesThat(
                    resideInAPackage("downsampling..").and(resideOutsideOfPackages("downsampling.service")));

    /** Kafka's internals change without notice; {@code BeforeCommit} says why it needs one, and record headers have no other class. */
    @ArchTest
    static final ArchRule KAFKAS_INTERNALS_ARE_USED_IN_ONE_PLACE = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(ROOT + ".window.BeforeCommit")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.kafka.streams..internals..");
}
