package org.starcast.internal.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.LogRecord;
import java.util.stream.Collectors;
import org.jboss.weld.environment.se.Weld;
import org.jboss.weld.environment.se.WeldContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.SseBroadcaster;
import org.starcast.Topic;
import org.starcast.datastar.DatastarSse;
import org.starcast.internal.logging.LogMessage;
import org.starcast.testing.PublishedEvents;

/**
 * Starcast in servers that lack what not every server has: each is a container in Java SE whose
 * class loader hides packages from Starcast, which it loads itself.
 */
class OptionalApisTest {

  private static final String VALIDATION = "jakarta.validation.";
  private static final String JSON_BINDING = "jakarta.json.bind.";
  private static final String JNDI = "javax.naming.";

  /** What not every server has, and the beans that are not there without. */
  private static final Map<String, Set<String>> OPTIONAL =
      Map.ofEntries(
          Map.entry("jakarta.transaction.", Set.of("JtaTransactions")),
          Map.entry(JNDI, Set.of("JtaTransactions")),
          Map.entry("javax.management.", Set.of("Jmx")),
          Map.entry("org.eclipse.microprofile.health.", Set.of("LivenessCheck", "ReadinessCheck")),
          Map.entry("org.eclipse.microprofile.metrics.", Set.of("MicroProfileMetrics")),
          Map.entry("io.opentelemetry.", Set.of("OpenTelemetryMetrics", "OpenTelemetryTracing")),
          Map.entry("org.eclipse.microprofile.jwt.", Set.of()),
          Map.entry("org.eclipse.microprofile.openapi.", Set.of()),
          Map.entry("io.nats.", Set.of()),
          Map.entry("jakarta.enterprise.concurrent.", Set.of()),
          Map.entry("jakarta.faces.", Set.of()),
          Map.entry("jakarta.el.", Set.of()),
          Map.entry(VALIDATION, Set.of()),
          Map.entry(JSON_BINDING, Set.of()));

  private static final Set<String> OPTIONAL_BEANS =
      Apis.optionalBeans().stream()
          .map(name -> name.substring(name.lastIndexOf('.') + 1))
          .collect(Collectors.toSet());

  static Set<String> optional() {
    return new TreeSet<>(OPTIONAL.keySet());
  }

  /** Loads Starcast itself, with its tests, and hides some packages from it. */
  private static final class Server extends ClassLoader {
    private final Set<String> missing;

    Server(Set<String> missing) {
      super(OptionalApisTest.class.getClassLoader());
      this.missing = missing;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        if (missing.stream().anyMatch(name::startsWith)) {
          throw new ClassNotFoundException(name);
        }
        Class<?> loaded = findLoadedClass(name);
        if (loaded != null || !name.startsWith("org.starcast.")) {
          return loaded != null ? loaded : super.loadClass(name, resolve);
        }
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
          if (in == null) {
            throw new ClassNotFoundException(name);
          }
          byte[] bytes = in.readAllBytes();
          return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
          throw new ClassNotFoundException(name, e);
        }
      }
    }
  }

  /** Starts Starcast as a container does that finds its beans, and its extension, by itself. */
  private static WeldContainer start(Server server) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(server);
    try {
      return new Weld().setClassLoader(server).initialize();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** What is loaded by the server, and runs there. */
  private static void run(Server server, Class<? extends Runnable> type) throws Exception {
    Class<?> there = server.loadClass(type.getName());
    var constructor = there.getDeclaredConstructor();
    constructor.setAccessible(true);
    ((Runnable) constructor.newInstance()).run();
  }

  private static List<String> beans(WeldContainer container) {
    return container.getBeanManager().getBeans(Object.class, Any.Literal.INSTANCE).stream()
        .map(Bean::getBeanClass)
        .filter(type -> type.getName().startsWith("org.starcast."))
        .map(Class::getSimpleName)
        .filter(OPTIONAL_BEANS::contains)
        .toList();
  }

  /** An application that publishes text. */
  static final class TextApplication implements Runnable {
    @Override
    public void run() {
      var beans = CDI.current();
      var events = PublishedEvents.of(beans.select(SseBroadcaster.class).get());
      beans.getBeanManager().getEvent().select(String.class, Topic.Literal.of("a")).fire("text");
      assertThat(events.on("a").only().data()).isEqualTo("text");
    }
  }

  @Test
  void whereAllIsThereAllIsUsed() {
    try (WeldContainer container = start(new Server(Set.of()))) {
      assertThat(beans(container)).containsExactlyInAnyOrderElementsOf(OPTIONAL_BEANS);
    }
  }

  @ParameterizedTest
  @MethodSource("optional")
  void withoutOneOfThemItRuns(String missing) throws Exception {
    Server server = new Server(Set.of(missing));
    try (WeldContainer container = start(server)) {
      Set<String> left = new TreeSet<>(OPTIONAL_BEANS);
      left.removeAll(OPTIONAL.get(missing));
      assertThat(beans(container)).containsExactlyInAnyOrderElementsOf(left);
      run(server, TextApplication.class);
    }
  }

  @Test
  void withoutAllOfThemItRuns() throws Exception {
    Server server = new Server(OPTIONAL.keySet());
    try (WeldContainer container = start(server)) {
      assertThat(beans(container)).isEmpty();
      run(server, TextApplication.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"jakarta.servlet.", "jakarta.json.", "org.eclipse.microprofile.config."})
  void whatItNeedsIsNamedWhereItIsMissing(String missing) {
    String name =
        Map.of(
                "jakarta.servlet.", "Jakarta Servlet",
                "jakarta.json.", "Jakarta JSON Processing",
                "org.eclipse.microprofile.config.", "MicroProfile Config")
            .get(missing);
    assertThatThrownBy(() -> start(new Server(Set.of(missing))).close())
        .hasStackTraceContaining("Starcast needs what is not there: " + name + ". Take a server");
  }

  /** A payload, and signals. */
  public record Order(int id) {}

  /** An application that has objects as payloads and signals, where JSON-B is not there. */
  static final class JsonApplication implements Runnable {
    @Override
    public void run() {
      var broadcaster = CDI.current().select(SseBroadcaster.class).get();
      var events = PublishedEvents.of(broadcaster);
      broadcaster.publish("a", JsonValue.EMPTY_JSON_OBJECT);
      assertThat(events.on("a").only().data()).isEqualTo("{}");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> broadcaster.publish("a", new Order(7)))
          .withMessageStartingWith("data: cannot be turned into JSON: " + Order.class.getName())
          .withMessageEndingWith(
              "Jakarta JSON Binding is not there: add a provider, such as org.eclipse:yasson");
      var datastar = CDI.current().select(DatastarSse.class).get();
      assertThat(datastar.readSignals(page(), JsonObject.class)).containsKey("id");
      assertThatIllegalStateException()
          .isThrownBy(() -> datastar.readSignals(page(), Order.class))
          .withMessageStartingWith("Jakarta JSON Binding is not there");
    }
  }

  /** A request of a page that has a signal. */
  private static HttpServletRequest page() {
    Map<String, String> answers =
        Map.of("getMethod", "GET", "getQueryString", "datastar=%7B%22id%22%3A7%7D");
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            HttpServletRequest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (proxy, method, args) -> answers.get(method.getName()));
  }

  @Test
  void withoutJsonBindingTextGoesOnAndObjectsAreRefused() throws Exception {
    Server server = new Server(Set.of(JSON_BINDING));
    try (LogCapture log = new LogCapture("org.starcast");
        WeldContainer container = start(server)) {
      assertThat(log.records())
          .extracting(LogRecord::getMessage)
          .anyMatch(text -> text.startsWith(LogMessage.JSON_BINDING_MISSING.code()));
      assertThat(container.isRunning()).isTrue();
      run(server, JsonApplication.class);
    }
  }

  /** An application that reads signals. */
  static final class SignalsApplication implements Runnable {
    @Override
    public void run() {
      var datastar = CDI.current().select(DatastarSse.class).get();
      assertThat(datastar.readSignals(page(), Order.class)).isEqualTo(new Order(7));
      assertThat(datastar.readSignals(page(), Order.class)).isEqualTo(new Order(7));
    }
  }

  @Test
  void withoutValidationSignalsAreReadAndTheLogSaysOnce() throws Exception {
    Server server = new Server(Set.of(VALIDATION));
    try (LogCapture log = new LogCapture("org.starcast");
        WeldContainer container = start(server)) {
      assertThat(container.isRunning()).isTrue();
      run(server, SignalsApplication.class);
      assertThat(log.records())
          .extracting(LogRecord::getMessage)
          .filteredOn(text -> text.startsWith(LogMessage.SIGNALS_NOT_VALIDATED.code()))
          .singleElement()
          .asString()
          .contains("jakarta/validation");
    }
  }
}
