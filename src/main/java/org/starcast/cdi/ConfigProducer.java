package org.starcast.cdi;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.starcast.StarcastConfig;

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
    // a list: SmallRye's own can be gone through once
    List<String> keys = new ArrayList<>();
    config.getPropertyNames().forEach(keys::add);
    return StarcastConfig.read(key -> config.getOptionalValue(key, String.class), keys);
  }
}
