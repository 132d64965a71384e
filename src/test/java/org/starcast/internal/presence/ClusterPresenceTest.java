package org.starcast.internal.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
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
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.backplane.EncodedEvent;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.wire.SseFormat;
import org.starcast.presence.Cluster;
import org.starcast.presence.Presence.Snapshot;
import org.starcast.presence.Presence.Snapshot.Member;
import org.starcast.presence.Presence.State;
import org.starcast.presence.PresenceEvent;
import org.starcast.presence.PresenceEvent.Action;

/** Whole nodes that share a stream. */
@ExtendWith(ResponseRuntime.class)
class ClusterPresenceTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final MemoryStream stream = new MemoryStream();
  private final List<RunningBroadcaster> running = new ArrayList<>();

  private RunningBroadcaster node(String grace, String... settings) {
    String[] all =
        Stream.concat(
                Stream.of("presence.enabled", "true", "presence.grace", grace), Stream.of(settings))
            .toArray(String[]::new);
    RunningBroadcaster node = new RunningBroadcaster(stream.node(), all);
    running.add(node);
    return node;
  }

  @AfterEach
  void stop() {
    running.forEach(RunningBroadcaster::close);
  }

  private static SseClient open(RunningBroadcaster node, Subscription subscription) {
    return node.broadcaster().register(FakeSink.instant(), subscription);
  }

  private static Subscription user(String user, String... patterns) {
    return Subscription.to(patterns).user(user);
  }

  private static List<String> on(RunningBroadcaster node, String pattern) {
    return node.presence().on(pattern).members().stream()
        .map(member -> member.user() + ":" + member.clients())
        .toList();
  }

  private static void awaitOn(RunningBroadcaster node, String pattern, String... members) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(on(node, pattern)).containsExactlyInAnyOrder(members));
  }

  private static List<String> messages(RunningBroadcaster node) {
    return node.broadcaster().history(100).stream()
        .filter(message -> message.event().filter("starcast-presence"::equals).isPresent())
        .map(SseMessage::data)
        .map(data -> data.orElseThrow().toString())
        .toList();
  }

  private static String message(String action, String user, String topic) {
    return "{\"action\":\"" + action + "\",\"user\":\"" + user + "\",\"topic\":\"" + topic + "\"}";
  }

  @Test
  void allNodesKnowWhoIsThereAndOneOfThemTells() {
    RunningBroadcaster first = node("PT0S");
    RunningBroadcaster second = node("PT0S");
    SseClient ann = open(first, user("ann", "a").metadata("name", "Ann"));
    awaitOn(second, "a", "ann:1");
    SseClient again = open(second, user("ann", "a", "b"));
    awaitOn(first, "a", "ann:2");
    awaitOn(first, "*", "ann:2");
    assertThat(second.presence().on("a").members())
        .extracting(Member::since)
        .isEqualTo(first.presence().on("a").members().stream().map(Member::since).toList());
    ann.close();
    awaitOn(first, "a", "ann:1");
    awaitOn(second, "a", "ann:1");
    again.close();
    awaitOn(first, "a");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(messages(first))
                    .containsExactlyInAnyOrder(
                        message("join", "ann", "a"),
                        message("join", "ann", "b"),
                        message("leave", "ann", "a"),
                        message("leave", "ann", "b")));
    assertThat(messages(second)).isEqualTo(messages(first));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(Stream.of(first, second).flatMap(node -> node.moves().stream()))
                    .containsExactlyInAnyOrder(
                        new PresenceEvent(Action.JOIN, "ann", "a"),
                        new PresenceEvent(Action.JOIN, "ann", "b"),
                        new PresenceEvent(Action.LEAVE, "ann", "a"),
                        new PresenceEvent(Action.LEAVE, "ann", "b")));
  }

  @Test
  void aHopBetweenNodesWithinTheGraceIsNotTold() {
    RunningBroadcaster first = node("PT5M");
    RunningBroadcaster second = node("PT5M");
    SseClient ann = open(first, user("ann", "a"));
    awaitOn(second, "a", "ann:1");
    ann.close();
    awaitOn(second, "a", "ann:0");
    open(second, user("ann", "a"));
    awaitOn(first, "a", "ann:1");
    open(second, user("bob", "a"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(messages(first))
                    .containsExactly(message("join", "ann", "a"), message("join", "bob", "a")));
  }

  private static SseClient openAndHide(RunningBroadcaster node, Subscription subscription) {
    FakeSink sink = FakeSink.instant();
    SseClient client = node.broadcaster().register(sink, subscription);
    await().atMost(PATIENCE).until(() -> client.state() == SseClient.State.OPEN);
    sink.refuse(new IllegalStateException("expected by the test"));
    client.send((Object) "anybody there?");
    return client;
  }

  private static void awaitState(RunningBroadcaster node, State state) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(node.presence().on("a").members())
                    .singleElement()
                    .extracting(Member::state)
                    .isEqualTo(state));
  }

  @Test
  void aUserIsAwayWhenTheLastTabOfAllNodesIsHiddenAndBackOnAnyNode() {
    RunningBroadcaster first = node("PT0S", "presence.away", "PT5M");
    RunningBroadcaster second = node("PT0S", "presence.away", "PT5M");
    openAndHide(first, user("ann", "a"));
    awaitState(second, State.AWAY);
    SseClient shown = open(second, user("ann", "a"));
    awaitState(first, State.PRESENT);
    // away as the first node knows her, on which she was last
    shown.close();
    awaitState(first, State.AWAY);
    assertThat(on(second, "a")).containsExactly("ann:0");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(messages(second))
                    .containsExactly(
                        message("join", "ann", "a"),
                        message("away", "ann", "a"),
                        message("back", "ann", "a"),
                        message("away", "ann", "a")));
    assertThat(messages(first)).isEqualTo(messages(second));
  }

  @Test
  void aMemberOfAnotherNodeHasSmallMetadataOnly() {
    RunningBroadcaster first = node("PT0S");
    RunningBroadcaster second = node("PT0S");
    open(first, user("ann", "a").metadata("name", "Ann").metadata("age", 40));
    open(first, user("bob", "a").metadata("secret", new Object()));
    awaitOn(second, "a", "ann:1", "bob:1");
    assertThat(second.presence().on("a").members())
        .extracting(Member::metadata)
        .containsExactlyInAnyOrder(Map.of("name", "Ann", "age", 40L), Map.of());
  }

  @Test
  void whatHappensElsewhereAfterASnapshotIsReplayedFromItsCursor() {
    RunningBroadcaster first = node("PT0S");
    RunningBroadcaster second = node("PT0S");
    open(first, user("ann", "a"));
    await().atMost(PATIENCE).until(() -> messages(second).size() == 1);
    Snapshot snapshot = second.presence().on("a");
    assertThat(snapshot.members()).extracting(Member::user).containsExactly("ann");
    open(first, user("bob", "a"));
    FakeSink page = FakeSink.instant();
    second
        .broadcaster()
        .register(page, user("eve", "starcast.presence.a").resumeFrom(snapshot.cursor()));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(page.data()).containsExactly(message("join", "bob", "a")));
  }

  @Test
  void usersOfANodeThatStopsLeaveWhenTheGraceIsOver() {
    RunningBroadcaster first = node("PT0.1S");
    RunningBroadcaster second = node("PT0.1S");
    open(first, user("ann", "a"));
    await().atMost(PATIENCE).until(() -> messages(second).size() == 1);
    first.close();
    running.remove(first);
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(messages(second)).last().isEqualTo(message("leave", "ann", "a")));
    assertThat(second.cluster().nodes()).singleElement().matches(Cluster.Node::self);
  }

  /** A message of presence that comes from nowhere. */
  private void say(String data) {
    stream
        .node()
        .append(
            new EncodedEvent(
                List.of("starcast.presence.a"),
                null,
                List.of(),
                null,
                SseFormat.draft("starcast-presence", null, data, null)));
  }

  @Test
  void aMessageThatComesFromNowhereChangesNothing() {
    RunningBroadcaster first = node("PT0S");
    RunningBroadcaster second = node("PT0S");
    open(first, user("ann", "a"));
    await().atMost(PATIENCE).until(() -> messages(second).size() == 1);
    List.of("{", "{}", message("stay", "ann", "a"), "", message("leave", "ann", "a"))
        .forEach(this::say);
    open(second, user("bob", "a"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(messages(first)).last().isEqualTo(message("join", "bob", "a")));
    assertThat(on(first, "a")).containsExactlyInAnyOrder("ann:1", "bob:1");
    assertThat(on(second, "a")).containsExactlyInAnyOrder("ann:1", "bob:1");
    assertThat(first.moves()).containsExactly(new PresenceEvent(Action.JOIN, "ann", "a"));
  }

  @Test
  void theClusterCountsTheClientsOfAllNodes() {
    RunningBroadcaster first = node("PT0S");
    RunningBroadcaster second = node("PT0S");
    open(first, user("ann", "a"));
    open(second, user("bob", "a"));
    open(second, user("eve", "a"));
    await().atMost(PATIENCE).until(() -> first.cluster().clients() == 3);
    await().atMost(PATIENCE).until(() -> second.cluster().clients() == 3);
    assertThat(first.cluster().nodes()).hasSize(2);
  }

  @Test
  void withoutTheSwitchEachNodeKnowsItsOwnClients() {
    RunningBroadcaster first = new RunningBroadcaster(stream.node(), "presence.grace", "PT0S");
    running.add(first);
    RunningBroadcaster second = node("PT0S");
    open(first, user("ann", "a"));
    open(second, user("bob", "a"));
    awaitOn(first, "a", "ann:1");
    await().atMost(PATIENCE).until(() -> messages(second).size() == 1);
    assertThat(on(first, "a")).containsExactly("ann:1");
    assertThat(on(second, "a")).containsExactly("bob:1");
    assertThat(first.moves()).containsExactly(new PresenceEvent(Action.JOIN, "ann", "a"));
  }
}
