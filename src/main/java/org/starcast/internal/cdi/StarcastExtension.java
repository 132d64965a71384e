package org.starcast.internal.cdi;

import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.spi.AfterBeanDiscovery;
import jakarta.enterprise.inject.spi.AfterDeploymentValidation;
import jakarta.enterprise.inject.spi.AfterTypeDiscovery;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.enterprise.inject.spi.BeforeBeanDiscovery;
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
import java.util.Set;
import org.starcast.SseBroadcaster;
import org.starcast.Topic;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.contract.Declaration;
import org.starcast.internal.json.JsonText;
import org.starcast.internal.logging.LogMessage;

/**
 * The portable extension: makes every observer whose event parameter has a {@link Topic} with a
 * pattern or a sender see only the events that match, adds the beans whose API the server has, and
 * says what is injected by mistake. Registered by {@code META-INF/services}; applications have
 * nothing to do with it.
 */
public class StarcastExtension implements Extension {

  private static final System.Logger LOG = System.getLogger("org.starcast.internal.observe");
  private static final System.Logger CONFIG_LOG = System.getLogger(StarcastConfig.class.getName());

  /** For the container. */
  public StarcastExtension() {}

  private static final String BROADCASTER = "org.starcast.internal.engine.Broadcaster";

  /** More names that are not known are not logged. */
  private static final int MAX_WARNINGS = 20;

  private final Set<String> found = new HashSet<>();
  private final InjectionPoints injectionPoints = new InjectionPoints();
  private final Apis apis = new Apis(StarcastExtension.class.getClassLoader());
  private boolean broadcasts;

  /** Before a container stumbles over a bean that it cannot load, and says so in its own way. */
  void checkApis(@Observes BeforeBeanDiscovery event) {
    apis.checkRequired();
  }

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
    // of its own for each WAR: Weld takes types of all WARs of an EAR for one if name and id agree
    String id = Integer.toHexString(System.identityHashCode(apis));
    apis.findBeans(
        bean -> {
          if (!found.contains(bean.getName())) {
            event.addAnnotatedType(bean, id);
          }
        },
        missing -> LogMessage.API_MISSING.log(LOG, missing));
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

  /** Which payloads are on which topics, as injected events and observers say. */
  public Set<Declaration> declared() {
    return injectionPoints.declared();
  }

  /** What is missing or broken fails the deployment, not the first request. */
  void checkProviders(@Observes AfterDeploymentValidation event) {
    injectionPoints.warn();
    if (broadcasts && !JsonText.isAvailable()) {
      LogMessage.JSON_BINDING_MISSING.log(CONFIG_LOG);
    }
    try {
      ConfigProducer.read();
      List<String> unknown = ConfigProducer.unknown();
      unknown.stream()
          .limit(MAX_WARNINGS)
          .forEach(text -> LogMessage.UNKNOWN_NAME.log(CONFIG_LOG, text));
    } catch (IllegalArgumentException e) {
      event.addDeploymentProblem(e);
    } catch (IllegalStateException e) {
      event.addDeploymentProblem(
          new IllegalStateException(
              "Starcast needs MicroProfile Config, which has no implementation here: add one, such"
                  + " as io.smallrye.config:smallrye-config",
              e));
    }
  }
}
