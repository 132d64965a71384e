package org.starcast.internal.cdi;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.starcast.internal.config.StarcastConfig;

/** Reads the configuration from MicroProfile Config. */
@ApplicationScoped
public class ConfigProducer {

  /**
   * The configuration in force.
   *
   * @throws IllegalArgumentException if a value is malformed or out of bounds
   */
  @Produces
  @Singleton
  public StarcastConfig config() {
    return read();
  }

  static StarcastConfig read() {
    Config config = ConfigProvider.getConfig();
    return StarcastConfig.read(key -> config.getOptionalValue(key, String.class), names(config));
  }

  /** What {@link StarcastConfig#unknown} says. */
  static List<String> unknown() {
    Config config = ConfigProvider.getConfig();
    return StarcastConfig.unknown(key -> config.getOptionalValue(key, String.class), names(config));
  }

  /**
   * The names as they are written in the sources. {@link Config#getPropertyNames} has others, too:
   * SmallRye's gives those that environment variables might stand for, so {@code
   * starcast.log.retain.topics} for that of {@code starcast.log.retain-topics}.
   */
  private static List<String> names(Config config) {
    Set<String> environment = System.getenv().keySet();
    List<String> plain = environment.stream().filter(name -> name.indexOf('.') < 0).toList();
    List<String> names = new ArrayList<>();
    for (ConfigSource source : config.getConfigSources()) {
      Set<String> own = source.getPropertyNames();
      boolean isEnvironment = !plain.isEmpty() && own.containsAll(plain);
      names.addAll(isEnvironment ? environment : own);
    }
    return names;
  }
}
