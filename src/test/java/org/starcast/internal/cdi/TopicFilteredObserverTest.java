package org.starcast.internal.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.context.RequestScoped;
import jakarta.enterprise.context.control.ActivateRequestContext;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.event.Reception;
import jakarta.enterprise.event.TransactionPhase;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.AfterBeanDiscovery;
import jakarta.enterprise.inject.spi.DefinitionException;
import jakarta.enterprise.inject.spi.EventMetadata;
import jakarta.enterprise.inject.spi.Extension;
import jakarta.enterprise.inject.spi.ObserverMethod;
import jakarta.enterprise.util.TypeLiteral;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.weld.environment.se.Weld;
import org.jboss.weld.environment.se.WeldContainer;
import org.junit.jupiter.api.Test;
import org.starcast.Topic;

/** What the application's observers with a {@link Topic} get to see. */
class TopicFilteredObserverTest {

  record Order(int number) {}

  private static List<String> seen(WeldContainer container) {
    return container.select(Seen.class).get().entries();
  }

  private static Event<Object> topic(WeldContainer container, String topic) {
    return container.event().select(Topic.Literal.of(topic));
  }

  @ApplicationScoped
  static class Patterns {
    @Inject Seen seen;

    void exact(@Observes @Topic("orders.created") Order order) {
      seen.add("exact", order.number());
    }

    void below(@Observes @Topic("orders.*") Order order) {
      seen.add("below", order.number());
    }

    void above(@Observes @Topic("*.created") Order order) {
      seen.add("above", order.number());
    }

    void any(@Observes @Topic(Topic.ANY) Order order) {
      seen.add("any", order.number());
    }

    void every(@Observes @Topic Order order) {
      seen.add("every", order.number());
    }

    void untouched(@Observes Order order) {
      seen.add("untouched", order.number());
    }
  }

  @Test
  void observersSeeTheTopicsOfTheirPattern() {
    try (WeldContainer container = Deployment.start(Patterns.class, Seen.class)) {
      topic(container, "orders.created").fire(new Order(1));
      topic(container, "orders.paid").fire(new Order(2));
      topic(container, "stock").fire(new Order(3));

      assertThat(seen(container))
          .containsExactlyInAnyOrder(
              "exact:1",
              "below:1",
              "above:1",
              "any:1",
              "every:1",
              "untouched:1", // created
              "below:2",
              "any:2",
              "every:2",
              "untouched:2", // paid
              "any:3",
              "every:3",
              "untouched:3"); // stock
    }
  }

  @Test
  void anEventWithoutATopicIsForObserversOfAllTopicsOnly() {
    try (WeldContainer container = Deployment.start(Patterns.class, Seen.class)) {
      topic(container, "").fire(new Order(1));

      assertThat(seen(container)).containsExactlyInAnyOrder("any:1", "every:1", "untouched:1");
    }
  }

  @Test
  void anEventWithoutTheQualifierIsForNoTopicObserver() {
    try (WeldContainer container = Deployment.start(Patterns.class, Seen.class)) {
      container.event().select(Order.class).fire(new Order(1));

      assertThat(seen(container)).containsExactly("untouched:1");
    }
  }

  @ApplicationScoped
  static class Senders {
    @Inject Seen seen;

    void ofAda(@Observes @Topic(value = "chat.*", sender = "ada") String line) {
      seen.add("ada", line);
    }

    void ofAdaAnywhere(@Observes @Topic(sender = "ada") String line) {
      seen.add("ada anywhere", line);
    }

    void ofAll(@Observes @Topic("chat.*") String line) {
      seen.add("all", line);
    }
  }

  @Test
  void anObserverThatNamesASenderSeesOnlyThatOne() {
    try (WeldContainer container = Deployment.start(Senders.class, Seen.class)) {
      container.event().select(Topic.Literal.of("chat.tea", "ada")).fire("a");
      container.event().select(Topic.Literal.of("chat.tea", "bob")).fire("b");
      container.event().select(Topic.Literal.of("chat.tea")).fire("c");
      container.event().select(Topic.Literal.of("news", "ada")).fire("d");

      assertThat(seen(container))
          .containsExactlyInAnyOrder(
              "ada:a", "ada anywhere:a", "all:a", "all:b", "all:c", "ada anywhere:d");
    }
  }

  @ApplicationScoped
  static class Ordered {
    @Inject Seen seen;

    void last(@Observes @Priority(Integer.MAX_VALUE) @Topic("a.*") String text) {
      seen.add("last", text);
    }

    void usual(@Observes @Topic("a.*") String text) {
      seen.add("usual", text);
    }

    void early(@Observes @Priority(10) @Topic("a.+") String text) {
      seen.add("early", text);
    }

    void first(@Observes @Priority(1) @Topic("a.b") String text) {
      seen.add("first", text);
    }
  }

  @Test
  void prioritiesOrderPatternObservers() {
    try (WeldContainer container = Deployment.start(Ordered.class, Seen.class)) {
      topic(container, "a.b").fire("x");

      assertThat(seen(container)).containsExactly("first:x", "early:x", "usual:x", "last:x");
    }
  }

  @ApplicationScoped
  static class Async {
    @Inject Seen seen;

    void below(@ObservesAsync @Topic("orders.*") Order order) {
      seen.add("below", order.number());
    }

    void ofAda(@ObservesAsync @Topic(value = "orders.*", sender = "ada") Order order) {
      seen.add("ada", order.number());
    }

    void sync(@Observes @Topic("orders.*") Order order) {
      seen.add("sync", order.number());
    }
  }

  @Test
  void asynchronousObserversHonourPatternAndSender() {
    try (WeldContainer container = Deployment.start(Async.class, Seen.class)) {
      Event<Object> paid = container.event().select(Topic.Literal.of("orders.paid", "ada"));
      paid.fireAsync(new Order(1)).toCompletableFuture().join();
      topic(container, "orders.paid").fireAsync(new Order(2)).toCompletableFuture().join();
      topic(container, "stock").fireAsync(new Order(3)).toCompletableFuture().join();

      assertThat(seen(container)).containsExactlyInAnyOrder("below:1", "ada:1", "below:2");
    }
  }

  @RequestScoped
  static class Conditional {
    @Inject Seen seen;

    void ifThere(@Observes(notifyObserver = Reception.IF_EXISTS) @Topic("orders.*") Order order) {
      seen.add("conditional", order.number());
    }

    void touch() {}
  }

  @ApplicationScoped
  static class Requests {
    @Inject Conditional conditional;
    @Inject @Any Event<Order> orders;

    @ActivateRequestContext
    void fire(String topic, Order order, boolean beforehand) {
      if (beforehand) {
        conditional.touch();
      }
      orders.select(Topic.Literal.of(topic)).fire(order);
    }
  }

  @Test
  void aConditionalObserverIsNotCreatedForTheEvent() {
    try (WeldContainer container =
        Deployment.start(Conditional.class, Requests.class, Seen.class)) {
      Requests requests = container.select(Requests.class).get();
      requests.fire("orders.paid", new Order(1), false);
      requests.fire("orders.paid", new Order(2), true);
      requests.fire("stock", new Order(3), true);

      assertThat(seen(container)).containsExactly("conditional:2");
    }
  }

  @Dependent
  static class Counted {
    @Inject Seen seen;

    void created(@Observes @Topic("orders.created") Order order) {}

    @PostConstruct
    void construct() {
      seen.add("made", "it");
    }
  }

  @Test
  void anObserverIsNotEvenInstantiatedForOtherTopics() {
    try (WeldContainer container = Deployment.start(Counted.class, Seen.class)) {
      topic(container, "orders.paid").fire(new Order(1));
      assertThat(seen(container)).isEmpty();

      topic(container, "orders.created").fire(new Order(1));
      assertThat(seen(container)).containsExactly("made:it");
    }
  }

  @ApplicationScoped
  static class Phases {
    void inProgress(@Observes @Topic("a.1") Order order) {}

    void beforeCompletion(
        @Observes(during = TransactionPhase.BEFORE_COMPLETION) @Priority(7) @Topic("a.*")
            Order order) {}

    void afterCompletion(
        @Observes(during = TransactionPhase.AFTER_COMPLETION) @Topic("a.*") Order order) {}

    void afterSuccess(
        @Observes(during = TransactionPhase.AFTER_SUCCESS, notifyObserver = Reception.IF_EXISTS)
            @Topic("a.*")
            Order order) {}

    void afterFailure(
        @Observes(during = TransactionPhase.AFTER_FAILURE) @Topic("a.*") Order order) {}
  }

  @Test
  void theContainerKeepsPhaseReceptionAndPriorityOfPatternObservers() {
    try (WeldContainer container = Deployment.start(Phases.class)) {
      Map<TransactionPhase, ObserverMethod<? super Order>> byPhase =
          container
              .getBeanManager()
              .resolveObserverMethods(new Order(1), Topic.Literal.of("a.1"))
              .stream()
              .filter(observer -> observer.getBeanClass() == Phases.class)
              .collect(Collectors.toMap(ObserverMethod::getTransactionPhase, Function.identity()));

      assertThat(byPhase)
          .containsOnlyKeys(TransactionPhase.values())
          .allSatisfy(
              (phase, observer) -> assertThat(observer).isInstanceOf(TopicFilteredObserver.class));
      assertThat(byPhase.get(TransactionPhase.BEFORE_COMPLETION).getPriority()).isEqualTo(7);
      assertThat(byPhase.get(TransactionPhase.AFTER_SUCCESS).getReception())
          .isEqualTo(Reception.IF_EXISTS);
      assertThat(byPhase.get(TransactionPhase.AFTER_SUCCESS).getDeclaringBean().getBeanClass())
          .isEqualTo(Phases.class);
    }
  }

  @ApplicationScoped
  static class Statics {
    static void count(@Observes @Topic("orders.*") Order order, Seen seen) {
      seen.add("static", order.number());
    }
  }

  @Test
  void staticObserversHonourThePattern() {
    try (WeldContainer container = Deployment.start(Statics.class, Seen.class)) {
      topic(container, "orders.paid").fire(new Order(1));
      topic(container, "stock").fire(new Order(2));

      assertThat(seen(container)).containsExactly("static:1");
    }
  }

  @ApplicationScoped
  static class Generic {
    @Inject Seen seen;

    void names(@Observes @Topic("names.*") List<String> names) {
      seen.add("names", names);
    }

    void numbers(@Observes @Topic("names.*") List<Integer> numbers) {
      seen.add("numbers", numbers);
    }
  }

  static class Names extends ArrayList<String> {
    Names(String... names) {
      super(List.of(names));
    }
  }

  @Test
  void genericEventTypesAreResolvedAsEver() {
    try (WeldContainer container = Deployment.start(Generic.class, Seen.class)) {
      container
          .event()
          .select(new TypeLiteral<List<String>>() {}, Topic.Literal.of("names.new"))
          .fire(new Names("ada"));
      container
          .event()
          .select(new TypeLiteral<List<String>>() {}, Topic.Literal.of("other"))
          .fire(new Names("bob"));

      assertThat(seen(container)).containsExactly("names:[ada]");
    }
  }

  @ApplicationScoped
  static class WithParameters {
    @Inject Seen seen;

    void paid(@Observes @Topic("orders.*") Order order, EventMetadata metadata) {
      Topic topic = TopicFilter.topicIn(metadata.getQualifiers());
      seen.add("paid", topic.value() + " by " + topic.sender());
      seen.add("from", metadata.getInjectionPoint().getMember().getName());
    }
  }

  @Test
  void observersGetTheEventsOwnTopicAndOrigin() {
    try (WeldContainer container =
        Deployment.start(WithParameters.class, Seen.class, Firing.class)) {
      container.select(Firing.class).get().fire(new Order(1));

      assertThat(seen(container)).containsExactly("paid:orders.paid by shop", "from:paid");
    }
  }

  @ApplicationScoped
  static class Firing {
    @Inject
    @Topic(value = "orders.paid", sender = "shop")
    Event<Order> paid;

    void fire(Order order) {
      paid.fire(order);
    }
  }

  static class Refused extends RuntimeException {}

  @ApplicationScoped
  static class Refusing {
    void refuse(@Observes @Topic("orders.*") Order order) {
      throw new Refused();
    }
  }

  @Test
  void whatAPatternObserverThrowsReachesTheCallerAsItIs() {
    try (WeldContainer container = Deployment.start(Refusing.class)) {
      Event<Object> paid = topic(container, "orders.paid");
      assertThatThrownBy(() -> paid.fire(new Order(1))).isExactlyInstanceOf(Refused.class);
    }
  }

  /** As in an EAR, where each archive that contains the jar brings an instance. */
  static class SecondExtension extends StarcastExtension {}

  @Test
  void anObserverThatTwoExtensionsProcessSeesAnEventOnce() {
    try (WeldContainer container =
        new Weld()
            .disableDiscovery()
            .addExtensions(new StarcastExtension(), new SecondExtension())
            .addBeanClasses(Statics.class, Seen.class)
            .initialize()) {
      topic(container, "orders.paid").fire(new Order(1));
      topic(container, "stock").fire(new Order(2));

      assertThat(seen(container)).containsExactly("static:1");
    }
  }

  @ApplicationScoped
  static class Malformed {
    void paid(@Observes @Topic("orders..paid") Order order, Seen seen) {}
  }

  @Test
  void aMalformedPatternFailsTheDeploymentAndNamesTheObserver() {
    assertThatThrownBy(() -> Deployment.start(Malformed.class, Seen.class).close())
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining(Malformed.class.getName() + ".paid(Order, Seen): @Topic: ");
  }

  static class SyntheticObservers implements Extension {
    private final String pattern;
    private final Consumer<Object> observer;

    SyntheticObservers(String pattern, Consumer<Object> observer) {
      this.pattern = pattern;
      this.observer = observer;
    }

    void add(@Observes AfterBeanDiscovery event) {
      event
          .<Order>addObserverMethod()
          .beanClass(Order.class)
          .observedType(Order.class)
          .addQualifier(Topic.Literal.of(pattern))
          .notifyWith(context -> observer.accept(context.getEvent()));
    }
  }

  @Test
  void observersThatExtensionsAddHonourThePatternToo() {
    List<Object> got = new ArrayList<>();
    try (WeldContainer container =
        new Weld()
            .disableDiscovery()
            .addBeanClasses(Seen.class)
            .addExtension(new StarcastExtension())
            .addExtension(new SyntheticObservers("orders.*", got::add))
            .initialize()) {
      topic(container, "orders.paid").fire(new Order(1));
      topic(container, "stock").fire(new Order(2));
    }
    assertThat(got).containsExactly(new Order(1));
  }

  @Test
  void containersFindTheExtension() {
    assertThat(ServiceLoader.load(Extension.class))
        .hasAtLeastOneElementOfType(StarcastExtension.class);
  }

  @Test
  void aMalformedPatternOfAnObserverWithoutAMethodNamesItsClass() {
    Weld weld =
        new Weld()
            .disableDiscovery()
            .addBeanClasses(Seen.class)
            .addExtension(new StarcastExtension())
            .addExtension(new SyntheticObservers("orders..paid", order -> {}));
    assertThatThrownBy(() -> weld.initialize().close())
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining(Order.class.getName() + ": @Topic: ");
  }
}
