package org.starcast.internal.presence;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.starcast.SseClient;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.presence.PresenceEvent.Action;

/**
 * The users of this node's connections, those whose grace is not over, and those who are away.
 * Times are nanoseconds of any clock. Not thread-safe.
 */
final class LocalPresence {

  /** A connection that is open, or was closed a while ago. */
  static final class Connection {
    private final String user;
    private final List<String> topics;
    private final Instant since;
    private final Map<String, Object> metadata;
    private final String json;
    private boolean open = true;

    /** When the grace is over. */
    private long graceEnds;

    /** How long its user is away after that. */
    private long awayNanos;

    /** One that has just been opened; its user is on these topics and patterns. */
    Connection(SseClient client, List<String> topics, boolean shared) {
      this.user = client.user();
      this.topics = topics;
      this.since = client.created();
      this.metadata = client.metadata();
      this.json = shared ? PresenceEntry.json(metadata) : null;
    }

    Instant since() {
      return since;
    }

    Map<String, Object> metadata() {
      return metadata;
    }
  }

  /** A user on one topic, and the connections there; of one who is away, the last one. */
  static final class UserPresence {
    private final Instant since;
    private final Collection<Connection> connections;
    private UserState state = UserState.GONE;

    UserPresence(Instant since, Collection<Connection> connections) {
      this.since = since;
      this.connections = connections;
    }

    Instant since() {
      return since;
    }

    Collection<Connection> connections() {
      return connections;
    }

    UserState state() {
      return state;
    }

    int clients() {
      return (int) connections.stream().filter(connection -> connection.open).count();
    }

    /** The one that opened last; null if there is none. */
    Connection last() {
      Connection last = null;
      for (Connection connection : connections) {
        if (last == null || !connection.since.isBefore(last.since)) {
          last = connection;
        }
      }
      return last;
    }

    PresenceEntry entry() {
      Connection last = last();
      return new PresenceEntry(
          state, clients(), since.toEpochMilli(), last.since.toEpochMilli(), last.json);
    }
  }

  /** Takes what changes. */
  interface Listener {
    /** What a user did on a topic, by what this node alone knows. */
    void moved(UserState before, Action action, Key key);

    /** Something is so from now on; null for nothing. */
    void changed(Key key, PresenceEntry entry);
  }

  private final long graceNanos;
  private final long awayNanos;
  private final int maxLeaving;
  private final Listener listener;

  /** By identity, as the next client may have the same id before this one's end is told. */
  private final Map<SseClient, Connection> open = new IdentityHashMap<>();

  /** By pattern as written, then by user. */
  private final Map<String, Map<String, UserPresence>> topics = new HashMap<>();

  /** Those that were closed, in the order in which their grace ends. */
  private final ArrayDeque<Connection> closed = new ArrayDeque<>();

  /** Who is away, and until when, in that order. */
  private final Map<Key, Long> away = new LinkedHashMap<>();

  /**
   * Nobody yet.
   *
   * @param away how long users are away before they leave
   * @param maxLeaving the most closed connections, and users away from a topic: rather a leave too
   *     early than memory without bound
   */
  LocalPresence(Duration grace, Duration away, int maxLeaving, Listener listener) {
    this.graceNanos = grace.toNanos();
    this.awayNanos = away.toNanos();
    this.maxLeaving = maxLeaving;
    this.listener = listener;
  }

  void opened(SseClient client, Connection connection) {
    open.put(client, connection);
    for (String topic : connection.topics) {
      UserPresence there =
          topics
              .computeIfAbsent(topic, t -> new HashMap<>(2))
              .computeIfAbsent(
                  connection.user, u -> new UserPresence(connection.since, new ArrayList<>(1)));
      if (there.state == UserState.AWAY) {
        there.connections.clear();
      }
      there.connections.add(connection);
      become(UserState.PRESENT, there, new Key(topic, connection.user));
    }
  }

  /**
   * A connection has ended.
   *
   * @param mayBeAway whether the user may be away, rather than leave, if it was the last one
   */
  void closed(SseClient client, boolean mayBeAway, long now) {
    Connection connection = open.remove(client);
    if (connection == null) {
      return;
    }
    connection.open = false;
    connection.awayNanos = mayBeAway ? awayNanos : 0;
    if (graceNanos == 0) {
      endGrace(connection, now);
      return;
    }
    for (String topic : connection.topics) {
      UserPresence there = topics.get(topic).get(connection.user);
      become(UserState.PRESENT, there, new Key(topic, connection.user));
    }
    connection.graceEnds = now + graceNanos;
    closed.add(connection);
    if (closed.size() > maxLeaving) {
      endGrace(closed.remove(), now);
    }
  }

  /** Ends what time is over; returns in how many nanoseconds the next is, or -1 for none. */
  long expire(long now) {
    while (!closed.isEmpty() && closed.element().graceEnds - now <= 0) {
      endGrace(closed.remove(), now);
    }
    while (!away.isEmpty() && nextAway().getValue() - now <= 0) {
      endAway();
    }
    long grace = closed.isEmpty() ? Long.MAX_VALUE : closed.element().graceEnds - now;
    long delay = away.isEmpty() ? grace : Math.min(grace, nextAway().getValue() - now);
    return delay == Long.MAX_VALUE ? -1 : delay;
  }

  private void endGrace(Connection connection, long now) {
    for (String topic : connection.topics) {
      Key key = new Key(topic, connection.user);
      UserPresence there = topics.get(topic).get(connection.user);
      if (there.connections.size() == 1 && connection.awayNanos > 0) {
        away.put(key, now + connection.awayNanos);
        become(UserState.AWAY, there, key);
      } else {
        there.connections.remove(connection);
        become(there.connections.isEmpty() ? UserState.GONE : UserState.PRESENT, there, key);
      }
    }
    while (away.size() > maxLeaving) {
      endAway();
    }
  }

  private Map.Entry<Key, Long> nextAway() {
    return away.entrySet().iterator().next();
  }

  private void endAway() {
    Key key = nextAway().getKey();
    become(UserState.GONE, topics.get(key.topic()).get(key.user()), key);
  }

  /** Says what has become of a user on a topic, in which anything may have changed. */
  private void become(UserState next, UserPresence there, Key key) {
    UserState before = there.state;
    there.state = next;
    if (next != UserState.AWAY) {
      away.remove(key);
    }
    if (next == UserState.GONE) {
      Map<String, UserPresence> users = topics.get(key.topic());
      users.remove(key.user());
      if (users.isEmpty()) {
        topics.remove(key.topic());
      }
    }
    UserState from = before;
    for (Action action : before.to(next)) {
      listener.moved(from, action, key);
      from = UserState.after(action);
    }
    listener.changed(key, next == UserState.GONE ? null : there.entry());
  }

  /** The topics, and patterns, where anybody is. */
  Set<String> topics() {
    return topics.keySet();
  }

  /** Who is on a topic, by user. */
  Map<String, UserPresence> on(String topic) {
    return topics.getOrDefault(topic, Map.of());
  }
}
