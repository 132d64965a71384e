package org.starcast.internal.presence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starcast.presence.PresenceEvent;
import org.starcast.presence.PresenceEvent.Action;

class MessageQuotaTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private static PresenceEvent join(String user, String topic) {
    return new PresenceEvent(Action.JOIN, user, topic);
  }

  private static PresenceEvent leave(String user, String topic) {
    return new PresenceEvent(Action.LEAVE, user, topic);
  }

  private static PresenceEvent away(String user, String topic) {
    return new PresenceEvent(Action.AWAY, user, topic);
  }

  private static PresenceEvent back(String user, String topic) {
    return new PresenceEvent(Action.BACK, user, topic);
  }

  @Test
  void ofWhatWaitsAboutAUserOnlyWhatIsStillNewIsPublished() {
    MessageQuota quota = new MessageQuota(1, 0);
    quota.add(UserState.GONE, join("first", "x"));
    assertThat(quota.poll(0)).isEqualTo(join("first", "x"));
    quota.add(UserState.PRESENT, away("ann", "x"));
    quota.add(UserState.AWAY, back("ann", "x"));
    assertThat(quota.delay()).isEqualTo(-1);
    quota.add(UserState.AWAY, leave("bob", "x"));
    quota.add(UserState.GONE, join("bob", "x"));
    quota.add(UserState.GONE, join("eve", "x"));
    quota.add(UserState.PRESENT, away("eve", "x"));
    long minute = Duration.ofMinutes(1).toNanos();
    assertThat(quota.poll(minute)).isEqualTo(back("bob", "x"));
    assertThat(quota.poll(2 * minute)).isEqualTo(join("eve", "x"));
    assertThat(quota.poll(3 * minute)).isEqualTo(away("eve", "x"));
    assertThat(quota.delay()).isEqualTo(-1);
  }

  /** One who is not away. */
  private static void add(MessageQuota quota, PresenceEvent event) {
    UserState before = event.action() == Action.JOIN ? UserState.GONE : UserState.PRESENT;
    quota.add(before, event);
  }

  @Test
  void joinsAndLeavesThatWaitCancelEachOtherAndTheRestComesLater() {
    MessageQuota quota = new MessageQuota(2, 0);
    assertThat(quota.delay()).isEqualTo(-1);
    for (PresenceEvent event :
        List.of(join("a", "x"), join("b", "x"), join("c", "x"), join("d", "x"), leave("c", "x"))) {
      add(quota, event);
    }
    assertThat(quota.poll(0)).isEqualTo(join("a", "x"));
    assertThat(quota.poll(0)).isEqualTo(join("b", "x"));
    assertThat(quota.poll(0)).isNull();
    assertThat(quota.delay()).isEqualTo(Duration.ofSeconds(30).toNanos());
    add(quota, leave("a", "x"));
    long now = Duration.ofSeconds(30).toNanos();
    assertThat(quota.poll(now)).isEqualTo(join("d", "x"));
    assertThat(quota.poll(now + 1)).isNull();
    add(quota, join("a", "x"));
    assertThat(quota.delay()).isEqualTo(-1);
    assertThat(quota.poll(10 * now)).isNull();
    add(quota, leave("a", "x"));
    add(quota, leave("b", "x"));
    add(quota, leave("d", "x"));
    assertThat(quota.poll(10 * now)).isEqualTo(leave("a", "x"));
    assertThat(quota.poll(10 * now)).isEqualTo(leave("b", "x"));
    assertThat(quota.poll(10 * now)).isNull();
  }

  @Test
  void asManyAsInAMinuteAreThereAtOnceAndNoMoreHoweverLongNobodyCame() {
    MessageQuota quota = new MessageQuota(2, -SECOND);
    for (String user : List.of("a", "b", "c", "d", "e")) {
      add(quota, join(user, "x"));
    }
    long now = 600 * SECOND;
    assertThat(quota.poll(now)).isEqualTo(join("a", "x"));
    assertThat(quota.delay()).isZero();
    assertThat(quota.poll(now)).isEqualTo(join("b", "x"));
    assertThat(quota.poll(now)).isNull();
    assertThat(quota.poll(now + 10 * SECOND)).isNull();
    assertThat(quota.delay()).isEqualTo(20 * SECOND);
    assertThat(quota.poll(now + 30 * SECOND - 1)).isNull();
    assertThat(quota.delay()).isEqualTo(1);
    assertThat(quota.poll(now + 30 * SECOND)).isEqualTo(join("c", "x"));
    assertThat(quota.poll(now + 30 * SECOND)).isNull();
    assertThat(quota.poll(now + 59 * SECOND)).isNull();
    assertThat(quota.poll(now + 61 * SECOND)).isEqualTo(join("d", "x"));
    // what was over counts for the next
    assertThat(quota.poll(now + 90 * SECOND)).isEqualTo(join("e", "x"));
  }
}
