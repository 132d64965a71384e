package org.starcast.internal.observe;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.metrics.Metadata;
import org.eclipse.microprofile.metrics.MetricID;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.MetricUnits;
import org.eclipse.microprofile.metrics.Tag;
import org.starcast.ClientEvent;
import org.starcast.SseBroadcaster;

/**
 * Shows the metrics as gauges in MicroProfile Metrics 5, in the application's registry. Payara puts
 * those of all applications on one page and tells them not apart, so each has a tag that does.
 */
@Singleton
public class MicroProfileMetrics {

  private final Instance<MetricRegistry> registry;
  private final Figures figures;
  private final Set<MetricID> registered = ConcurrentHashMap.newKeySet();
  private volatile Tag ofApplication;

  @Inject
  MicroProfileMetrics(Instance<MetricRegistry> registry, SseBroadcaster broadcaster) {
    this.registry = registry;
    this.figures = new Figures(broadcaster::statistics);
  }

  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    if (ofApplication == null && registry.isResolvable()) {
      ofApplication = new Tag("application", ApplicationName.of(application));
      for (Figure figure : figures.all()) {
        figure.values().apply(figures.latest()).keySet().forEach(value -> register(figure, value));
      }
    }
  }

  /** A type of client that was not there before has a gauge of its own from then on. */
  void opened(@Observes @ClientEvent.Opened ClientEvent event) {
    if (ofApplication != null) {
      String type = figures.shown(event.client().type());
      figures.all().stream()
          .filter(figure -> figure.name().equals(Figures.BY_TYPE))
          .forEach(figure -> register(figure, type));
    }
  }

  void stop(@Observes @BeforeDestroyed(ApplicationScoped.class) Object application) {
    registered.forEach(id -> registry.get().remove(id));
    registered.clear();
  }

  private void register(Figure figure, String value) {
    Tag[] tags =
        figure.tag() == null
            ? new Tag[] {ofApplication}
            : new Tag[] {ofApplication, new Tag(figure.tag(), value)};
    if (registered.add(new MetricID(figure.name(), tags))) {
      Metadata metadata =
          Metadata.builder()
              .withName(figure.name())
              .withDescription(figure.description())
              .withUnit(unit(figure))
              .build();
      registry.get().gauge(metadata, () -> read(figure, value), tags);
    }
  }

  private Double read(Figure figure, String value) {
    Map<String, Number> values = figure.values().apply(figures.latest());
    return values.getOrDefault(value, 0).doubleValue();
  }

  private static String unit(Figure figure) {
    return switch (figure.unit()) {
      case "By" -> MetricUnits.BYTES;
      case "s" -> MetricUnits.SECONDS;
      default -> MetricUnits.NONE;
    };
  }
}
