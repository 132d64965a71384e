package org.starcast.testing;

import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.starcast.SseBroadcaster;

/**
 * For JUnit 5: runs each test with Starcast and some beans of the application, in a CDI container
 * in Java SE and without a server.
 *
 * <pre>{@code
 * @RegisterExtension StarcastExtension starcast = StarcastExtension.with(Orders.class);
 *
 * @Test
 * void aPlacedOrderIsPublished() {
 *   starcast.get(Orders.class).place(new Order(7));
 *
 *   assertThat(starcast.on("orders.*").only().as(Order.class)).isEqualTo(new Order(7));
 * }
 * }</pre>
 *
 * <p>The container finds the beans of all bean archives on the class path, as {@link
 * SeContainerInitializer} does: of those with a {@code META-INF/beans.xml}. Classes of a WAR are in
 * none, as its {@code beans.xml} is in {@code WEB-INF}, and are given by {@link #with}. The test
 * class path needs {@code jakarta.platform:jakarta.jakartaee-api}, {@code
 * org.jboss.weld.se:weld-se-core}, {@code io.smallrye.config:smallrye-config} and {@code
 * org.eclipse:yasson}.
 *
 * <p>A test that starts its container in another way has {@link PublishedEvents#of}. Not
 * thread-safe: tests that run at once have an extension each, as instance fields do.
 */
public final class StarcastExtension implements BeforeEachCallback, AfterEachCallback {

  private final Class<?>[] beans;
  private SeContainer container;
  private PublishedEvents events;

  private StarcastExtension(Class<?>... beans) {
    this.beans = beans;
  }

  /**
   * Returns an extension for a field with {@code @RegisterExtension}.
   *
   * @param beans classes of beans that are in no bean archive
   */
  public static StarcastExtension with(Class<?>... beans) {
    return new StarcastExtension(beans.clone());
  }

  /** Starts the container. */
  @Override
  public void beforeEach(ExtensionContext context) {
    container = SeContainerInitializer.newInstance().addBeanClasses(beans).initialize();
    events = PublishedEvents.of(get(SseBroadcaster.class));
  }

  /** Ends the container. */
  @Override
  public void afterEach(ExtensionContext context) {
    if (container != null) {
      container.close();
      container = null;
      events = null;
    }
  }

  /**
   * Returns a bean.
   *
   * @throws IllegalStateException if no test runs
   * @throws jakarta.enterprise.inject.UnsatisfiedResolutionException if there is none of this type
   * @throws jakarta.enterprise.inject.AmbiguousResolutionException if there are several
   */
  public <T> T get(Class<T> type) {
    if (container == null) {
      throw new IllegalStateException("no test runs: is the field @RegisterExtension?");
    }
    return container.select(type).get();
  }

  /**
   * Returns all events that are published in this test.
   *
   * @throws IllegalStateException if no test runs
   */
  public PublishedEvents events() {
    if (events == null) {
      throw new IllegalStateException("no test runs: is the field @RegisterExtension?");
    }
    return events;
  }

  /**
   * Returns the events of this test that have a topic which matches.
   *
   * @throws IllegalStateException if no test runs
   */
  public PublishedEvents on(String pattern) {
    return events().on(pattern);
  }
}
