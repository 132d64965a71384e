package org.starcast.internal.observe;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import org.starcast.PublishResult;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.engine.Tracing;

/**
 * Spans of the {@link OpenTelemetry} that there is as a bean (MicroProfile Telemetry), if there is
 * one: {@code starcast publish}, a child of the caller's span; and, with {@code
 * starcast.tracing.deliver}, {@code starcast deliver} for each write of events to a client, linked
 * to their publications. They name topics, no payloads.
 */
@Singleton
public class OpenTelemetryTracing implements Tracing {

  /** Null where nothing would become of a span. */
  private final Tracer tracer;

  private final boolean deliveries;

  @Inject
  OpenTelemetryTracing(Instance<OpenTelemetry> telemetry, StarcastConfig config) {
    TracerProvider provider =
        telemetry.isResolvable() ? telemetry.get().getTracerProvider() : TracerProvider.noop();
    this.tracer = provider == TracerProvider.noop() ? null : provider.get("org.starcast");
    this.deliveries = tracer != null && config.tracingDeliver();
  }

  @Override
  public Object publishing(SseMessage message) {
    if (tracer == null) {
      return null;
    }
    SpanBuilder span =
        tracer
            .spanBuilder("starcast publish")
            .setSpanKind(SpanKind.PRODUCER)
            .setAttribute("messaging.system", "starcast");
    if (message.topics().size() == 1) {
      span.setAttribute("messaging.destination.name", message.topics().get(0));
    }
    return span.startSpan();
  }

  @Override
  public Object context(Object span) {
    SpanContext context = ((Span) span).getSpanContext();
    return context.isSampled() ? context : null;
  }

  @Override
  public void published(Object started, PublishResult result) {
    Span span = (Span) started;
    if (result == null) {
      span.setStatus(StatusCode.ERROR);
    } else {
      span.setAttribute("messaging.message.id", result.id());
      span.setAttribute("starcast.matched", result.matched());
    }
    span.end();
  }

  @Override
  public boolean deliveries() {
    return deliveries;
  }

  @Override
  public Object delivering(SseClient client, List<Object> published) {
    SpanBuilder span =
        tracer
            .spanBuilder("starcast deliver")
            .setNoParent()
            .setSpanKind(SpanKind.CONSUMER)
            .setAttribute("messaging.system", "starcast")
            .setAttribute("messaging.batch.message_count", published.size());
    published.forEach(context -> span.addLink((SpanContext) context));
    return span.startSpan();
  }

  @Override
  public void delivered(Object span) {
    ((Span) span).end();
  }
}
