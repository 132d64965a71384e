package org.starcast.internal.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import jakarta.annotation.Priority;
import jakarta.decorator.Decorator;
import jakarta.decorator.Delegate;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.NotificationOptions;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.event.TransactionPhase;
import jakarta.inject.Inject;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.IntConsumer;
import java.util.logging.Level;
import org.jboss.weld.bean.builtin.BeanManagerProxy;
import org.jboss.weld.environment.se.WeldContainer;
import org.jboss.weld.event.ObserverNotifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starcast.MessageSource;
import org.starcast.PayloadEncoder;
import org.starcast.PublishResult;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.Metric;
import org.starcast.Topic;
import org.starcast.testing.PublishedEvent;

/** What of the application's events reaches the broadcaster, and when. */
class TopicObserverTest {

  record Order(int number) {}

  private static Event<Object> topic(WeldContainer container, String topic) {
    return container.event().select(Topic.Literal.of(topic));
  }

  private static List<String> data(WeldContainer container) {
    return Deployment.events(container).list().stream().map(PublishedEvent::data).toList();
  }

  @Test
  void anEventIsPublishedOnceOnItsTopicWithItsSender() {
    try (WeldContainer container = Deployment.start(Firing.class)) {
      container.select(Firing.class).get().fire(new Order(1));

      PublishedEvent event = Deployment.events(container).only();
      assertThat(event.topics()).containsExactly("orders.created");
      assertThat(event.sender()).contains("shop");
      assertThat(event.data()).isEqualTo("{\"number\":1}");
    }
  }

  @ApplicationScoped
  static class Firing {
    @Inject
    @Topic(value = "orders.created", sender = "shop")
    Event<Order> created;

    void fire(Order order) {
      created.fire(order);
    }
  }

  @Test
  void anEventWithoutATopicIsPublishedToEverybody() {
    try (WeldContainer container = Deployment.start()) {
      topic(container, "").fire("hello");

      assertThat(Deployment.events(container).only().topics()).isEmpty();
    }
  }

  @Test
  void eventsWithoutTheQualifierAreNotPublished() {
    try (WeldContainer container = Deployment.start()) {
      container.event().fire("private");
      container.event().fireAsync("private").toCompletableFuture().join();

      assertThat(data(container)).isEmpty();
    }
  }

  @Test
  void aMessagesOwnTopicsAndSenderComeBeforeTheEvents() {
    try (WeldContainer container = Deployment.start()) {
      SseMessage own = SseMessage.builder().topic("a", "b").sender("me").data("x").build();
      container.event().select(Topic.Literal.of("c", "you")).fire(own);
      container.event().select(Topic.Literal.of("c", "you")).fire(SseMessage.of("y"));

      List<PublishedEvent> events = Deployment.events(container).list();
      assertThat(events)
          .extracting(PublishedEvent::topics)
          .containsExactly(List.of("a", "b"), List.of("c"));
      assertThat(events.get(0).sender()).contains("me");
      assertThat(events.get(1).sender()).contains("you");
    }
  }

  @Test
  void anAsynchronousEventIsPublishedOnce() {
    try (WeldContainer container = Deployment.start()) {
      topic(container, "a").fireAsync("x").toCompletableFuture().join();

      assertThat(data(container)).containsExactly("x");
    }
  }

  @ApplicationScoped
  static class Failing {
    @Inject Seen seen;

    void first(@Observes @Priority(1) Object anything) {
      if (anything instanceof Order) {
        seen.add("first", anything);
        throw new IllegalStateException("first");
      }
    }

    void async(@ObservesAsync @Topic("orders.*") Order order) {
      throw new IllegalStateException("async");
    }
  }

  @Test
  void aFailingObserverOfTheApplicationDoesNotKeepTheEventFromTheBrowsers() {
    try (WeldContainer container = Deployment.start(Failing.class, Seen.class)) {
      assertThatThrownBy(() -> topic(container, "orders.paid").fire(new Order(1)))
          .hasMessage("first");
      assertThatThrownBy(
              () ->
                  topic(container, "orders.paid")
                      .fireAsync(new Order(2))
                      .toCompletableFuture()
                      .join())
          .isInstanceOf(CompletionException.class);

      assertThat(data(container)).containsExactly("{\"number\":1}", "{\"number\":2}");
    }
  }

  @ApplicationScoped
  static class First {
    @Inject Seen seen;

    void first(@Observes @Priority(1) @Topic Order order) {
      seen.add("application", order);
    }

    void last(@Observes @Priority(Integer.MAX_VALUE) @Topic Order order) {
      seen.add("application", order);
    }
  }

  @Test
  void aMalformedTopicFailsInFireBeforeAnObserverSeesTheEvent() {
    try (WeldContainer container =
        Deployment.start(First.class, Seen.class, TestTransactions.class)) {
      Event<Object> malformed = topic(container, "orders..paid");
      assertThatThrownBy(() -> malformed.fire(new Order(1)))
          .isInstanceOf(IllegalArgumentException.class);
      container.select(TestTransactions.class).get().begin();
      assertThatThrownBy(() -> malformed.fire(new Order(1)))
          .isInstanceOf(IllegalArgumentException.class);
      container.select(TestTransactions.class).get().commit();

      assertThat(container.select(Seen.class).get().entries()).isEmpty();
      assertThat(data(container)).isEmpty();
    }
  }

  @Test
  void aMalformedTopicFailsTheStageOfAnAsynchronousEvent() {
    try (WeldContainer container = Deployment.start()) {
      assertThatThrownBy(
              () -> topic(container, "orders..paid").fireAsync("x").toCompletableFuture().join())
          .isInstanceOf(CompletionException.class)
          .satisfies(
              failure ->
                  assertThat(failure.getSuppressed())
                      .hasAtLeastOneElementOfType(IllegalArgumentException.class));
      assertThat(data(container)).isEmpty();
    }
  }

  @Test
  void aTopicSelectedOnTopOfAnotherIsRefusedByTheContainer() {
    // a qualifier that is not repeatable may occur once: select on an Event without a topic
    try (WeldContainer container = Deployment.start()) {
      Event<Object> twice = topic(container, "").select(Topic.Literal.of("a"));
      assertThatThrownBy(() -> twice.fire("x")).isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** A broadcaster that fails at one event. */
  @Decorator
  @Priority(1)
  abstract static class FullDisk implements SseBroadcaster {
    static final IllegalStateException FAILURE = new IllegalStateException("no disk");

    @Inject @Delegate SseBroadcaster broadcaster;

    @Override
    public PublishResult publish(MessageSource message) {
      if (message.toSseMessage().data().orElseThrow().equals("1")) {
        throw FAILURE;
      }
      return broadcaster.publish(message);
    }
  }

  @Test
  void aFailureToPublishReachesTheCaller() {
    try (WeldContainer container = Deployment.start(FullDisk.class)) {
      assertThatThrownBy(() -> topic(container, "a").fire("1")).isSameAs(FullDisk.FAILURE);

      topic(container, "a").fire("2");
      assertThat(data(container)).containsExactly("2");
    }
  }

  @ApplicationScoped
  static class Refusing implements PayloadEncoder<Order> {
    @Override
    public SseMessage encode(Order order) {
      throw new IllegalArgumentException("order: " + order.number());
    }
  }

  @Test
  void aFailureToEncodeReachesTheCaller() {
    try (WeldContainer container = Deployment.start(Refusing.class)) {
      assertThatThrownBy(() -> topic(container, "a").fire(new Order(7))).hasMessage("order: 7");
    }
  }

  @Test
  void withoutATransactionAnEventIsPublishedAtOnce() {
    try (WeldContainer container = Deployment.start(TestTransactions.class)) {
      topic(container, "a").fire("x");
      assertThat(data(container)).containsExactly("x");
    }
  }

  @Test
  void inATransactionEventsArePublishedAfterTheCommitInTheirOrder() {
    try (WeldContainer container = Deployment.start(TestTransactions.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.begin();
      topic(container, "a").fire("1");
      topic(container, "b").fire("2");
      topic(container, "a").fire("3");
      assertThat(data(container)).isEmpty();

      transaction.commit();
      assertThat(data(container)).containsExactly("1", "2", "3");

      transaction.begin();
      topic(container, "a").fire("4");
      transaction.commit();
      assertThat(data(container)).containsExactly("1", "2", "3", "4");
    }
  }

  @Test
  void aTransactionThatIsRolledBackPublishesNothing() {
    try (WeldContainer container = Deployment.start(TestTransactions.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.begin();
      topic(container, "a").fire("1");
      transaction.rollback();

      transaction.begin();
      transaction.setRollbackOnly();
      topic(container, "a").fire("2");
      transaction.rollback();
      assertThat(data(container)).isEmpty();

      topic(container, "a").fire("3");
      assertThat(data(container)).containsExactly("3");
    }
  }

  @Test
  void eventsFiredAfterTheCommitArePublishedAtOnceAndAfterARollbackNever() {
    try (WeldContainer container = Deployment.start(TestTransactions.class);
        LogCapture log = new LogCapture(TopicObserver.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.begin();
      transaction.registerInterposedSynchronization(
          new AfterCompletion(status -> topic(container, "a").fire("failed")));
      transaction.rollback();
      assertThat(data(container)).isEmpty();
      assertThat(log.records())
          .singleElement()
          .satisfies(
              record -> {
                assertThat(record.getLevel()).isEqualTo(Level.WARNING);
                assertThat(record.getMessage()).contains("rolled back", "fireAsync");
              });

      transaction.begin();
      transaction.registerInterposedSynchronization(
          new AfterCompletion(
              status ->
                  topic(container, "a")
                      .fireAsync("failed", NotificationOptions.ofExecutor(Runnable::run))));
      transaction.rollback();
      transaction.begin();
      transaction.registerInterposedSynchronization(
          new AfterCompletion(status -> topic(container, "a").fire("done")));
      transaction.commit();
      assertThat(data(container)).containsExactly("failed", "done");
    }
  }

  @Test
  void anEventOfATransactionThatHasTimedOutIsNotSent() {
    try (WeldContainer container = Deployment.start(TestTransactions.class);
        LogCapture log = new LogCapture(TopicObserver.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.begin();
      topic(container, "a").fire("before");
      transaction.timeOut();
      topic(container, "a").fire("after");
      transaction.rollback();
      assertThat(data(container)).isEmpty();
      assertThat(log.records()).hasSize(1);
    }
  }

  @ApplicationScoped
  static class AfterSuccess {
    @Inject Seen seen;

    void patterned(@Observes(during = TransactionPhase.AFTER_SUCCESS) @Topic("a.*") String text) {
      seen.add("patterned", text);
    }

    void any(@Observes(during = TransactionPhase.AFTER_SUCCESS) @Topic String text) {
      seen.add("any", text);
    }
  }

  /** Weld notifies them at once where it sees no transaction, which is always so in Java SE. */
  @Test
  void observersOfSuccessDoNotHearOfATransactionThatHasTimedOut() {
    try (WeldContainer container =
            Deployment.start(TestTransactions.class, AfterSuccess.class, Seen.class);
        LogCapture log = new LogCapture(TopicObserver.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.begin();
      transaction.timeOut();
      topic(container, "a.b").fire("after");
      transaction.rollback();
      topic(container, "a.b").fire("none");
      assertThat(container.select(Seen.class).get().entries())
          .containsExactlyInAnyOrder("patterned:none", "any:none");
      assertThat(log.records()).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, false", // ACTIVE
    "1, false", // MARKED_ROLLBACK
    "2, false", // PREPARED
    "3, true", // COMMITTED
    "4, false", // ROLLEDBACK
    "5, false", // UNKNOWN
    "6, true", // NO_TRANSACTION
    "7, false", // PREPARING
    "8, false", // COMMITTING
    "9, false" // ROLLING_BACK
  })
  void noStatusButThatOfNoTransactionAndOfACommittedOneSendsAtOnce(int status, boolean sends) {
    try (WeldContainer container = Deployment.start(TestTransactions.class);
        LogCapture log = new LogCapture(TopicObserver.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.setStatus(status);
      try {
        topic(container, "a").fire("x");
      } catch (IllegalStateException refused) {
        assertThat(refused).hasMessage("no active transaction");
        assertThat(status).isIn(2, 5, 7, 8);
      }
      transaction.rollback();
      assertThat(data(container)).hasSize(sends ? 1 : 0);
      assertThat(log.records().size()).isLessThanOrEqualTo(1);
    }
  }

  private record AfterCompletion(IntConsumer action) implements Synchronization {
    @Override
    public void beforeCompletion() {}

    @Override
    public void afterCompletion(int status) {
      action.accept(status);
    }
  }

  @Test
  void aFailingObserverDoesNotKeepTheEventFromTheCommit() {
    try (WeldContainer container =
        Deployment.start(TestTransactions.class, Failing.class, Seen.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.begin();
      assertThatThrownBy(() -> topic(container, "orders.paid").fire(new Order(1)))
          .hasMessage("first");
      transaction.commit();

      assertThat(data(container)).containsExactly("{\"number\":1}");
    }
  }

  @Test
  void aFailureAfterTheCommitIsAnEventAndHoldsNothingBack() {
    try (WeldContainer container =
            Deployment.start(TestTransactions.class, Failures.class, Seen.class, FullDisk.class);
        LogCapture log = new LogCapture(TopicObserver.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.begin();
      topic(container, "orders.paid").fire("1");
      topic(container, "orders.paid").fire("2");
      transaction.commit();

      assertThat(data(container)).containsExactly("2");
      Seen seen = container.select(Seen.class).get();
      await()
          .untilAsserted(
              () ->
                  assertThat(seen.entries())
                      .containsExactlyInAnyOrder(
                          "sync:[orders.paid] 1 no disk", "async:[orders.paid] 1 no disk"));
      assertThat(log.records())
          .anySatisfy(
              record -> {
                assertThat(record.getMessage()).contains("orders.paid");
                assertThat(record.getThrown()).isSameAs(FullDisk.FAILURE);
              });
    }
  }

  @Test
  void anUnknownOutcomeOfATransactionIsAFailure() {
    try (WeldContainer container =
            Deployment.start(TestTransactions.class, Failures.class, Seen.class);
        LogCapture log = new LogCapture(TopicObserver.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.begin();
      topic(container, "a").fire("1");
      transaction.endWith(Status.STATUS_UNKNOWN);

      assertThat(data(container)).isEmpty();
      Seen seen = container.select(Seen.class).get();
      await().until(() -> seen.entries().size() == 2);
      assertThat(seen.entries()).allSatisfy(e -> assertThat(e).contains("not known"));
      assertThat(log.records()).isNotEmpty();
    }
  }

  @ApplicationScoped
  static class Failures {
    @Inject Seen seen;

    void sync(@Observes PublishResult.Failure failure) {
      seen.add("sync", text(failure));
      throw new IllegalStateException("which disturbs nobody");
    }

    void async(@ObservesAsync PublishResult.Failure failure) {
      seen.add("async", text(failure));
    }

    private static String text(PublishResult.Failure failure) {
      return failure.message().topics()
          + " "
          + failure.message().data().orElseThrow()
          + " "
          + failure.cause().getMessage();
    }
  }

  /** As an entity whose session ends with its transaction. */
  public static class Entity {
    private final TestTransactions transaction;
    private String name;

    Entity(TestTransactions transaction, String name) {
      this.transaction = transaction;
      this.name = name;
    }

    public String getName() {
      if (transaction.getTransactionStatus() != Status.STATUS_ACTIVE) {
        throw new IllegalStateException("no session");
      }
      return name;
    }
  }

  @Test
  void aPayloadSaysWhatItSaidWhenItWasFired() {
    try (WeldContainer container = Deployment.start(TestTransactions.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.begin();
      Entity entity = new Entity(transaction, "before");
      StringBuilder text = new StringBuilder("before");
      topic(container, "a").fire(entity);
      topic(container, "a").fire(text);
      entity.name = "after";
      text.append(" and after");
      transaction.commit();

      assertThat(data(container)).containsExactly("{\"name\":\"before\"}", "before");
    }
  }

  @Test
  void whatCannotBeEncodedFailsWhenItIsFiredInATransactionToo() {
    try (WeldContainer container = Deployment.start(TestTransactions.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.begin();
      Entity ofAnother = new Entity(new TestTransactions(), "x");
      assertThatThrownBy(() -> topic(container, "a").fire(ofAnother))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(Entity.class.getName());
      transaction.commit();
      assertThat(data(container)).isEmpty();
    }
  }

  @Test
  void anAsynchronousEventDoesNotWaitForTheTransaction() {
    try (WeldContainer container = Deployment.start(TestTransactions.class)) {
      TestTransactions transaction = container.select(TestTransactions.class).get();
      transaction.begin();
      topic(container, "a")
          .fireAsync("x", NotificationOptions.ofExecutor(Runnable::run))
          .toCompletableFuture()
          .join();
      assertThat(data(container)).containsExactly("x");

      transaction.rollback();
      assertThat(data(container)).containsExactly("x");
    }
  }

  @Test
  void anyNumberOfTopicsSharesOneObserverResolution() {
    try (WeldContainer container = Deployment.start()) {
      ObserverNotifier notifier =
          ((BeanManagerProxy) container.getBeanManager())
              .delegate()
              .getGlobalStrictObserverNotifier();
      Set<Object> resolutions = Collections.newSetFromMap(new IdentityHashMap<>());
      for (int i = 0; i < 300_000; i++) {
        String topic = "chat.room-" + i;
        topic(container, topic).fire("x");
        resolutions.add(
            notifier.resolveObserverMethods(String.class, Topic.Literal.of(topic, "sender-" + i)));
      }

      assertThat(resolutions).hasSize(1); // Weld hands out what its cache holds
      SseStatistics statistics = container.select(SseBroadcaster.class).get().statistics();
      assertThat(statistics.get(Metric.PUBLISHED)).isEqualTo(300_000);
    }
  }
}
