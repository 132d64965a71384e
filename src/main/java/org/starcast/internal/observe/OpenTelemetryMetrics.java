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
import java.util.List;
import org.starcast.SseBroadcaster;

/**
 * Shows the metrics as observable counters and gauges of the {@link OpenTelemetry} that there is as
 * a bean (MicroProfile Telemetry), if there is one.
 */
@Singleton
public class OpenTelemetryMetrics {

  private final Instance<OpenTelemetry> telemetry;
  private final Figures figures;
  private final List<AutoCloseable> instruments = new ArrayList<>();

  @Inject
  OpenTelemetryMetrics(Instance<OpenTelemetry> telemetry, SseBroadcaster broadcaster) {
    this.telemetry = telemetry;
    this.figures = new Figures(broadcaster::statistics);
  }

  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    // an enterprise application may say it for each of its web modules
    if (instruments.isEmpty() && telemetry.isResolvable()) {
      Meter meter = telemetry.get().getMeter("org.starcast");
      figures.all().forEach(figure -> instruments.add(instrument(meter, figure)));
    }
  }

  void stop(@Observes @BeforeDestroyed(ApplicationScoped.class) Object application)
      throws Exception {
    for (AutoCloseable instrument : instruments) {
      instrument.close();
    }
    instruments.clear();
  }

  private AutoCloseable instrument(Meter meter, Figure figure) {
    if (figure.counter()) {
      return meter
          .counterBuilder(figure.name())
          .ofDoubles()
          .setUnit(figure.unit())
          .setDescription(figure.description())
          .buildWithCallback(measurement -> record(figure, measurement));
    }
    return meter
        .gaugeBuilder(figure.name())
        .setUnit(figure.unit())
        .setDescription(figure.description())
        .buildWithCallback(measurement -> record(figure, measurement));
  }

  private void record(Figure figure, ObservableDoubleMeasurement measurement) {
    figure
        .values()
        .apply(figures.latest())
        .forEach(
            (value, number) ->
                measurement.record(
                    number.doubleValue(),
                    figure.tag() == null
                        ? Attributes.empty()
                        : Attributes.of(AttributeKey.stringKey(figure.tag()), value)));
  }
}
