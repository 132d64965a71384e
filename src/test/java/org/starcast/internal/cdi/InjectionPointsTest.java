package org.starcast.internal.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.spi.DefinitionException;
import jakarta.inject.Inject;
import java.util.List;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.jboss.weld.environment.se.WeldContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.Topic;

/** Mistakes in what is injected show at deployment. */
class InjectionPointsTest {

  record Order(int number) {}

  @Dependent
  static class Named {
    @Inject
    @Topic("orders.created")
    Event<Order> created;
  }

  @Dependent
  static class Forgotten {
    @Inject Event<Order> created;
  }

  @Dependent
  static class Meant {
    @Inject @Any Event<Order> selecting;
    @Inject Event<String> ofAnotherType;

    @Inject
    Meant(@Any Event<Order> parameter) {}
  }

  private static List<String> said(Class<?>... beans) {
    try (LogCapture log = new LogCapture(InjectionPoints.class);
        WeldContainer container = Deployment.start(beans)) {
      assertThat(container.isRunning()).isTrue();
      SimpleFormatter formatter = new SimpleFormatter();
      return log.records().stream().map((LogRecord r) -> formatter.formatMessage(r)).toList();
    }
  }

  @Test
  void anEventWithoutATopicThatAnotherOfItsTypeHasIsSaidOnce() {
    assertThat(said(Named.class, Forgotten.class, Meant.class))
        .singleElement()
        .asString()
        .contains(
            Forgotten.class.getName() + ".created",
            Order.class.getName(),
            Named.class.getName() + ".created",
            "@Any");
    assertThat(said(Named.class, Meant.class)).isEmpty();
    assertThat(said(Forgotten.class)).isEmpty();
  }

  record Invoice(int number) {}

  @Dependent
  static class Waiting {
    void on(@Observes @Topic("invoices.*") Invoice invoice) {}
  }

  @Dependent
  static class Untopical {
    @Inject Event<Invoice> sent;
  }

  @Test
  void anEventWithoutATopicThatAnObserverWaitsForIsSaidOnce() {
    assertThat(said(Waiting.class, Untopical.class))
        .singleElement()
        .asString()
        .contains(
            Untopical.class.getName() + ".sent",
            "Event<" + Invoice.class.getName() + "> without @Topic",
            Waiting.class.getName() + ".on(Invoice) has a @Topic");
    assertThat(said(Waiting.class)).isEmpty();
    assertThat(said(Untopical.class)).isEmpty();
  }

  @Dependent
  static class Declaring {
    @Inject @Topic Event<Invoice> toAll;

    @Inject
    @Topic("lists")
    Event<List<? extends Order>> lists;

    @Inject @Any Event<Invoice> selecting;

    void waiting(@Observes @Topic("invoices.*") Invoice invoice) {}

    void logging(@Observes @Topic Order order) {}

    void loggingAll(@Observes @Topic("audit.*") Object anything) {}
  }

  @Test
  void whatIsDeclaredIsKnown() {
    try (WeldContainer container = Deployment.start(Named.class, Declaring.class)) {
      assertThat(container.select(StarcastExtension.class).get().declared())
          .extracting(found -> found.topic() + " " + found.payload().getTypeName())
          .containsExactlyInAnyOrder(
              "orders.created " + Order.class.getName(),
              "* " + Invoice.class.getName(),
              "lists java.util.List<? extends " + Order.class.getName() + ">",
              "invoices.* " + Invoice.class.getName());
    }
  }

  @Dependent
  static class Pattern {
    @Inject
    @Topic("orders.*")
    Event<Order> created;
  }

  @Dependent
  static class Sender {
    @Inject
    Sender(@Topic(value = "orders", sender = "a\nb") Event<Order> created) {}
  }

  @ParameterizedTest
  @ValueSource(classes = {Pattern.class, Sender.class})
  void anEventThatCouldNotBeFiredFailsTheDeployment(Class<?> bean) {
    assertThatThrownBy(() -> Deployment.start(bean).close())
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining(bean.getName())
        .hasMessageContaining(": @Topic: ")
        .hasMessageContaining("patterns are for observers");
  }

  @Dependent
  static class WrongImport {
    @Inject jakarta.ws.rs.sse.SseBroadcaster broadcaster;
  }

  @ApplicationScoped
  static class Producer {
    @Produces
    jakarta.ws.rs.sse.SseBroadcaster own() {
      return null;
    }
  }

  @Test
  void theBroadcasterOfJakartaRestIsRefusedWithTheImportThatIsWanted() {
    assertThatThrownBy(() -> Deployment.start(WrongImport.class).close())
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining(WrongImport.class.getName() + ".broadcaster")
        .hasMessageContaining("import org.starcast.SseBroadcaster");
    // the application's own
    assertThat(said(WrongImport.class, Producer.class)).isEmpty();
  }
}
