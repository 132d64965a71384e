package org.starcast.internal.observe;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.metrics.Metadata;
import org.eclipse.microprofile.metrics.MetricID;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.MetricUnits;
import org.eclipse.microprofile.metrics.Tag;
import org.starcast.ClientEvent;
import org.starcast.SseBroadcaster;
import org.starcast.SseStatistics.Metric;

/**
 * Shows the metrics as gauges in MicroProfile Metrics 5, in the application's registry. Payara puts
 * those of all applications on one page and tells them not apart, so each has a tag that does.
 */
@Singleton
public class MicroProfileMetrics {

  private final Instance<MetricRegistry> registry;
  private final MetricReader reader;
  private final Set<MetricID> registered = ConcurrentHashMap.newKeySet();
  private volatile Tag ofApplication;

  @Inject
  MicroProfileMetrics(Instance<MetricRegistry> registry, SseBroadcaster broadcaster) {
    this.registry = registry;
    this.reader = new MetricReader(broadcaster::statistics);
  }

  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    if (ofApplication == null && registry.isResolvable()) {
      ofApplication = new Tag("application", ApplicationName.of(application));
      for (Metric metric : Metric.values()) {
        reader.read(metric).keySet().forEach(value -> register(metric, value));
      }
    }
  }

  /** A type of client that was not there before has a gauge of its own from then on. */
  void opened(@Observes @ClientEvent.Opened ClientEvent event) {
    if (ofApplication != null) {
      register(Metric.CLIENTS_BY_TYPE, reader.shown(event.client().type()));
    }
  }

  void stop(@Observes @BeforeDestroyed(ApplicationScoped.class) Object application) {
    registered.forEach(id -> registry.get().remove(id));
    registered.clear();
  }

  private void register(Metric metric, String value) {
    Tag[] tags =
        metric.tag() == null
            ? new Tag[] {ofApplication}
            : new Tag[] {ofApplication, new Tag(metric.tag(), value)};
    if (registered.add(new MetricID(metric.id(), tags))) {
      Metadata metadata =
          Metadata.builder()
              .withName(metric.id())
              .withDescription(metric.text())
              .withUnit(unit(metric))
              .build();
      registry.get().gauge(metadata, () -> number(metric, value), tags);
    }
  }

  private Double number(Metric metric, String value) {
    Number number = reader.read(metric).get(value);
    return number == null ? 0 : number.doubleValue();
  }

  private static String unit(Metric metric) {
    return switch (metric.unit()) {
      case "By" -> MetricUnits.BYTES;
      case "s" -> MetricUnits.SECONDS;
      default -> MetricUnits.NONE;
    };
  }
}
