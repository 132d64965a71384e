package org.starcast.internal.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.AfterBeanDiscovery;
import jakarta.enterprise.inject.spi.Extension;
import jakarta.inject.Singleton;
import jakarta.servlet.ServletContext;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jboss.weld.environment.se.Weld;
import org.jboss.weld.environment.se.WeldContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.FakeSink;
import org.starcast.ResponseRuntime;
import org.starcast.SseBroadcaster;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.backplane.BackplaneProducer;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.cdi.Lifespan;
import org.starcast.internal.cdi.Payloads;
import org.starcast.internal.cdi.StarcastExtension;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.engine.Broadcaster;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.internal.security.AccessControl;
import org.starcast.stream.StreamsBeanClass;

/** The beans that the extension adds, with an SDK of OpenTelemetry and without. */
@ExtendWith(ResponseRuntime.class)
class ObserveTest {

  private static final String BEAN = "org.starcast:type=SseBroadcaster,application=";

  private final InMemorySpanExporter spans = InMemorySpanExporter.create();
  private final InMemoryMetricReader metrics = InMemoryMetricReader.create();
  private final OpenTelemetry sdk =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(spans))
                  .build())
          .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(metrics).build())
          .build();

  /** Makes beans of the configuration, and of OpenTelemetry if it is given. */
  private record Beans(Map<String, String> settings, OpenTelemetry telemetry) implements Extension {

    void add(@Observes AfterBeanDiscovery event) {
      event
          .<StarcastConfig>addBean()
          .types(StarcastConfig.class)
          .scope(Singleton.class)
          .createWith(
              context ->
                  StarcastConfig.read(
                      key -> Optional.ofNullable(settings.get(key)), settings.keySet()));
      if (telemetry != null) {
        event
            .<OpenTelemetry>addBean()
            .types(OpenTelemetry.class)
            .scope(Singleton.class)
            .createWith(context -> telemetry);
      }
    }
  }

  private static WeldContainer start(OpenTelemetry telemetry, boolean deliver) {
    Map<String, String> settings =
        Map.of(
            "starcast.drain-window", "PT0S", "starcast.tracing.deliver", Boolean.toString(deliver));
    return new Weld()
        .disableDiscovery()
        .addExtension(new StarcastExtension())
        .addExtension(new Lifespan())
        .addExtension(new Beans(settings, telemetry))
        .addBeanClasses(
            BackplaneProducer.class,
            Broadcaster.class,
            StreamsBeanClass.NAMED,
            ContainerExecutors.class,
            Payloads.class,
            ClusterBus.class,
            AccessControl.class,
            RecentRefusals.class)
        .initialize();
  }

  private static void publish(SseBroadcaster broadcaster, int events) {
    long before = broadcaster.statistics().get(Metric.DELIVERED);
    for (int i = 0; i < events; i++) {
      broadcaster.publish("a", "secret payload");
    }
    await().until(() -> broadcaster.statistics().get(Metric.DELIVERED) == before + events);
  }

  private List<SpanData> spans(String name) {
    return spans.getFinishedSpanItems().stream().filter(s -> s.getName().equals(name)).toList();
  }

  @Test
  void aPublicationIsASpanBelowThatOfItsCaller() {
    try (WeldContainer container = start(sdk, false)) {
      SseBroadcaster broadcaster = container.select(SseBroadcaster.class).get();
      broadcaster.register(FakeSink.instant(), Subscription.to("a"));
      Span caller = sdk.getTracer("test").spanBuilder("caller").startSpan();
      try (Scope scope = caller.makeCurrent()) {
        assertThat(scope).isNotNull();
        publish(broadcaster, 1);
      }
      caller.end();
      SpanData span = spans("starcast publish").get(0);
      assertThat(span.getParentSpanId()).isEqualTo(caller.getSpanContext().getSpanId());
      assertThat(span.getKind()).isEqualTo(SpanKind.PRODUCER);
      assertThat(span.getAttributes().toString())
          .contains("messaging.destination.name=a")
          .contains("starcast.matched=1")
          .contains(broadcaster.lastEventId())
          .doesNotContain("secret");
      assertThat(spans("starcast deliver")).isEmpty();
    }
  }

  @Test
  void deliveriesAreLinkedToTheirPublicationsWhereThatIsAskedFor() {
    try (WeldContainer container = start(sdk, true)) {
      SseBroadcaster broadcaster = container.select(SseBroadcaster.class).get();
      var client = broadcaster.register(FakeSink.instant(), Subscription.to("a"));
      // once it has read the log to its end
      publish(broadcaster, 1);
      await().until(() -> client.queued() == 0);
      spans.reset();
      publish(broadcaster, 5);
      await().until(() -> broadcaster.statistics().latency().count() > 0);
      List<String> published = spans("starcast publish").stream().map(SpanData::getSpanId).toList();
      await()
          .untilAsserted(
              () ->
                  assertThat(
                          spans("starcast deliver").stream()
                              .flatMap(span -> span.getLinks().stream())
                              .map(LinkData::getSpanContext)
                              .map(context -> context.getSpanId())
                              .filter(published::contains)
                              .collect(Collectors.toSet()))
                      .isNotEmpty()
                      .isSubsetOf(published));
      assertThat(spans("starcast deliver")).allMatch(s -> !s.getParentSpanContext().isValid());
    }
  }

  @Test
  void aPublicationThatFailsIsASpanThatFailed() {
    try (WeldContainer container = start(sdk, false)) {
      SseBroadcaster broadcaster = container.select(SseBroadcaster.class).get();
      try {
        broadcaster.publish("a", "x".repeat(1 << 20));
      } catch (IllegalArgumentException e) {
        // it is too large
      }
      assertThat(spans("starcast publish").get(0).getStatus().getStatusCode().name())
          .isEqualTo("ERROR");
    }
  }

  @Test
  void theMetricsAreThoseOfTheStatistics() {
    try (WeldContainer container = start(sdk, false)) {
      SseBroadcaster broadcaster = container.select(SseBroadcaster.class).get();
      broadcaster.register(FakeSink.instant(), Subscription.to("a").type("chat"));
      publish(broadcaster, 3);
      await()
          .untilAsserted(
              () -> {
                Map<String, MetricData> now =
                    metrics.collectAllMetrics().stream()
                        .collect(Collectors.toMap(MetricData::getName, data -> data));
                MetricData published = now.get("starcast.published");
                assertThat(published.getUnit()).isEqualTo("{event}");
                assertThat(published.getDoubleSumData().isMonotonic()).isTrue();
                assertThat(published.getDoubleSumData().getPoints())
                    .extracting(point -> point.getValue())
                    .containsExactly(3.0);
                assertThat(now.get("starcast.clients").getDoubleGaugeData().getPoints())
                    .anySatisfy(
                        point -> {
                          assertThat(point.getAttributes().toString()).isEqualTo("{type=\"chat\"}");
                          assertThat(point.getValue()).isEqualTo(1);
                        });
                assertThat(now.keySet())
                    .hasSize((int) Stream.of(Metric.values()).map(Metric::id).distinct().count());
              });
    }
    assertThat(metrics.collectAllMetrics()).as("once the application has ended").isEmpty();
  }

  @Test
  void theJmxBeanIsThereAsLongAsTheApplication() throws Exception {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName name = new ObjectName(BEAN + "/");
    try (WeldContainer container = start(null, true)) {
      SseBroadcaster broadcaster = container.select(SseBroadcaster.class).get();
      broadcaster.register(FakeSink.instant(), Subscription.to("a"));
      publish(broadcaster, 2);
      assertThat(server.getAttribute(name, "Published")).isEqualTo(2L);
      assertThat(server.getAttribute(name, "Ready")).isEqualTo(true);
      assertThat(server.getMBeanInfo(name).getOperations()).isEmpty();
      for (var attribute : server.getMBeanInfo(name).getAttributes()) {
        assertThat(attribute.isWritable()).isFalse();
        assertThat(server.getAttribute(name, attribute.getName())).isNotNull();
      }
    }
    assertThat(server.isRegistered(name)).isFalse();
  }

  @Test
  void theJmxBeanIsNamedByTheApplication() throws Exception {
    ServletContext context =
        (ServletContext)
            Proxy.newProxyInstance(
                ServletContext.class.getClassLoader(),
                new Class<?>[] {ServletContext.class},
                (proxy, method, arguments) -> "/path");
    assertThat(name("shop", "shop", context)).isEqualTo("shop");
    assertThat(name("all", "shop", context)).as("in an EAR").isEqualTo("all/shop");
    assertThat(name("shop", null, context)).isEqualTo("shop");
    assertThat(name(null, "shop", context)).isEqualTo("/path");
    assertThat(name(null, null, "none of a servlet container")).isEqualTo("/");
    assertThat(Jmx.name("all/shop").toString()).isEqualTo(BEAN + "all/shop");
    assertThat(Jmx.name("a:1,b=*").toString()).isEqualTo(BEAN + "\"a:1,b=\\*\"");
  }

  private static String name(String application, String module, Object event) {
    return ApplicationName.of(
        name -> name.equals("java:app/AppName") ? application : module, event);
  }

  @Test
  void nothingIsTracedWhereNothingWouldComeOfIt() {
    for (OpenTelemetry telemetry : new OpenTelemetry[] {null, OpenTelemetry.noop()}) {
      try (WeldContainer container = start(telemetry, true)) {
        OpenTelemetryTracing tracing = container.select(OpenTelemetryTracing.class).get();
        assertThat(tracing.publishing(org.starcast.SseMessage.of("x"))).isNull();
        assertThat(tracing.deliveries()).isFalse();
        publish(container.select(SseBroadcaster.class).get(), 0);
      }
    }
  }
}
