package org.starcast.internal.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.FakeSink;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.presence.Presence.Snapshot;
import org.starcast.presence.Presence.Snapshot.Member;
import org.starcast.presence.Presence.State;
import org.starcast.presence.PresenceEvent;
import org.starcast.presence.PresenceEvent.Action;

@ExtendWith(ResponseRuntime.class)
class PresenceTest {

  /** Ends in no test. */
  private static final String LONG = "PT5M";

  private final List<RunningBroadcaster> running = new ArrayList<>();
  private RunningBroadcaster node;
  private SseBroadcaster broadcaster;

  private void start(String grace, String... settings) {
    String[] all =
        Stream.concat(
                Stream.of("presence.enabled", "true", "presence.grace", grace), Stream.of(settings))
            .toArray(String[]::new);
    node = new RunningBroadcaster(all);
    running.add(node);
    broadcaster = node.broadcaster();
  }

  @AfterEach
  void stop() {
    running.forEach(RunningBroadcaster::close);
  }

  private SseClient open(Subscription subscription) {
    return broadcaster.register(FakeSink.instant(), subscription);
  }

  private static Subscription user(String user, String... patterns) {
    return Subscription.to(patterns).user(user);
  }

  /** Members as {@code user:clients}. */
  private List<String> on(String pattern) {
    return node.presence().on(pattern).members().stream()
        .map(member -> member.user() + ":" + member.clients())
        .toList();
  }

  private void awaitOn(String pattern, String... members) {
    await().untilAsserted(() -> assertThat(on(pattern)).containsExactlyInAnyOrder(members));
  }

  private static PresenceEvent join(String user, String topic) {
    return new PresenceEvent(Action.JOIN, user, topic);
  }

  private static PresenceEvent leave(String user, String topic) {
    return new PresenceEvent(Action.LEAVE, user, topic);
  }

  private void awaitMoves(PresenceEvent... moves) {
    await().untilAsserted(() -> assertThat(node.moves()).containsExactly(moves));
  }

  private static String message(String action, String user, String topic) {
    return "{\"action\":\"" + action + "\",\"user\":\"" + user + "\",\"topic\":\"" + topic + "\"}";
  }

  @Test
  void joinsAndLeavesAreToldInTheirOrder() {
    start("PT0S");
    FakeSink watcher = FakeSink.instant();
    broadcaster.register(watcher, Subscription.to("starcast.presence.+"));
    SseClient ann = open(user("ann", "a", "b"));
    awaitOn("a", "ann:1");
    open(user("bob", "b"));
    awaitOn("b", "ann:1", "bob:1");
    ann.close();
    awaitOn("b", "bob:1");
    assertThat(on("a")).isEmpty();
    awaitMoves(
        join("ann", "a"), join("ann", "b"), join("bob", "b"), leave("ann", "a"), leave("ann", "b"));
    await()
        .untilAsserted(
            () ->
                assertThat(watcher.data())
                    .filteredOn(data -> data.toString().contains("action"))
                    .containsExactly(
                        message("join", "ann", "a"),
                        message("join", "ann", "b"),
                        message("join", "bob", "b"),
                        message("leave", "ann", "a"),
                        message("leave", "ann", "b")));
    assertThat(watcher.sent()).anyMatch(event -> "starcast-presence".equals(event.getName()));
  }

  @Test
  void theTabsOfOneUserAreOneMember() {
    start("PT0S");
    SseClient first = open(user("ann", "a"));
    SseClient second = open(user("ann", "a"));
    awaitOn("a", "ann:2");
    first.close();
    awaitOn("a", "ann:1");
    second.close();
    awaitOn("a");
    awaitMoves(join("ann", "a"), leave("ann", "a"));
  }

  @Test
  void aUserWhoIsBackInTimeHasNeitherLeftNorJoined() {
    start(LONG);
    SseClient before = open(user("ann", "a", "b"));
    awaitOn("a", "ann:1");
    Member member = node.presence().on("a").members().get(0);
    before.close();
    awaitOn("a", "ann:0");
    open(user("ann", "a"));
    awaitOn("a", "ann:1");
    assertThat(on("b")).containsExactly("ann:0");
    assertThat(node.presence().on("a").members().get(0).since()).isEqualTo(member.since());
    // who comes after it has been told shows that nothing was told before
    open(user("bob", "a"));
    awaitMoves(join("ann", "a"), join("ann", "b"), join("bob", "a"));
  }

  @Test
  void whoIsNotBackInTimeLeaves() {
    start("PT0.2S");
    SseClient ann = open(user("ann", "a", "b"));
    awaitOn("a", "ann:1");
    open(user("bob", "a"));
    awaitOn("a", "ann:1", "bob:1");
    ann.close();
    awaitOn("a", "bob:1");
    awaitOn("b");
    awaitMoves(
        join("ann", "a"), join("ann", "b"), join("bob", "a"), leave("ann", "a"), leave("ann", "b"));
    open(user("ann", "a"));
    await().until(() -> node.moves().size() == 6);
    assertThat(node.moves()).endsWith(join("ann", "a"));
  }

  private static PresenceEvent away(String user, String topic) {
    return new PresenceEvent(Action.AWAY, user, topic);
  }

  private static PresenceEvent back(String user, String topic) {
    return new PresenceEvent(Action.BACK, user, topic);
  }

  /** A client that goes by itself, as that of a tab that is hidden. */
  private final class Tab {
    private final FakeSink sink = FakeSink.instant();
    private final SseClient client;

    Tab(Subscription subscription) {
      client = broadcaster.register(sink, subscription);
      await().until(() -> client.state() == SseClient.State.OPEN);
    }

    void hide() {
      sink.refuse(new IllegalStateException("expected by the test"));
      client.send((Object) "anybody there?");
    }
  }

  private State state(String topic, String user) {
    return node.presence().on(topic).members().stream()
        .filter(member -> member.user().equals(user))
        .map(Member::state)
        .findFirst()
        .orElse(null);
  }

  @Test
  void whoseTabIsHiddenIsAwayAndBackWhenItIsShown() {
    start("PT0S", "presence.away", LONG);
    FakeSink watcher = FakeSink.instant();
    broadcaster.register(watcher, Subscription.to("starcast.presence.+"));
    Tab tab = new Tab(user("ann", "a").metadata("name", "Ann"));
    awaitMoves(join("ann", "a"));
    Member present = node.presence().on("a").members().get(0);
    assertThat(present.state()).isEqualTo(State.PRESENT);
    tab.hide();
    awaitMoves(join("ann", "a"), away("ann", "a"));
    assertThat(node.presence().on("a").members())
        .containsExactly(new Member("ann", State.AWAY, 0, present.since(), Map.of("name", "Ann")));
    SseClient shown = open(user("ann", "a"));
    awaitMoves(join("ann", "a"), away("ann", "a"), back("ann", "a"));
    assertThat(node.presence().on("a").members())
        .containsExactly(new Member("ann", State.PRESENT, 1, present.since(), Map.of()));
    // whom the application sends away is not away
    shown.close();
    awaitMoves(join("ann", "a"), away("ann", "a"), back("ann", "a"), leave("ann", "a"));
    assertThat(on("a")).isEmpty();
    await()
        .untilAsserted(
            () ->
                assertThat(watcher.data())
                    .filteredOn(data -> data.toString().contains("action"))
                    .containsExactly(
                        message("join", "ann", "a"),
                        message("away", "ann", "a"),
                        message("back", "ann", "a"),
                        message("leave", "ann", "a")));
  }

  @Test
  void whoIsAwayForTooLongLeaves() {
    start("PT0S", "presence.away", "PT1S");
    new Tab(user("ann", "a")).hide();
    awaitMoves(join("ann", "a"), away("ann", "a"), leave("ann", "a"));
    assertThat(on("a")).isEmpty();
  }

  @Test
  void theEndOfAGraceIsNotHeldUpByWhoIsAway() {
    start("PT0.2S", "presence.away", LONG);
    new Tab(user("ann", "a")).hide();
    awaitMoves(join("ann", "a"), away("ann", "a"));
    new Tab(user("bob", "a")).hide();
    awaitMoves(join("ann", "a"), away("ann", "a"), join("bob", "a"), away("bob", "a"));
  }

  @Test
  void whoIsBackWithinTheGraceWasNotAway() {
    start(LONG, "presence.away", LONG);
    Tab tab = new Tab(user("ann", "a"));
    awaitOn("a", "ann:1");
    tab.hide();
    awaitOn("a", "ann:0");
    assertThat(state("a", "ann")).isEqualTo(State.PRESENT);
    open(user("ann", "a"));
    awaitOn("a", "ann:1");
    open(user("bob", "a"));
    awaitMoves(join("ann", "a"), join("bob", "a"));
  }

  @Test
  void aUserIsAwayWhereTheLastTabIsHidden() {
    start("PT0S", "presence.away", LONG);
    Tab first = new Tab(user("ann", "a", "b"));
    awaitOn("a", "ann:1");
    Tab second = new Tab(user("ann", "a"));
    awaitOn("a", "ann:2");
    first.hide();
    awaitMoves(join("ann", "a"), join("ann", "b"), away("ann", "b"));
    assertThat(state("a", "ann")).isEqualTo(State.PRESENT);
    assertThat(state("b", "ann")).isEqualTo(State.AWAY);
    assertThat(state("*", "ann")).isEqualTo(State.PRESENT);
    second.hide();
    awaitMoves(join("ann", "a"), join("ann", "b"), away("ann", "b"), away("ann", "a"));
    assertThat(state("*", "ann")).isEqualTo(State.AWAY);
  }

  @Test
  void manyWhoAreAwayAreBoundedByTheMostClients() {
    start("PT0S", "presence.away", LONG, "max-clients", "2");
    for (int i = 1; i <= 4; i++) {
      String user = "u" + i;
      new Tab(user(user, "a")).hide();
      await().until(() -> state("a", user) == State.AWAY);
    }
    awaitOn("a", "u3:0", "u4:0");
    assertThat(node.moves()).contains(leave("u1", "a"), leave("u2", "a"));
  }

  @Test
  void manyWhoGoAtOnceAreBoundedByTheMostClients() {
    start(LONG, "max-clients", "2");
    for (int i = 1; i <= 4; i++) {
      String user = "u" + i;
      SseClient client = open(user(user, "a"));
      await().until(() -> on("a").contains(user + ":1"));
      client.close();
      await().until(() -> on("a").contains(user + ":0"));
    }
    awaitOn("a", "u3:0", "u4:0");
    assertThat(node.moves()).contains(leave("u1", "a"), leave("u2", "a"));
  }

  @Test
  void aPatternFindsTheTopicsThatItMatchesAndItself() {
    start("PT0S");
    open(user("ann", "room.1", "room.2"));
    open(user("bob", "room.2"));
    open(user("eve", "room.*"));
    open(user("monitor", "*"));
    open(user("other", "hall"));
    awaitOn("room.*", "ann:1", "bob:1", "eve:1");
    awaitOn("room.2", "ann:1", "bob:1");
    awaitOn("*", "ann:1", "bob:1", "other:1", "monitor:1");
    awaitOn("room.+", "ann:1", "bob:1");
    // the order in which they were opened is not that of their registration
    await()
        .untilAsserted(
            () ->
                assertThat(node.moves())
                    .containsExactlyInAnyOrder(
                        join("ann", "room.1"),
                        join("ann", "room.2"),
                        join("bob", "room.2"),
                        join("other", "hall")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> node.presence().on("a..b"))
        .withMessageStartingWith("pattern: ");
  }

  @Test
  void nobodyIsOnTheLibrarysOwnTopics() {
    start("PT0S");
    open(user("ann", "starcast.presence.a", "starcast.*", "a"));
    awaitOn("a", "ann:1");
    assertThat(on("starcast.presence.a")).isEmpty();
    assertThat(on("starcast.*")).isEmpty();
    awaitMoves(join("ann", "a"));
  }

  @Test
  void aTopicTooLongForItsMessagesHasMembersAllTheSame() {
    start("PT0S");
    String fits = "x".repeat(238);
    String longer = "y".repeat(239);
    String id = broadcaster.lastEventId();
    open(user("ann", longer, fits));
    awaitMoves(join("ann", longer), join("ann", fits));
    assertThat(on(longer)).containsExactly("ann:1");
    assertThat(broadcaster.history(10))
        .extracting(message -> message.topics().get(0))
        .containsExactly("starcast.presence." + fits);
    assertThat(broadcaster.lastEventId()).isNotEqualTo(id);
  }

  @Test
  void whatHappensAfterASnapshotIsReplayedFromItsCursor() {
    start("PT0S");
    open(user("ann", "a"));
    awaitMoves(join("ann", "a"));
    Snapshot snapshot = node.presence().on("a");
    assertThat(snapshot.members()).extracting(Member::user).containsExactly("ann");
    open(user("bob", "a"));
    awaitMoves(join("ann", "a"), join("bob", "a"));
    FakeSink page = FakeSink.instant();
    broadcaster.register(page, user("eve", "starcast.presence.a").resumeFrom(snapshot.cursor()));
    await()
        .untilAsserted(() -> assertThat(page.data()).containsExactly(message("join", "bob", "a")));
  }

  @Test
  void aMemberHasTheMetadataOfItsLastClient() {
    start("PT0S");
    open(user("ann", "a").metadata("name", "Ann"));
    awaitOn("a", "ann:1");
    SseClient second = open(user("ann", "a").metadata("name", "Ann B."));
    awaitOn("a", "ann:2");
    assertThat(node.presence().on("a").members().get(0).metadata()).containsEntry("name", "Ann B.");
    second.close();
    awaitOn("a", "ann:1");
    assertThat(node.presence().on("a").members().get(0).metadata()).containsEntry("name", "Ann");
  }

  @Test
  void aClientIdThatIsUsedAgainAtOnceIsNoOtherUser() {
    start(LONG);
    for (int i = 0; i < 20; i++) {
      SseClient client = open(Subscription.to("a").clientId("tab"));
      await().until(() -> client.state() == SseClient.State.OPEN);
      client.close();
      await().until(() -> broadcaster.client("tab").isEmpty());
    }
    open(Subscription.to("a").clientId("tab"));
    awaitOn("a", "tab:1");
    awaitMoves(join("tab", "a"));
  }

  @Test
  void aMessageReachesAllClientsOfAUser() {
    start("PT0S");
    FakeSink first = FakeSink.instant();
    FakeSink second = FakeSink.instant();
    FakeSink other = FakeSink.instant();
    broadcaster.register(first, user("ann", "a"));
    broadcaster.register(second, Subscription.none().user("ann"));
    SseClient bob = broadcaster.register(other, user("bob", "a"));
    assertThat(broadcaster.sendToUser("ann", SseMessage.of("hello"))).isEqualTo(2);
    assertThat(broadcaster.sendToUser("nobody", SseMessage.of("hello"))).isZero();
    await().untilAsserted(() -> assertThat(first.data()).containsExactly("hello"));
    await().untilAsserted(() -> assertThat(second.data()).containsExactly("hello"));
    assertThat(other.data()).isEmpty();
    bob.close();
    await().until(() -> broadcaster.count() == 2);
    assertThat(broadcaster.sendToUser("bob", SseMessage.of("late"))).isZero();
  }

  @Test
  void aTokenIsSentToThoseWithoutANameAlone() {
    start("PT0S");
    FakeSink nameless = FakeSink.instant();
    FakeSink named = FakeSink.instant();
    FakeSink stream = FakeSink.instant();
    SseClient client = broadcaster.register(nameless, Subscription.to("a"));
    broadcaster.register(named, user("ann", "a"));
    broadcaster.register(stream, Subscription.none());
    broadcaster.publish(SseMessage.of("all"));
    await()
        .untilAsserted(
            () -> {
              assertThat(nameless.data()).hasSize(2);
              assertThat(nameless.data().get(0).toString())
                  .matches("\\{\"id\":\"" + client.id() + "\",\"resume\":\"[^\"]{60,}\"}");
              assertThat(named.data()).containsExactly("all");
              assertThat(stream.data()).containsExactly("all");
            });
    assertThat(client.user()).isEqualTo(client.id());
  }

  @Test
  void unlessItIsSwitchedOnThereAreNoMessagesAndNoTokens() {
    node = new RunningBroadcaster("presence.grace", "PT0S");
    running.add(node);
    broadcaster = node.broadcaster();
    FakeSink sink = FakeSink.instant();
    SseClient client = broadcaster.register(sink, Subscription.to("a", "*"));
    awaitOn("a", client.id() + ":1");
    client.close();
    awaitMoves(join(client.id(), "a"), leave(client.id(), "a"));
    assertThat(broadcaster.history(10)).isEmpty();
    assertThat(sink.data()).isEmpty();
  }

  @Test
  void aClientMayNotBeOnMoreTopicsThanAllowed() {
    start("PT0S", "presence.max-topics-per-client", "2");
    SseClient ann = open(user("ann", "a", "b", "starcast.presence.a", "starcast.presence.b"));
    // what it subscribes to later puts it on no topic
    ann.subscribe("c");
    assertThat(ann.subscription().topics()).containsKey("c");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> open(user("bob", "a", "b", "c.*", "starcast.presence.a")))
        .withMessage(
            "topic: 3 topics to be present on, at most 2"
                + " (starcast.presence.max-topics-per-client)");
    RunningBroadcaster off = new RunningBroadcaster("presence.max-topics-per-client", "2");
    running.add(off);
    off.broadcaster().register(FakeSink.instant(), user("bob", "a", "b", "c"));
    awaitMoves(join("ann", "a"), join("ann", "b"));
  }

  @Test
  void crowdsThatComeAndGoLeaveRoomInTheLog() {
    start("PT0S", "log.events", "100", "presence.max-messages-per-minute", "20");
    broadcaster.publish("orders", "kept");
    String before = broadcaster.lastEventId();
    List<PresenceEvent> moves = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      SseClient client = open(user("u" + i, "a" + i, "b" + i));
      await().until(() -> client.state() == SseClient.State.OPEN);
      client.close();
      for (String topic : List.of("a" + i, "b" + i)) {
        moves.add(join("u" + i, topic));
        moves.add(leave("u" + i, topic));
      }
    }
    await()
        .untilAsserted(() -> assertThat(node.moves()).containsExactlyInAnyOrderElementsOf(moves));
    assertThat(broadcaster.history("orders", 1)).hasSize(1);
    List<String> told = new ArrayList<>();
    FakeSink sink = FakeSink.instant();
    broadcaster.register(sink, Subscription.to("starcast.presence.*").resumeFrom(before));
    broadcaster.publish("starcast.presence.end", "end");
    await().until(() -> sink.data().contains("end"));
    sink.data().forEach(data -> told.add(data.toString()));
    // in pairs, and a few more as minutes pass on a slow machine
    assertThat(told.size()).isBetween(20, 60);
  }

  @Test
  void aClientThatHasGoneIsNotKeptForTheGrace() {
    start(LONG, "heartbeat", "PT10M", "send-timeout", "PT10M");
    WeakReference<SseClient> client = new WeakReference<>(gone());
    await()
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(client.get()).isNull();
            });
    assertThat(on("a")).containsExactly("ann:0");
  }

  private SseClient gone() {
    SseClient client = open(user("ann", "a"));
    awaitOn("a", "ann:1");
    client.close();
    awaitOn("a", "ann:0");
    return client;
  }
}
