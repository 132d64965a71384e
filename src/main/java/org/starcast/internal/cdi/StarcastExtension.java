package org.starcast.internal.cdi;

import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.spi.AfterBeanDiscovery;
import jakarta.enterprise.inject.spi.AfterDeploymentValidation;
import jakarta.enterprise.inject.spi.AfterTypeDiscovery;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.enterprise.inject.spi.Extension;
import jakarta.enterprise.inject.spi.ProcessAnnotatedType;
import jakarta.enterprise.inject.spi.ProcessBean;
import jakarta.enterprise.inject.spi.ProcessInjectionPoint;
import jakarta.enterprise.inject.spi.ProcessObserverMethod;
import jakarta.enterprise.inject.spi.WithAnnotations;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.starcast.SseBroadcaster;
import org.starcast.Topic;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.logging.LogMessage;

/**
 * The portable extension: makes every observer whose event parameter has a {@link Topic} with a
 * pattern or a sender see only the events that match, adds the beans of {@code
 * org.starcast.internal.observe} whose API the server has, and says what is injected by mistake.
 * Registered by {@code META-INF/services}; applications have nothing to do with it.
 */
public class StarcastExtension implements Extension {

  private static final System.Logger LOG = System.getLogger("org.starcast.internal.observe");
  private static final System.Logger CONFIG_LOG = System.getLogger(StarcastConfig.class.getName());

  /** For the container. */
  public StarcastExtension() {}

  /** What each class needs that not every server has; where it is missing, so is the bean. */
  private static final Map<String, String> NEEDS =
      Map.of(
          "org.starcast.internal.observe.Jmx", "javax.management.ObjectName",
          "org.starcast.internal.observe.ReadinessCheck",
              "org.eclipse.microprofile.health.Readiness",
          "org.starcast.internal.observe.LivenessCheck", "org.eclipse.microprofile.health.Liveness",
          "org.starcast.internal.observe.MicroProfileMetrics",
              "org.eclipse.microprofile.metrics.MetricRegistry",
          "org.starcast.internal.observe.OpenTelemetryMetrics",
              "io.opentelemetry.api.OpenTelemetry",
          "org.starcast.internal.observe.OpenTelemetryTracing",
              "io.opentelemetry.api.OpenTelemetry");

  private static final String BROADCASTER = "org.starcast.internal.engine.Broadcaster";

  /** More names that are not known are not logged. */
  private static final int MAX_WARNINGS = 20;

  private final Set<String> found = new HashSet<>();
  private final InjectionPoints injectionPoints = new InjectionPoints();
  private boolean broadcasts;

  /** Where only a part of Starcast is deployed, there is nothing to be observed. */
  <T extends SseBroadcaster> void lookForTheBroadcaster(@Observes ProcessAnnotatedType<T> event) {
    broadcasts |= event.getAnnotatedType().getJavaClass().getName().equals(BROADCASTER);
  }

  /** Payara takes this annotation for a mark of beans, and finds by itself what is added below. */
  <T> void seeWhatIsFound(
      @Observes @WithAnnotations(Singleton.class) ProcessAnnotatedType<T> event) {
    found.add(event.getAnnotatedType().getJavaClass().getName());
  }

  void addWhatTheServerHas(@Observes AfterTypeDiscovery event) {
    if (!broadcasts) {
      return;
    }
    ClassLoader loader = StarcastExtension.class.getClassLoader();
    // of its own for each WAR: Weld takes types of all WARs of an EAR for one if name and id agree
    String id = Integer.toHexString(System.identityHashCode(loader));
    NEEDS.forEach(
        (bean, needed) -> {
          if (found.contains(bean)) {
            return;
          }
          try {
            Class.forName(needed, false, loader);
            event.addAnnotatedType(Class.forName(bean, false, loader), id);
          } catch (ClassNotFoundException | LinkageError e) {
            LogMessage.API_MISSING.log(LOG, bean);
          }
        });
  }

  <T, X> void filterByTopic(@Observes ProcessObserverMethod<T, X> event, BeanManager beans) {
    TopicFilteredObserver.install(event, () -> transaction(beans), injectionPoints);
  }

  /** Where only a part of Starcast is deployed, nobody knows of transactions. */
  private static Transactions.Phase transaction(BeanManager beans) {
    Instance<Transactions> transactions = beans.createInstance().select(Transactions.class);
    return transactions.isResolvable() ? transactions.get().phase() : Transactions.Phase.NONE;
  }

  <T, X> void seeWhatIsInjected(@Observes ProcessInjectionPoint<T, X> event) {
    injectionPoints.see(event);
  }

  <T> void seeBean(@Observes ProcessBean<T> event) {
    injectionPoints.seeBean(event.getBean().getTypes());
  }

  /** Late, when other extensions have added their beans. */
  void checkInjectionPoints(
      @Observes @Priority(Interceptor.Priority.PLATFORM_AFTER) AfterBeanDiscovery event) {
    injectionPoints.refuseTheOtherBroadcaster(event);
  }

  /** A broken configuration fails the deployment, not the first request. */
  void checkConfiguration(@Observes AfterDeploymentValidation event) {
    injectionPoints.warn();
    try {
      ConfigProducer.read();
      List<String> unknown = ConfigProducer.unknown();
      unknown.stream()
          .limit(MAX_WARNINGS)
          .forEach(text -> LogMessage.UNKNOWN_NAME.log(CONFIG_LOG, text));
    } catch (IllegalArgumentException e) {
      event.addDeploymentProblem(e);
    }
  }
}
