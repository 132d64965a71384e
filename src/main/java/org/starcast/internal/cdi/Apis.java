package org.starcast.internal.cdi;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What Starcast needs of the server, and the beans that are there only where the server has what
 * they need. The types are named by text, so that this can be asked without them.
 */
final class Apis {

  /** A type of each API without which nothing works. */
  private static final Map<String, String> REQUIRED =
      Map.of(
          "jakarta.servlet.http.HttpServletRequest", "Jakarta Servlet",
          "jakarta.ws.rs.sse.SseEventSink", "Jakarta REST",
          "jakarta.json.JsonObject", "Jakarta JSON Processing",
          "org.eclipse.microprofile.config.Config", "MicroProfile Config");

  /**
   * The beans that mention types which not every server has, and those types. No container finds
   * them by itself: a bean that cannot be loaded fails the deployment, or leaves others without it.
   */
  private static final Map<String, List<String>> OPTIONAL =
      Map.of(
          "org.starcast.internal.cdi.JtaTransactions",
              List.of(
                  "jakarta.transaction.TransactionSynchronizationRegistry",
                  "javax.naming.InitialContext"),
          "org.starcast.internal.observe.Jmx", List.of("javax.management.ObjectName"),
          "org.starcast.internal.observe.ReadinessCheck",
              List.of("org.eclipse.microprofile.health.Readiness"),
          "org.starcast.internal.observe.LivenessCheck",
              List.of("org.eclipse.microprofile.health.Liveness"),
          "org.starcast.internal.observe.MicroProfileMetrics",
              List.of("org.eclipse.microprofile.metrics.MetricRegistry"),
          "org.starcast.internal.observe.OpenTelemetryMetrics",
              List.of("io.opentelemetry.api.OpenTelemetry"),
          "org.starcast.internal.observe.OpenTelemetryTracing",
              List.of("io.opentelemetry.api.OpenTelemetry"));

  private final ClassLoader loader;

  /** Those that a class loader, which is the jar's, has. */
  Apis(ClassLoader loader) {
    this.loader = loader;
  }

  /**
   * Checks that all is there that is needed.
   *
   * @throws IllegalStateException if not; the message names what is missing
   */
  void checkRequired() {
    Set<String> missing = new TreeSet<>();
    REQUIRED.forEach(
        (type, name) -> {
          if (!isThere(type)) {
            missing.add(name);
          }
        });
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "Starcast needs what is not there: "
              + String.join(", ", missing)
              + ". Take a server that has it, or add it to the application");
    }
  }

  /** The names of the optional beans. */
  static Set<String> optionalBeans() {
    return OPTIONAL.keySet();
  }

  /**
   * Finds the optional beans, in the order of their names.
   *
   * @param present takes those whose APIs are there
   * @param missing takes the names of the others
   */
  void findBeans(Consumer<Class<?>> present, Consumer<String> missing) {
    new TreeMap<>(OPTIONAL)
        .forEach(
            (bean, needs) -> {
              if (!needs.stream().allMatch(this::isThere)) {
                missing.accept(bean);
                return;
              }
              try {
                present.accept(Class.forName(bean, false, loader));
              } catch (ClassNotFoundException | LinkageError e) {
                missing.accept(bean);
              }
            });
  }

  private boolean isThere(String type) {
    try {
      Class.forName(type, false, loader);
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }
}
