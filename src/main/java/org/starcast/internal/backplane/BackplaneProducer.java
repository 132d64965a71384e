package org.starcast.internal.backplane;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Qualifier;
import jakarta.inject.Singleton;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import javax.sql.DataSource;
import org.starcast.internal.Jndi;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.spi.Backplane;

/**
 * Makes the backplane of the application: its own bean, or the one that the configuration names.
 */
@ApplicationScoped
public class BackplaneProducer {

  /** The one of the application; not yet started. */
  @Qualifier
  @Retention(RetentionPolicy.RUNTIME)
  public @interface Chosen {}

  /** For the container. */
  BackplaneProducer() {}

  /**
   * The one of the application.
   *
   * @param own a bean of the application
   * @throws IllegalArgumentException if it needs a library that is not there; the message begins
   *     with the key
   */
  @Produces
  @Singleton
  @Chosen
  Backplane backplane(
      Instance<Backplane> own, StarcastConfig config, ContainerExecutors executors) {
    // two of them are a fault, which the container says
    if (!own.isUnsatisfied()) {
      return own.get();
    }
    if (config.backplane().type().equals("local")) {
      return new LocalBackplane(config);
    }
    if (config.backplane().type().equals("postgresql")) {
      return new PostgresBackplane(config, dataSource(config), executors.scheduler());
    }
    try {
      Class.forName("io.nats.client.Nats", false, BackplaneProducer.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException(
          "starcast.backplane: nats needs the library io.nats:jnats in the application", e);
    }
    return new NatsBackplane(config, executors.scheduler());
  }

  private static DataSource dataSource(StarcastConfig config) {
    String name = config.backplane().postgresql().dataSource();
    if (Jndi.lookUp(name) instanceof DataSource source) {
      return source;
    }
    throw new IllegalArgumentException(
        "starcast.backplane.postgresql.data-source: there is no data source " + name);
  }
}
