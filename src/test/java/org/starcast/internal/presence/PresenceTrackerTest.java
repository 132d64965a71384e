package org.starcast.internal.presence;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.enterprise.event.Event;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.starcast.ClientEvent;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.backplane.LocalBackplane;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.cdi.SteppedExecutors;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.presence.Presence.Snapshot;
import org.starcast.presence.Presence.Snapshot.Member;
import org.starcast.presence.Presence.State;
import org.starcast.presence.PresenceEvent;

/** What the bean behind presence tells, and when; its tasks are run by the test. */
class PresenceTrackerTest {

  private static final Set<CloseReason> FOR_GOOD =
      Set.of(CloseReason.APPLICATION, CloseReason.REVOKED, CloseReason.EXPIRED);

  /** One node. */
  private static final class Node {
    private final SteppedExecutors executors = new SteppedExecutors();
    private final List<String> fired = new ArrayList<>();
    private final List<String> published = new ArrayList<>();
    private final PresenceTracker tracker;
    private Consumer<PresenceEvent> observer = event -> {};
    private boolean asyncFails;

    Node(String... settings) {
      this(null, settings);
    }

    Node(ClusterBus bus, String... settings) {
      Map<String, String> values = new HashMap<>();
      values.put("starcast.presence.enabled", "true");
      values.put("starcast.presence.grace", "PT0S");
      for (int i = 0; i < settings.length; i += 2) {
        values.put("starcast." + settings[i], settings[i + 1]);
      }
      StarcastConfig config =
          StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
      tracker =
          new PresenceTracker(
              broadcaster(),
              config,
              events(),
              bus == null ? new ClusterBus(new LocalBackplane(config)) : bus,
              executors);
    }

    private SseBroadcaster broadcaster() {
      return (SseBroadcaster)
          Proxy.newProxyInstance(
              SseBroadcaster.class.getClassLoader(),
              new Class<?>[] {SseBroadcaster.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("lastEventId")) {
                  return "e1-7";
                }
                SseMessage message = (SseMessage) arguments[0];
                assertThat(message.event()).contains("starcast-presence");
                published.add(message.topics() + " " + message.data().orElseThrow());
                return null;
              });
    }

    @SuppressWarnings("unchecked")
    private Event<PresenceEvent> events() {
      return (Event<PresenceEvent>)
          Proxy.newProxyInstance(
              Event.class.getClassLoader(),
              new Class<?>[] {Event.class},
              (proxy, method, arguments) -> {
                PresenceEvent event = (PresenceEvent) arguments[0];
                if (method.getName().equals("fireAsync")) {
                  fired.add("async " + text(event));
                  if (asyncFails) {
                    throw new IllegalStateException("expected by the test");
                  }
                  return CompletableFuture.completedFuture(event);
                }
                fired.add(text(event));
                observer.accept(event);
                return null;
              });
    }

    private static String text(PresenceEvent event) {
      return event.action() + " " + event.user() + " " + event.topic();
    }

    SseClient open(String user, String... topics) {
      return open(user, 1, Map.of(), topics);
    }

    SseClient open(String user, long created, Map<String, Object> metadata, String... topics) {
      Map<String, Set<String>> patterns = new LinkedHashMap<>();
      Arrays.stream(topics).forEach(topic -> patterns.put(topic, Set.of()));
      Subscription subscription = Subscription.to(patterns);
      SseClient client =
          (SseClient)
              Proxy.newProxyInstance(
                  SseClient.class.getClassLoader(),
                  new Class<?>[] {SseClient.class},
                  (proxy, method, arguments) ->
                      switch (method.getName()) {
                        case "user" -> user;
                        case "created" -> Instant.ofEpochMilli(created);
                        case "metadata" -> metadata;
                        case "subscription" -> subscription;
                        default -> throw new UnsupportedOperationException(method.getName());
                      });
      tracker.opened(new ClientEvent(client, Optional.empty()));
      return client;
    }

    void close(SseClient client) {
      close(client, CloseReason.CLIENT_GONE);
    }

    void close(SseClient client, CloseReason why) {
      tracker.closed(new ClientEvent(client, Optional.ofNullable(why)));
    }

    /** What the application was told since this was called last, but for what is asynchronous. */
    List<String> told() {
      List<String> told = fired.stream().filter(text -> !text.startsWith("async")).toList();
      fired.clear();
      return told;
    }

    List<String> on(String pattern) {
      return tracker.on(pattern).members().stream()
          .map(member -> member.user() + " " + member.clients() + " " + member.state())
          .toList();
    }
  }

  private static String message(String action, String user, String topic) {
    return "[starcast.presence."
        + topic
        + "] {\"action\":\""
        + action
        + "\",\"user\":\""
        + user
        + "\",\"topic\":\""
        + topic
        + "\"}";
  }

  // ---- what is told

  @Test
  void whoComesAndGoesIsToldToObserversAndToClients() {
    Node node = new Node();
    SseClient ann = node.open("ann", "a", "b");
    assertThat(node.fired)
        .containsExactly("async JOIN ann a", "JOIN ann a", "async JOIN ann b", "JOIN ann b");
    node.close(ann);
    assertThat(node.told()).endsWith("LEAVE ann a", "LEAVE ann b");
    assertThat(node.published)
        .containsExactly(
            message("join", "ann", "a"),
            message("join", "ann", "b"),
            message("leave", "ann", "a"),
            message("leave", "ann", "b"));
    assertThat(node.executors.timed()).isZero();
    assertThat(node.executors.waiting()).isZero();
  }

  @Test
  void patternsAreNoTopicsAndTheLibrarysOwnAreNotLookedAt() {
    Node node = new Node();
    node.open("ann", "a.*", "starcast.presence.a", "b");
    assertThat(node.told()).containsExactly("JOIN ann b");
    node.open("bob", "starcast.presence.a");
    assertThat(node.told()).isEmpty();
    assertThat(node.on("starcast.presence.a")).isEmpty();
    assertThat(node.on("a.*")).containsExactly("ann 1 PRESENT");
  }

  @Test
  void aClientIsOnAsManyTopicsAsItMayBe() {
    Node bounded = new Node("presence.max-topics-per-client", "2");
    bounded.open("ann", "a", "b", "c");
    assertThat(bounded.told()).containsExactly("JOIN ann a", "JOIN ann b");
    Node off = new Node("presence.enabled", "false", "presence.max-topics-per-client", "2");
    off.open("ann", "a", "b", "c");
    assertThat(off.told()).containsExactly("JOIN ann a", "JOIN ann b", "JOIN ann c");
    assertThat(off.published).as("messages").isEmpty();
  }

  @Test
  void aTopicWhoseNameIsTooLongForMessagesHasNone() {
    Node node = new Node();
    String topic = "a".repeat(250);
    node.open("ann", topic);
    assertThat(node.told()).containsExactly("JOIN ann " + topic);
    assertThat(node.published).isEmpty();
  }

  @Test
  void whatHappensWhileObserversAreToldIsToldBehindIt() {
    Node node = new Node();
    node.observer =
        event -> {
          if (event.user().equals("ann")) {
            node.open("bob", "b");
            assertThat(node.fired).doesNotContain("JOIN bob b");
          }
        };
    node.open("ann", "a");
    assertThat(node.told()).containsExactly("JOIN ann a", "JOIN bob b");
    node.open("cy", "c");
    assertThat(node.told()).as("it goes on after that").containsExactly("JOIN cy c");
  }

  @Test
  void anObserverThatFailsKeepsNothingFromTheOthers() {
    Node node = new Node();
    node.asyncFails = true;
    node.observer =
        event -> {
          throw new LinkageError("expected by the test");
        };
    try (LogCapture log = new LogCapture("org.starcast.presence")) {
      node.open("ann", "a", "b");
      assertThat(log.records()).hasSize(4);
    }
    assertThat(node.told()).containsExactly("JOIN ann a", "JOIN ann b");
    assertThat(node.published).hasSize(2);
  }

  // ---- time

  @Test
  void aLeaveIsToldWhenTheGraceIsOver() {
    Node node = new Node("presence.grace", "PT0.05S");
    SseClient ann = node.open("ann", "a");
    node.told();
    node.close(ann);
    assertThat(node.told()).isEmpty();
    assertThat(node.on("a")).containsExactly("ann 0 PRESENT");
    assertThat(node.executors.timed()).isEqualTo(1);
    assertThat(node.executors.delayMillis()).isLessThanOrEqualTo(50);
    // until it is so: before that it is only asked again
    while (node.on("a").size() > 0) {
      node.executors.runTimed();
    }
    assertThat(node.told()).as("by a thread that may be kept").isEmpty();
    assertThat(node.executors.waiting()).isPositive();
    node.executors.run();
    assertThat(node.told()).containsExactly("LEAVE ann a");
    assertThat(node.executors.timed()).isZero();
  }

  @Test
  void theTimerIsSetForWhatComesFirstAndOnce() {
    Node node = new Node("presence.grace", "PT1M", "presence.away", "PT1H");
    SseClient ann = node.open("ann", "a");
    SseClient bob = node.open("bob", "a");
    node.close(ann);
    assertThat(node.executors.delayMillis()).isBetween(50_000L, 60_000L);
    node.close(bob);
    assertThat(node.executors.timed()).as("ann's is sooner").isEqualTo(1);
    Node away = new Node("presence.grace", "PT0S", "presence.away", "PT1H");
    SseClient cy = away.open("cy", "a");
    SseClient dan = away.open("dan", "a");
    away.close(cy);
    assertThat(away.told()).endsWith("AWAY cy a");
    assertThat(away.executors.delayMillis()).isGreaterThan(3_000_000);
    away.close(dan, CloseReason.APPLICATION);
    assertThat(away.executors.timed()).isEqualTo(1);
    assertThat(away.told()).containsExactly("LEAVE dan a");
  }

  @Test
  void aTimerThatIsSetForLaterGivesWay() {
    Node node = new Node("presence.grace", "PT0.01S", "presence.away", "PT1H");
    SseClient ann = node.open("ann", "a");
    SseClient bob = node.open("bob", "a");
    node.close(ann);
    while (!node.on("a").contains("ann 0 AWAY")) {
      node.executors.runTimed();
    }
    assertThat(node.executors.delayMillis()).isGreaterThan(3_000_000);
    node.close(bob);
    assertThat(node.executors.timed()).as("the other has been cancelled").isEqualTo(1);
    assertThat(node.executors.delayMillis()).isLessThanOrEqualTo(10);
  }

  @ParameterizedTest
  @EnumSource(CloseReason.class)
  void whoWentByHimselfIsAwayAndWhoIsNotToBeBackIsNot(CloseReason why) {
    Node node = new Node("presence.away", "PT1H");
    SseClient ann = node.open("ann", "a");
    node.told();
    node.close(ann, why);
    boolean forGood = FOR_GOOD.contains(why);
    assertThat(node.told()).containsExactly((forGood ? "LEAVE" : "AWAY") + " ann a");
    assertThat(node.on("a")).isEqualTo(forGood ? List.of() : List.of("ann 0 AWAY"));
    node.open("ann", "a");
    assertThat(node.told()).containsExactly((forGood ? "JOIN" : "BACK") + " ann a");
  }

  @Test
  void anEndWithoutAReasonIsALeave() {
    Node node = new Node("presence.away", "PT1H");
    node.close(node.open("ann", "a"), null);
    assertThat(node.told()).endsWith("LEAVE ann a");
  }

  @Test
  void messagesBeyondTheQuotaComeWhenTheirTimeHasCome() {
    Node node = new Node("presence.max-messages-per-minute", "600");
    for (int i = 0; i < 600; i++) {
      node.open("u" + i, "a");
    }
    // some may have come by time already
    int before = node.published.size();
    assertThat(before).isGreaterThanOrEqualTo(600);
    node.told();
    for (int i = 0; i < 3; i++) {
      node.open("late" + i, "a");
    }
    assertThat(node.told()).as("observers need not wait").hasSize(3);
    assertThat(node.executors.timed()).as("one timer for all").isLessThanOrEqualTo(1);
    while (node.published.size() < 603) {
      assertThat(node.executors.timed()).isEqualTo(1);
      assertThat(node.executors.delayMillis()).isLessThanOrEqualTo(100);
      node.executors.runTimed();
      node.executors.run();
    }
    assertThat(node.published).hasSize(603).endsWith(message("join", "late2", "a"));
    assertThat(node.executors.timed()).isZero();
  }

  @Test
  void whenTheApplicationEndsNothingIsToldAndNothingFails() {
    Node node = new Node("presence.grace", "PT0.01S");
    SseClient ann = node.open("ann", "a");
    node.close(ann);
    node.executors.end();
    while (node.executors.timed() > 0) {
      node.executors.runTimed();
    }
    SseClient bob = node.open("bob", "a");
    node.close(bob);
    assertThat(node.told()).contains("JOIN bob a");
  }

  // ---- who is there

  @Test
  void aSnapshotSaysWhoIsThereInTheOrderInWhichTheyCame() {
    Node node = new Node();
    node.open("bob", 20, Map.of("n", 1), "a.x");
    node.open("ann", 20, Map.of("n", 2), "a.y", "b");
    SseClient cy = node.open("cy", 10, Map.of("n", 3), "a.x", "a.y");
    node.open("cy", 30, Map.of("n", 4), "a.y");
    node.open("dan", 1, Map.of(), "c");
    node.open("eve", 1, Map.of(), "a.+");
    Snapshot snapshot = node.tracker.on("a.*");
    assertThat(snapshot.cursor()).isEqualTo("e1-7");
    assertThat(snapshot.members())
        .containsExactly(
            new Member("cy", State.PRESENT, 2, Instant.ofEpochMilli(10), Map.of("n", 4)),
            new Member("ann", State.PRESENT, 1, Instant.ofEpochMilli(20), Map.of("n", 2)),
            new Member("bob", State.PRESENT, 1, Instant.ofEpochMilli(20), Map.of("n", 1)));
    assertThat(node.on("a.x")).containsExactly("cy 1 PRESENT", "bob 1 PRESENT");
    assertThat(node.on("d")).isEmpty();
    node.close(cy);
    assertThat(node.on("a.*")).containsExactly("cy 1 PRESENT", "ann 1 PRESENT", "bob 1 PRESENT");
  }

  @Test
  void whoIsAwayFromOneTopicAndPresentOnAnotherIsPresent() {
    Node node = new Node("presence.away", "PT1H");
    node.close(node.open("ann", 10, Map.of(), "a.x"));
    node.open("ann", 20, Map.of(), "a.y");
    assertThat(node.on("a.x")).containsExactly("ann 0 AWAY");
    assertThat(node.on("a.*")).containsExactly("ann 1 PRESENT");
    assertThat(node.tracker.on("a.*").members().get(0).since()).isEqualTo(Instant.ofEpochMilli(10));
  }

  /** What it makes of other nodes takes their time: {@link ClusterPresenceTest}. */
  @Test
  void aNodeAloneNeedsNoTicks() {
    Node alone = new Node();
    alone.tracker.start(null);
    assertThat(alone.executors.periods()).isEmpty();
    Node shared = new Node(new ClusterNode(new MemoryStream()).commands());
    shared.tracker.start(null);
    assertThat(shared.executors.periods()).containsExactly(PresenceReplication.TICK.toMillis());
    shared.open("ann", "a");
    assertThat(shared.told()).as("by the order of events alone").isEmpty();
    assertThat(shared.on("a")).containsExactly("ann 1 PRESENT");
    Node off =
        new Node(new ClusterNode(new MemoryStream()).commands(), "presence.enabled", "false");
    off.tracker.start(null);
    assertThat(off.executors.periods()).isEmpty();
    off.open("ann", "a");
    assertThat(off.told()).containsExactly("JOIN ann a");
  }
}
