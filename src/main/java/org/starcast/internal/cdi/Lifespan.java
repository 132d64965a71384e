package org.starcast.internal.cdi;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.Extension;
import jakarta.interceptor.Interceptor;

/**
 * Whether the application still runs. A bean cannot know: what calls one that has ended gets a new
 * one (Jakarta CDI 4.0, section 6.2), which nobody ends. Of an extension there is one for each
 * application, and it is never made again. Thread-safe.
 */
public class Lifespan implements Extension {

  private volatile boolean ended;

  /** For the container. */
  public Lifespan() {}

  /** The last thing before the beans are destroyed, in no order that could be relied upon. */
  void end(
      @Observes
          @Priority(Interceptor.Priority.PLATFORM_AFTER)
          @BeforeDestroyed(ApplicationScoped.class)
          Object application) {
    ended = true;
  }

  /**
   * For beans that would have to be ended, when they are made.
   *
   * @throws IllegalStateException if nobody is left to end them
   */
  void check() {
    if (ended) {
      throw new IllegalStateException("the application has ended");
    }
  }
}
