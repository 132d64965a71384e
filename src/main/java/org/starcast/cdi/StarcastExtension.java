package org.starcast.cdi;

import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.AfterDeploymentValidation;
import jakarta.enterprise.inject.spi.Extension;
import jakarta.enterprise.inject.spi.ProcessObserverMethod;
import org.starcast.Topic;

/**
 * The portable extension: makes every observer whose event parameter has a {@link Topic} with a
 * pattern or a sender see only the events that match. Registered by {@code META-INF/services};
 * applications have nothing to do with it.
 */
public class StarcastExtension implements Extension {

  /** For the container. */
  public StarcastExtension() {}

  <T, X> void filterByTopic(@Observes ProcessObserverMethod<T, X> event) {
    TopicFilteredObserver.install(event);
  }

  /** A broken configuration fails the deployment, not the first request. */
  void checkConfiguration(@Observes AfterDeploymentValidation event) {
    try {
      ConfigProducer.read();
    } catch (IllegalArgumentException e) {
      event.addDeploymentProblem(e);
    }
  }
}
