package org.starcast.internal.presence;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.starcast.presence.PresenceEvent;

/**
 * Joins and leaves that are to be messages, so many a minute, and as many at once. Beyond that they
 * wait, the oldest first; a join and a leave of the same user on the same topic that both wait
 * cancel each other. So the last message about a user is right, no more wait than there are members
 * and users whose join was published, and whoever comes and goes in crowds does not evict
 * everything else from the log. Not thread-safe.
 */
final class MessageQuota {

  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private record Key(String user, String topic) {}

  private final int perMinute;
  private final Map<Key, PresenceEvent> waiting = new LinkedHashMap<>();

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

  void add(PresenceEvent event) {
    Key key = new Key(event.user(), event.topic());
    // joins and leaves alternate
    if (waiting.remove(key) == null) {
      waiting.put(key, event);
    }
  }

  /** The next one, if it may be published now; else null. */
  PresenceEvent poll(long now) {
    saved = Math.min(MINUTE_NANOS, saved + (now - since));
    since = now;
    Iterator<PresenceEvent> oldest = waiting.values().iterator();
    if (!oldest.hasNext() || saved < MINUTE_NANOS / perMinute) {
      return null;
    }
    saved -= MINUTE_NANOS / perMinute;
    PresenceEvent next = oldest.next();
    oldest.remove();
    return next;
  }

  /** The nanoseconds from the last {@link #poll} to the next that gives one; -1 if none waits. */
  long delay() {
    return waiting.isEmpty() ? -1 : Math.max(0, MINUTE_NANOS / perMinute - saved);
  }
}
