package org.starcast.internal.observe;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableDoubleMeasurement;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.starcast.SseBroadcaster;
import org.starcast.SseStatistics.Metric;

/**
 * Shows the metrics as observable counters and gauges of the {@link OpenTelemetry} that there is as
 * a bean (MicroProfile Telemetry), if there is one.
 */
@Singleton
public class OpenTelemetryMetrics {

  private final Instance<OpenTelemetry> telemetry;
  private final MetricReader reader;
  private final List<AutoCloseable> instruments = new ArrayList<>();

  @Inject
  OpenTelemetryMetrics(Instance<OpenTelemetry> telemetry, SseBroadcaster broadcaster) {
    this.telemetry = telemetry;
    this.reader = new MetricReader(broadcaster::statistics);
  }

  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    // an enterprise application may say it for each of its web modules
    if (instruments.isEmpty() && telemetry.isResolvable()) {
      Meter meter = telemetry.get().getMeter("org.starcast");
      // several values of one tag are one instrument
      Stream.of(Metric.values())
          .collect(Collectors.groupingBy(Metric::id, LinkedHashMap::new, Collectors.toList()))
          .values()
          .forEach(metrics -> instruments.add(instrument(meter, metrics)));
    }
  }

  void stop(@Observes @BeforeDestroyed(ApplicationScoped.class) Object application)
      throws Exception {
    for (AutoCloseable instrument : instruments) {
      instrument.close();
    }
    instruments.clear();
  }

  private AutoCloseable instrument(Meter meter, List<Metric> metrics) {
    Metric metric = metrics.get(0);
    if (metric.kind() == Metric.Kind.COUNTER) {
      return meter
          .counterBuilder(metric.id())
          .ofDoubles()
          .setUnit(metric.unit())
          .setDescription(metric.text())
          .buildWithCallback(measurement -> record(metrics, measurement));
    }
    return meter
        .gaugeBuilder(metric.id())
        .setUnit(metric.unit())
        .setDescription(metric.text())
        .buildWithCallback(measurement -> record(metrics, measurement));
  }

  private void record(List<Metric> metrics, ObservableDoubleMeasurement measurement) {
    for (Metric metric : metrics) {
      reader
          .read(metric)
          .forEach(
              (value, number) ->
                  measurement.record(
                      number.doubleValue(),
                      metric.tag() == null
                          ? Attributes.empty()
                          : Attributes.of(AttributeKey.stringKey(metric.tag()), value)));
    }
  }
}
