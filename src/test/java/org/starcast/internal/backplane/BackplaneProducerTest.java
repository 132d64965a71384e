package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import jakarta.enterprise.inject.AmbiguousResolutionException;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.util.AnnotationLiteral;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;
import org.jboss.weld.environment.se.Weld;
import org.jboss.weld.environment.se.WeldContainer;
import org.junit.jupiter.api.Test;
import org.starcast.internal.backplane.BackplaneProducer.Chosen;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.cdi.Lifespan;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.spi.Backplane;

class BackplaneProducerTest {

  /** One of the application. */
  @Singleton
  static class One extends Answering {
    One() {
      super(new MemoryStream().node());
    }
  }

  /** Another one. */
  @Singleton
  static class Two extends Answering {
    Two() {
      super(new MemoryStream().node());
    }
  }

  /** The defaults. */
  @Singleton
  static class Defaults {
    @Produces
    @Singleton
    StarcastConfig config() {
      return StarcastConfig.read(key -> Optional.empty(), Set.of());
    }
  }

  @SuppressWarnings("serial") // never serialized
  private static final class ChosenLiteral extends AnnotationLiteral<Chosen> implements Chosen {}

  private static WeldContainer start(Class<?>... backplanes) {
    return new Weld()
        .disableDiscovery()
        .addExtension(new Lifespan())
        .addBeanClasses(BackplaneProducer.class, ContainerExecutors.class, Defaults.class)
        .addBeanClasses(backplanes)
        .initialize();
  }

  private static Backplane chosen(WeldContainer container) {
    return container.select(Backplane.class, new ChosenLiteral()).get();
  }

  @Test
  void thatOfTheApplicationTakesThePlaceOfTheConfigured() {
    try (WeldContainer container = start()) {
      assertThat(chosen(container)).isInstanceOf(LocalBackplane.class);
    }
    try (WeldContainer container = start(One.class)) {
      assertThat(chosen(container)).isInstanceOf(One.class);
    }
  }

  @Test
  void twoOfTheApplicationAreAFaultAndNotTheConfiguredOne() {
    try (WeldContainer container = start(One.class, Two.class)) {
      assertThatExceptionOfType(AmbiguousResolutionException.class)
          .isThrownBy(() -> chosen(container));
    }
  }
}
