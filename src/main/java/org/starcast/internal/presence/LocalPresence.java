package org.starcast.internal.presence;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.starcast.SseClient;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.presence.PresenceEvent.Action;

/**
 * The users of this node's connections, and those whose grace is not over. Times are nanoseconds of
 * any clock. Not thread-safe.
 */
final class LocalPresence {

  /** A connection that is open, or was closed less than the grace ago. */
  static final class Connection {
    private final String user;
    private final List<String> topics;
    private final Instant since;
    private final Map<String, Object> metadata;
    private final String json;
    private boolean open = true;
    private long leavesAt;

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

  /** A user's connections on one topic. */
  record UserPresence(Instant since, Collection<Connection> connections) {

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
          clients(), since.toEpochMilli(), last.since.toEpochMilli(), last.json);
    }
  }

  /** Takes what changes. */
  interface Listener {
    /** A user joined a topic, or left it, by what this node alone knows. */
    void moved(Action action, Key key);

    /** Something is so from now on; null for nothing. */
    void changed(Key key, PresenceEntry entry);
  }

  private final long graceNanos;
  private final int maxLeaving;
  private final Listener listener;

  /** By identity, as the next client may have the same id before this one's end is told. */
  private final Map<SseClient, Connection> open = new IdentityHashMap<>();

  /** By pattern as written, then by user. */
  private final Map<String, Map<String, UserPresence>> topics = new HashMap<>();

  /** Those that were closed, in the order in which their users leave. */
  private final ArrayDeque<Connection> leaving = new ArrayDeque<>();

  /**
   * Nobody yet.
   *
   * @param maxLeaving the most closed connections: rather a leave too early than memory without
   *     bound
   */
  LocalPresence(Duration grace, int maxLeaving, Listener listener) {
    this.graceNanos = grace.toNanos();
    this.maxLeaving = maxLeaving;
    this.listener = listener;
  }

  void opened(SseClient client, Connection connection) {
    open.put(client, connection);
    for (String topic : connection.topics) {
      Key key = new Key(topic, connection.user);
      Map<String, UserPresence> users = topics.computeIfAbsent(topic, t -> new HashMap<>(2));
      UserPresence there = users.get(connection.user);
      if (there == null) {
        there = new UserPresence(connection.since, new ArrayList<>(1));
        users.put(connection.user, there);
        listener.moved(Action.JOIN, key);
      }
      there.connections.add(connection);
      listener.changed(key, there.entry());
    }
  }

  void closed(SseClient client, long now) {
    Connection connection = open.remove(client);
    if (connection == null) {
      return;
    }
    connection.open = false;
    if (graceNanos == 0) {
      leave(connection);
      return;
    }
    for (String topic : connection.topics) {
      UserPresence there = topics.get(topic).get(connection.user);
      listener.changed(new Key(topic, connection.user), there.entry());
    }
    connection.leavesAt = now + graceNanos;
    leaving.add(connection);
    if (leaving.size() > maxLeaving) {
      leave(leaving.remove());
    }
  }

  /** Ends what grace is over; returns in how many nanoseconds the next is, or -1 for none. */
  long expire(long now) {
    while (!leaving.isEmpty() && leaving.element().leavesAt - now <= 0) {
      leave(leaving.remove());
    }
    return leaving.isEmpty() ? -1 : leaving.element().leavesAt - now;
  }

  private void leave(Connection connection) {
    for (String topic : connection.topics) {
      Key key = new Key(topic, connection.user);
      Map<String, UserPresence> users = topics.get(topic);
      UserPresence there = users.get(connection.user);
      there.connections.remove(connection);
      if (!there.connections.isEmpty()) {
        listener.changed(key, there.entry());
        continue;
      }
      users.remove(connection.user);
      if (users.isEmpty()) {
        topics.remove(topic);
      }
      listener.moved(Action.LEAVE, key);
      listener.changed(key, null);
    }
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
