package org.starcast.internal.presence;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starcast.SseClient;
import org.starcast.internal.presence.LocalPresence.Connection;
import org.starcast.internal.presence.LocalPresence.UserPresence;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.presence.PresenceEvent.Action;

/** With a clock of its own, that of {@link System#nanoTime}, which may overflow. */
class LocalPresenceTest {

  private static final long GRACE = 10;
  private static final long AWAY = 100;

  /** Overflows while the grace of the first to go lasts. */
  private static final long START = Long.MAX_VALUE - GRACE / 2;

  private final List<String> moves = new ArrayList<>();
  private final List<String> changes = new ArrayList<>();
  private LocalPresence presence;
  private long now = START;
  private int opened;

  private void start(long grace, long away, int most) {
    presence =
        new LocalPresence(
            Duration.ofNanos(grace),
            Duration.ofNanos(away),
            most,
            new LocalPresence.Listener() {
              @Override
              public void moved(UserState before, Action action, Key key) {
                moves.add(before + " " + action + " " + key.user() + " " + key.topic());
              }

              @Override
              public void changed(Key key, PresenceEntry entry) {
                changes.add(
                    key.user()
                        + " "
                        + key.topic()
                        + (entry == null
                            ? " -"
                            : " "
                                + entry.state()
                                + " "
                                + entry.clients()
                                + " "
                                + entry.since()
                                + " "
                                + entry.opened()));
              }
            });
  }

  private SseClient open(String user, long created, String... topics) {
    // by which the connection is known again
    Map<String, Object> metadata = Map.of("number", ++opened);
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
                      default -> throw new UnsupportedOperationException(method.getName());
                    });
    presence.opened(client, new Connection(client, List.of(topics), false));
    return client;
  }

  private void close(SseClient client) {
    presence.closed(client, true, now);
  }

  private long after(long nanos) {
    now += nanos;
    return presence.expire(now);
  }

  private void assertMoves(String... expected) {
    assertThat(moves).containsExactly(expected);
    moves.clear();
  }

  private void assertChanges(String... expected) {
    assertThat(changes).containsExactly(expected);
    changes.clear();
  }

  @Test
  void withoutAGraceAUserLeavesWithTheLastConnection() {
    start(0, 0, 10);
    SseClient first = open("ann", 1, "a", "b");
    SseClient second = open("ann", 2, "a");
    assertMoves("GONE JOIN ann a", "GONE JOIN ann b");
    assertChanges("ann a PRESENT 1 1 1", "ann b PRESENT 1 1 1", "ann a PRESENT 2 1 2");
    assertThat(presence.topics()).containsExactlyInAnyOrder("a", "b");

    close(first);
    assertMoves("PRESENT LEAVE ann b");
    assertChanges("ann a PRESENT 1 1 2", "ann b -");
    assertThat(presence.topics()).containsExactly("a");

    close(second);
    assertMoves("PRESENT LEAVE ann a");
    assertChanges("ann a -");
    assertThat(presence.topics()).isEmpty();
    assertThat(presence.on("a")).isEmpty();
    assertThat(presence.expire(now)).isEqualTo(-1);
  }

  @Test
  void whoGoesLeavesWhenTheGraceIsOver() {
    start(GRACE, 0, 10);
    SseClient client = open("ann", 1, "a");
    changes.clear();
    moves.clear();

    close(client);
    assertChanges("ann a PRESENT 0 1 1");
    assertThat(after(0)).isEqualTo(GRACE);
    assertThat(after(GRACE - 1)).isEqualTo(1);
    assertMoves();
    assertThat(after(1)).isEqualTo(-1);
    assertMoves("PRESENT LEAVE ann a");
    assertChanges("ann a -");
  }

  @Test
  void whoIsBackWithinTheGraceHasBeenThereAllTheTime() {
    start(GRACE, AWAY, 10);
    close(open("ann", 1, "a"));
    after(GRACE - 1);
    open("ann", 2, "a");
    moves.clear();
    changes.clear();

    assertThat(after(1)).isEqualTo(-1);
    assertMoves();
    assertChanges("ann a PRESENT 1 1 2");
    assertThat(presence.on("a").get("ann").clients()).isEqualTo(1);
  }

  @Test
  void whoMayBeAwayIsForThatLongAfterTheGrace() {
    start(GRACE, AWAY, 10);
    SseClient ann = open("ann", 1, "a");
    SseClient bob = open("bob", 1, "a");
    moves.clear();
    changes.clear();
    close(ann);
    presence.closed(bob, false, now);
    changes.clear();

    assertThat(after(GRACE)).isEqualTo(AWAY);
    assertMoves("PRESENT AWAY ann a", "PRESENT LEAVE bob a");
    assertChanges("ann a AWAY 0 1 1", "bob a -");
    assertThat(presence.on("a").get("ann").state()).isEqualTo(UserState.AWAY);
    assertThat(after(AWAY - 1)).isEqualTo(1);
    assertMoves();
    assertThat(after(1)).isEqualTo(-1);
    assertMoves("AWAY LEAVE ann a");
    assertChanges("ann a -");
    assertThat(presence.topics()).isEmpty();
  }

  @Test
  void aUserIsAwayWithTheLastConnectionAlone() {
    start(GRACE, AWAY, 10);
    SseClient first = open("ann", 1, "a");
    SseClient second = open("ann", 2, "a");
    close(first);
    assertThat(after(GRACE)).isEqualTo(-1);
    assertMoves("GONE JOIN ann a");
    close(second);
    after(GRACE);
    assertMoves("PRESENT AWAY ann a");
  }

  @Test
  void whoIsBackFromAwayJoinedWhenHeDidAndHasTheNewConnectionOnly() {
    start(GRACE, AWAY, 10);
    close(open("ann", 1, "a"));
    after(GRACE);
    moves.clear();
    changes.clear();

    SseClient again = open("ann", 2, "a");

    assertMoves("AWAY BACK ann a");
    assertChanges("ann a PRESENT 1 1 2");
    assertThat(presence.on("a").get("ann").connections()).hasSize(1);
    assertThat(after(AWAY)).as("away no more").isEqualTo(-1);
    assertMoves();
    close(again);
    after(GRACE);
    assertMoves("PRESENT AWAY ann a");
  }

  @Test
  void whoIsAwayAgainIsFromThenOn() {
    start(0, AWAY, 10);
    close(open("ann", 1, "a"));
    after(1);
    close(open("bob", 1, "a"));
    after(1);
    close(open("ann", 2, "a"));
    moves.clear();
    assertThat(after(0)).as("bob's").isEqualTo(AWAY - 1);
    assertThat(after(AWAY - 1)).as("ann's").isEqualTo(1);
    assertMoves("AWAY LEAVE bob a");
    assertThat(after(1)).isEqualTo(-1);
    assertMoves("AWAY LEAVE ann a");
  }

  @Test
  void whatIsNextIsTheEndOfAGraceOrOfBeingAway() {
    start(GRACE, AWAY, 10);
    SseClient bob = open("bob", 1, "a");
    close(open("ann", 1, "a"));
    after(GRACE);
    assertThat(after(AWAY - GRACE - 1)).isEqualTo(GRACE + 1);
    close(bob);
    assertThat(after(0)).as("the grace").isEqualTo(GRACE);
    moves.clear();
    assertThat(after(GRACE)).as("away").isEqualTo(1);
    assertMoves("PRESENT AWAY bob a");
  }

  @Test
  void whoGoesIsBoundedTheOldestLeavesEarlier() {
    start(GRACE, 0, 2);
    SseClient ann = open("ann", 1, "a");
    SseClient bob = open("bob", 1, "a");
    SseClient eve = open("eve", 1, "a");
    moves.clear();
    close(ann);
    close(bob);
    assertMoves();
    close(eve);
    assertMoves("PRESENT LEAVE ann a");
  }

  @Test
  void whoIsAwayIsBoundedTheOldestLeavesEarlier() {
    start(0, AWAY, 2);
    close(open("ann", 1, "a"));
    close(open("bob", 1, "a"));
    moves.clear();
    close(open("eve", 1, "a"));
    assertMoves("GONE JOIN eve a", "PRESENT AWAY eve a", "AWAY LEAVE ann a");
    assertThat(presence.on("a")).containsOnlyKeys("bob", "eve");
  }

  @Test
  void aConnectionEndsOnce() {
    start(0, 0, 10);
    SseClient first = open("ann", 1, "a");
    open("ann", 2, "a");
    close(first);
    changes.clear();
    close(first);
    assertChanges();
    assertThat(presence.on("a").get("ann").clients()).isEqualTo(1);
  }

  @Test
  void theLastConnectionIsTheOneThatOpenedLastOfTwoAtOnceTheLatter() {
    start(0, 0, 10);
    SseClient first = open("ann", 2, "a");
    open("ann", 1, "a");
    assertThat(last()).isEqualTo(Map.of("number", 1));
    open("ann", 2, "a");
    assertThat(last()).isEqualTo(Map.of("number", 3));
    close(first);
    assertThat(last()).isEqualTo(Map.of("number", 3));
    assertThat(presence.on("a").get("ann").since()).as("joined").isEqualTo(Instant.ofEpochMilli(2));
    assertThat(new UserPresence(Instant.EPOCH, List.of()).last()).isNull();
  }

  private Map<String, Object> last() {
    return presence.on("a").get("ann").last().metadata();
  }
}
