package org.starcast.internal.presence;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.starcast.presence.PresenceEvent;
import org.starcast.presence.PresenceEvent.Action;

/**
 * What users did that is to be messages, so many a minute, and as many at once. Beyond that they
 * wait, the oldest first, and of a user on a topic only what is still to be said: a join and a
 * leave that both wait cancel each other, as do away and back. So the last message about a user is
 * right, no more users wait than there are members and users whose join was published, and whoever
 * comes and goes in crowds does not evict everything else from the log. Not thread-safe.
 */
final class MessageQuota {

  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private record Key(String user, String topic) {}

  private final int perMinute;

  /** What was said of a user, and what is to be said; they differ. */
  private record Waiting(UserState said, UserState is) {}

  private final Map<Key, Waiting> waiting = new LinkedHashMap<>();

  /** What may be published now, in nanoseconds of the minute. */
  private long saved = MINUTE_NANOS;

  private long since;

  /**
   * A quota that is not used yet.
   *
   * @param now nanoseconds of any clock
   */
  MessageQuota(int perMinute, long now) {
    this.perMinute = perMinute;
    this.since = now;
  }

  /**
   * Something that a user did.
   *
   * @param before how the user was on the topic
   */
  void add(UserState before, PresenceEvent event) {
    Key key = new Key(event.user(), event.topic());
    UserState said = waiting.containsKey(key) ? waiting.get(key).said : before;
    UserState is = UserState.after(event.action());
    if (is == said) {
      waiting.remove(key);
    } else {
      waiting.put(key, new Waiting(said, is));
    }
  }

  /** The next one, if it may be published now; else null. */
  PresenceEvent poll(long now) {
    saved = Math.min(MINUTE_NANOS, saved + (now - since));
    since = now;
    if (waiting.isEmpty() || saved < MINUTE_NANOS / perMinute) {
      return null;
    }
    saved -= MINUTE_NANOS / perMinute;
    Map.Entry<Key, Waiting> oldest = waiting.entrySet().iterator().next();
    Key key = oldest.getKey();
    Waiting next = oldest.getValue();
    Action action = next.said.to(next.is).get(0);
    UserState then = UserState.after(action);
    if (then == next.is) {
      waiting.remove(key);
    } else {
      oldest.setValue(new Waiting(then, next.is));
    }
    return new PresenceEvent(action, key.user, key.topic);
  }

  /** The nanoseconds from the last {@link #poll} to the next that gives one; -1 if none waits. */
  long delay() {
    return waiting.isEmpty() ? -1 : Math.max(0, MINUTE_NANOS / perMinute - saved);
  }
}
