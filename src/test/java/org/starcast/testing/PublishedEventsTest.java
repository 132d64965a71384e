package org.starcast.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.starcast.RunningBroadcaster;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Topic;
import org.starcast.datastar.DatastarSse;
import org.starcast.internal.cdi.TestTransactions;

/** In the container of the extension, as an application's tests are. */
class PublishedEventsTest {

  private static final Duration SHORT = Duration.ofMillis(50);

  /** What is read as JSON again. */
  public record Order(int number, LocalDate due) {}

  private record Hidden(String text) {}

  private static final Order ORDER = new Order(7, LocalDate.of(2026, 11, 29));

  /** A bean of the application, with an observer of its own that publishes more. */
  @ApplicationScoped
  static class Orders {
    @Inject
    @Topic(value = "orders.created", sender = "shop")
    Event<Order> created;

    @Inject SseBroadcaster broadcaster;

    void create(Order order) {
      created.fire(order);
    }

    void count(@Observes @Topic("orders.*") Order order) {
      broadcaster.publish(
          SseMessage.builder().topic("stats", "stock." + order.number()).event("sold").data("1"));
    }
  }

  @RegisterExtension
  final StarcastExtension starcast = StarcastExtension.with(Orders.class, TestTransactions.class);

  private SseBroadcaster broadcaster() {
    return starcast.get(SseBroadcaster.class);
  }

  @Test
  void aFiredEventIsThereWithAllThatItsClientsAndOthersSeeOfIt() {
    starcast.get(Orders.class).create(ORDER);

    PublishedEvent event = starcast.on("orders.*").only();
    assertThat(event.topics()).containsExactly("orders.created");
    assertThat(event.sender()).contains("shop");
    assertThat(event.event()).isEmpty();
    assertThat(event.data()).isEqualTo("{\"due\":\"2026-11-29\",\"number\":7}");
    assertThat(event.as(Order.class)).isEqualTo(ORDER);
    assertThat(event.as(JsonObject.class).getInt("number")).isEqualTo(7);
    assertThat(event.id()).isEqualTo(starcast.events().list().get(0).id());
  }

  @Test
  void publishedEventsAreInTheirOrderWhateverPublishedThem() {
    starcast.get(Orders.class).create(ORDER);
    broadcaster().publish("chat", "hello");
    broadcaster().publish(SseMessage.of("to all"));
    starcast.get(DatastarSse.class).patchSignals("{\"n\":1}").publish("page");

    assertThat(starcast.events().list().stream().map(PublishedEvent::topics))
        .containsExactly(
            List.of("orders.created"),
            List.of("stats", "stock.7"),
            List.of("chat"),
            List.of(),
            List.of("page"));
    assertThat(starcast.on("page").only().event()).contains("datastar-patch-signals");
    assertThat(starcast.on("stock.+").only())
        .isEqualTo(
            new PublishedEvent(
                starcast.events().list().get(1).id(),
                List.of("stats", "stock.7"),
                Optional.empty(),
                Optional.of("sold"),
                "1"));
  }

  @Test
  void whatIsRolledBackWasNotPublished() {
    TestTransactions transactions = starcast.get(TestTransactions.class);
    transactions.begin();
    starcast.get(Orders.class).create(ORDER);
    assertThat(starcast.on("orders.*").list()).as("not committed").isEmpty();
    transactions.rollback();
    assertThat(starcast.on("orders.*").list()).as("rolled back").isEmpty();

    transactions.begin();
    starcast.get(Orders.class).create(ORDER);
    transactions.commit();
    assertThat(starcast.on("orders.*").only().as(Order.class)).isEqualTo(ORDER);
  }

  @Test
  void waitsForWhatIsPublishedByAnotherThread() throws Exception {
    CountDownLatch waits = new CountDownLatch(1);
    Thread publisher =
        new Thread(
            () -> {
              try {
                waits.await();
                broadcaster().publish("a", "1");
                broadcaster().publish("b", "2");
                broadcaster().publish("a", "3");
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    publisher.start();
    PublishedEvents events = starcast.on("a").within(Duration.ofMinutes(1));
    waits.countDown();

    assertThat(events.await(2)).extracting(PublishedEvent::data).containsExactly("1", "3");
    publisher.join();
  }

  @Test
  void aViewBeginsWhenItIsMade() {
    broadcaster().publish("a", "before");
    PublishedEvents later = PublishedEvents.of(broadcaster());
    broadcaster().publish("a", "after");

    assertThat(later.only().data()).isEqualTo("after");
    assertThat(starcast.on("a").await(2)).hasSize(2);
  }

  @Test
  void aFailureShowsWhatWasPublishedInstead() {
    PublishedEvents orders = starcast.on("orders.created").within(SHORT);
    assertThatThrownBy(orders::only)
        .isInstanceOf(AssertionError.class)
        .hasMessage(
            "expected 1 event on orders.created within 50 ms, but there was none;"
                + " nothing was published");

    broadcaster().publish("order.created", "with\na typo");
    broadcaster().publish(SseMessage.builder().event("note").sender("shop").data("x".repeat(300)));
    assertThatThrownBy(orders::only)
        .hasMessage(
            "expected 1 event on orders.created within 50 ms, but there was none;"
                + " published so far:\n  order.created with\\na typo\n  (to all) note "
                + "x".repeat(200)
                + "… from shop");
    assertThatThrownBy(() -> starcast.events().within(SHORT).await(3))
        .hasMessageStartingWith("expected 3 events, but there were 2; published so far:\n");
    assertThatThrownBy(() -> starcast.events().only())
        .hasMessageStartingWith("expected 1 event, but there were 2; published so far:\n");
    assertThatThrownBy(() -> starcast.on("order.*").only().as(Order.class))
        .isInstanceOf(AssertionError.class)
        .hasMessage("the data cannot be read as Order: with\\na typo");
    broadcaster().publish("hidden", new Hidden("x"));
    assertThatThrownBy(() -> starcast.on("hidden").only().as(Hidden.class))
        .hasMessage(
            "the data cannot be read as Hidden, which JSON-B needs to be public:"
                + " {\"text\":\"x\"}");
  }

  @Test
  void aFailureShowsTheLatestOfManyEvents() {
    for (int i = 0; i < 25; i++) {
      broadcaster().publish("a", i);
    }
    assertThatThrownBy(() -> starcast.on("b").within(SHORT).only())
        .hasMessageContaining("published so far:\n  … 5 more\n  a 5\n")
        .hasMessageEndingWith("\n  a 24");
  }

  @Test
  void aMalformedPatternIsRefused() {
    assertThatThrownBy(() -> starcast.on("orders..created"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatTheLogHasNotKeptIsNotTakenForUnpublished() {
    try (RunningBroadcaster none = new RunningBroadcaster("log.events", "0")) {
      PublishedEvents events = PublishedEvents.of(none.broadcaster());
      assertThat(events.list()).isEmpty();
      none.broadcaster().publish("a", "1");
      assertThatThrownBy(events::list)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("starcast.log.events");
    }
    try (RunningBroadcaster few = new RunningBroadcaster("log.events", "16")) {
      few.broadcaster().publish("a", "0");
      PublishedEvents events = PublishedEvents.of(few.broadcaster());
      for (int i = 1; i <= 16; i++) {
        few.broadcaster().publish("a", i);
      }
      assertThat(events.list()).hasSize(16);
      for (int i = 0; i < 16; i++) {
        few.broadcaster().publish("a", "more");
      }
      assertThatThrownBy(events::list).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void noBeanIsGivenOutsideOfATest() {
    assertThatThrownBy(() -> StarcastExtension.with().get(SseBroadcaster.class))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("@RegisterExtension");
  }
}
