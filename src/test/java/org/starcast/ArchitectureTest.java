package org.starcast;

import static com.tngtech.archunit.core.domain.JavaModifier.PUBLIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.starcast.demo.DemoApplication;
import org.starcast.testing.SseTestClient;

/** What CONTRIBUTING says of the packages. */
class ArchitectureTest {

  private static final String INTERNAL = "org.starcast.internal..";

  /** The floor that everything stands on, and that knows nothing of the rest. */
  private static final String[] LEAVES = {
    "org.starcast.internal",
    "org.starcast.internal.http",
    "org.starcast.internal.json",
    "org.starcast.internal.logging",
    "org.starcast.internal.markup",
    "org.starcast.internal.topic",
    "org.starcast.internal.wire"
  };

  /** What may be published to a library's users: each addition is made knowingly. */
  private static final int MOST_API_TYPES = 46;

  /** What every server has that Starcast runs on, and Java. */
  private static final String[] REQUIRED = {
    "java..",
    "javax.crypto..",
    "javax.net.ssl..",
    "jakarta.annotation",
    "jakarta.enterprise..",
    "jakarta.inject",
    "jakarta.interceptor",
    "jakarta.json",
    "jakarta.json.spi",
    "jakarta.json.stream",
    "jakarta.servlet..",
    "jakarta.ws.rs..",
    "org.eclipse.microprofile.config..",
    "org.starcast.."
  };

  /**
   * What else is used, by classes that are loaded only where it is there. Those of Faces are in a
   * jar of their own: a server that finds one which mentions a component in any jar of an
   * application takes the application for one of Faces.
   */
  private static final Map<String, String> OPTIONAL =
      Map.ofEntries(
          Map.entry("jakarta.transaction", "org.starcast.internal.cdi.JtaTransactions"),
          Map.entry(
              "javax.naming",
              "org.starcast.internal.cdi.JtaTransactions|org.starcast.internal.Jndi\\$Names"),
          Map.entry("javax.management", "org.starcast.internal.observe.Jmx"),
          Map.entry("jakarta.validation", "org.starcast.datastar.SignalsValidator"),
          Map.entry(
              "jakarta.json.bind",
              "org.starcast.internal.json.*|org.starcast.datastar.Signals(Reader|Types)"),
          Map.entry("jakarta.faces", "org.starcast.(internal.)?faces.*"),
          Map.entry("jakarta.el", "org.starcast.internal.faces.*"),
          Map.entry("org.eclipse.microprofile.jwt", "org.starcast.internal.security.Token\\$Jwt"),
          Map.entry(
              "org.eclipse.microprofile.health",
              "org.starcast.internal.observe.(Live|Readi)nessCheck"),
          Map.entry(
              "org.eclipse.microprofile.metrics",
              "org.starcast.internal.observe.MicroProfileMetrics"),
          Map.entry("io.opentelemetry", "org.starcast.internal.observe.OpenTelemetry.*"),
          // annotations, which Java leaves out where they are not there
          Map.entry("org.eclipse.microprofile.openapi", "org.starcast.internal.web.*Resource"),
          Map.entry(
              "javax.sql",
              "org.starcast.internal.backplane.(Postgres(Backplane|Database)|BackplaneProducer)"),
          Map.entry(
              "org.postgresql", "org.starcast.internal.backplane.PostgresNotifications\\$Driver"),
          Map.entry("io.nats", "org.starcast.nats.*|org.starcast.internal.backplane.*"));

  private static final JavaClasses MAIN =
      new ClassFileImporter().importUrl(location(SseBroadcaster.class));

  /** What applications test with; the tests of it have its package. */
  private static final JavaClasses TESTING =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("Test.class"))
          .withImportOption(location -> !location.contains("Test$"))
          .importPackagesOf(SseTestClient.class);

  private static java.net.URL location(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation();
  }

  private static boolean isApi(JavaClass type) {
    return !type.getPackageName().startsWith("org.starcast.internal");
  }

  @Test
  void noPackageDependsOnItself() {
    SlicesRuleDefinition.slices()
        .assignedFrom(
            new SliceAssignment() {
              @Override
              public SliceIdentifier getIdentifierOf(JavaClass type) {
                return type.getPackageName().startsWith("org.starcast")
                    ? SliceIdentifier.of(type.getPackageName())
                    : SliceIdentifier.ignore();
              }

              @Override
              public String getDescription() {
                return "packages";
              }
            })
        .should()
        .beFreeOfCycles()
        .check(MAIN);
  }

  @Test
  void theFloorKnowsNothingOfTheRest() {
    noClasses()
        .that()
        .resideInAnyPackage(LEAVES)
        .should()
        .dependOnClassesThat(
            JavaClass.Predicates.resideInAPackage("org.starcast..")
                .and(
                    com.tngtech.archunit.base.DescribedPredicate.not(
                        JavaClass.Predicates.resideInAnyPackage(LEAVES))))
        .check(MAIN);
  }

  @Test
  void theRootKnowsTheFloorAlone() {
    noClasses()
        .that()
        .resideInAPackage("org.starcast")
        .should()
        .dependOnClassesThat(
            JavaClass.Predicates.resideInAPackage("org.starcast..")
                .and(
                    com.tngtech.archunit.base.DescribedPredicate.not(
                        JavaClass.Predicates.resideInAnyPackage(LEAVES)
                            .or(JavaClass.Predicates.resideInAPackage("org.starcast")))))
        .check(MAIN);
  }

  /** A bean is looked at in whole by the container: what it mentions has to be there. */
  @Test
  void whatNotEveryServerHasIsUsedByTheNamedClassesAlone() {
    classes()
        .should(
            new ArchCondition<>("use what every server has, or be named") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                type.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(used -> !used.isPrimitive() && !mayUse(type, used))
                    .forEach(
                        used ->
                            events.add(
                                SimpleConditionEvent.violated(
                                    type, type.getName() + " uses " + used.getName())));
              }
            })
        .check(MAIN);
  }

  private static boolean mayUse(JavaClass type, JavaClass used) {
    return JavaClass.Predicates.resideInAnyPackage(REQUIRED).test(used)
        || OPTIONAL.entrySet().stream()
            .anyMatch(
                optional ->
                    (used.getPackageName() + ".").startsWith(optional.getKey() + ".")
                        && type.getName().matches("(" + optional.getValue() + ")(\\$.*)?"));
  }

  /** It looks for its provider, through all jars of the application, at each call. */
  @Test
  void jsonIsMadeByAProviderThatWasLookedForOnce() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("jakarta.json.Json")
        .check(MAIN);
  }

  /** The clock of a node may jump, and that of another one differ. */
  @Test
  void noWallClockDecidesAnythingInTheOrderOfEventsOfADatabase() {
    noClasses()
        .that()
        .haveNameMatching("org.starcast.internal.backplane.(Postgres|BackplaneThreads).*")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .dependOnClassesThat()
        .haveNameMatching("java.time.(Clock|Instant|.*Date.*)|java.util.(Date|Calendar)")
        .check(MAIN);
  }

  @Test
  void noInternalTypeIsInAPublicSignature() {
    ArchRule rule =
        classes()
            .that(
                com.tngtech.archunit.base.DescribedPredicate.describe(
                    "are visible to applications", ArchitectureTest::isVisible))
            .should(
                new ArchCondition<>("have no internal type in a visible signature") {
                  @Override
                  public void check(JavaClass type, ConditionEvents events) {
                    visibleSignatures(type)
                        .filter(seen -> seen.getPackageName().startsWith("org.starcast.internal"))
                        .forEach(
                            seen ->
                                events.add(
                                    SimpleConditionEvent.violated(
                                        type, type.getName() + " shows " + seen.getName())));
                  }
                });
    rule.check(MAIN);
    rule.check(TESTING);
  }

  private static boolean isVisible(JavaClass type) {
    return isApi(type)
        && type.getModifiers().contains(PUBLIC)
        && type.getEnclosingClass().map(ArchitectureTest::isVisible).orElse(true);
  }

  private static boolean isVisible(Set<JavaModifier> modifiers) {
    return modifiers.contains(PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  private static Stream<JavaClass> visibleSignatures(JavaClass type) {
    Stream<JavaClass> codeUnits =
        type.getCodeUnits().stream()
            .filter(unit -> isVisible(unit.getModifiers()))
            .flatMap(ArchitectureTest::signature);
    Stream<JavaClass> fields =
        type.getFields().stream()
            .filter(field -> isVisible(field.getModifiers()))
            .flatMap((JavaField field) -> field.getType().getAllInvolvedRawTypes().stream());
    Stream<JavaClass> supertypes =
        Stream.concat(type.getRawSuperclass().stream(), type.getRawInterfaces().stream());
    return Stream.of(codeUnits, fields, supertypes).flatMap(all -> all);
  }

  private static Stream<JavaClass> signature(JavaCodeUnit unit) {
    return Stream.concat(
        unit.getReturnType().getAllInvolvedRawTypes().stream(),
        Stream.concat(
            unit.getParameterTypes().stream()
                .flatMap(parameter -> parameter.getAllInvolvedRawTypes().stream()),
            unit.getThrowsClause().getTypes().stream()));
  }

  @Test
  void theDemosUseTheApiAlone() {
    JavaClasses demos = new ClassFileImporter().importPackagesOf(DemoApplication.class);
    noClasses()
        .that()
        .resideInAPackage(DemoApplication.class.getPackageName() + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(INTERNAL)
        .check(demos);
  }

  /** Whoever adds a public type says so in these files, and thinks of it twice. */
  @Test
  void theApiIsThatOfTheList() throws IOException {
    assertThat(publicTypes(MAIN))
        .isEqualTo(listed("/api-types.txt"))
        .hasSizeLessThanOrEqualTo(MOST_API_TYPES);
    assertThat(publicTypes(TESTING)).isEqualTo(listed("/testing-api-types.txt"));
  }

  @Test
  void aClassOfMoreThan500LinesSaysWhyInItsHead() throws IOException {
    List<Path> sources;
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      sources = files.filter(file -> file.toString().endsWith(".java")).toList();
    }
    assertThat(sources).hasSizeGreaterThan(200);
    for (Path source : sources) {
      List<String> lines = Files.readAllLines(source);
      if (lines.size() > 500) {
        assertThat(lines)
            .as(source.toString())
            .anyMatch(line -> line.startsWith(" * <p>Over 500 lines, "));
      }
    }
  }

  private static List<String> listed(String name) throws IOException {
    try (var file = ArchitectureTest.class.getResourceAsStream(name)) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static List<String> publicTypes(JavaClasses classes) {
    return classes.stream()
        .filter(type -> isVisible(type) && type.isTopLevelClass())
        .map(JavaClass::getName)
        .sorted()
        .toList();
  }
}
