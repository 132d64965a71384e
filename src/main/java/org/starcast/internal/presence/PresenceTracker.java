package org.starcast.internal.presence;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.interceptor.Interceptor;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.starcast.ClientEvent;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.json.Json;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.presence.LocalPresence.Connection;
import org.starcast.internal.presence.LocalPresence.UserPresence;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.presence.Presence;
import org.starcast.presence.Presence.Snapshot;
import org.starcast.presence.Presence.Snapshot.Member;
import org.starcast.presence.PresenceEvent;
import org.starcast.presence.PresenceEvent.Action;

/**
 * The bean behind {@link Presence}: knows this node's connections by {@link ClientEvent}s, those of
 * the other nodes by {@link PresenceSync}, and notifies the application. Thread-safe.
 */
@ApplicationScoped
public class PresenceTracker implements Presence {

  private static final System.Logger LOG = System.getLogger("org.starcast.presence");

  /** Ends after which the user may be back: not those that say that the client is not to be. */
  private static final Set<CloseReason> MAY_BE_AWAY =
      EnumSet.complementOf(
          EnumSet.of(CloseReason.APPLICATION, CloseReason.REVOKED, CloseReason.EXPIRED));

  /** A user of a snapshot, and the user's connections on all nodes. */
  private static final class Found {
    private final Set<Connection> connections = new LinkedHashSet<>();

    /** How many other nodes have: the most on one of the topics. */
    private final Map<String, Integer> elsewhere = new HashMap<>();

    private UserState state = UserState.GONE;
    private Instant since = Instant.MAX;
    private PresenceEntry latest;

    void add(UserPresence there) {
      connections.addAll(there.connections());
      joined(there.state(), there.since());
    }

    void add(String node, PresenceEntry there) {
      elsewhere.merge(node, there.clients(), Math::max);
      joined(there.state(), Instant.ofEpochMilli(there.since()));
      if (latest == null || there.opened() >= latest.opened()) {
        latest = there;
      }
    }

    private void joined(UserState there, Instant instant) {
      state = state.and(there);
      since = instant.isBefore(since) ? instant : since;
    }

    Member member(String user) {
      UserPresence here = new UserPresence(since, connections);
      int clients = here.clients() + elsewhere.values().stream().mapToInt(Integer::intValue).sum();
      Connection last = here.last();
      boolean isHere =
          latest == null || last != null && last.since().toEpochMilli() >= latest.opened();
      Map<String, Object> metadata = isHere ? last.metadata() : latest.values();
      return new Member(user, state.ofMember(), clients, since, metadata);
    }
  }

  /** What a user did, and how the user was there before. */
  private record Move(UserState before, PresenceEvent event) {}

  /** What happens on this node: all there is, or a part. */
  private final class Changes implements LocalPresence.Listener {

    @Override
    public void moved(UserState before, Action action, Key key) {
      if (sync == null && PresenceTopics.isLiteral(key.topic())) {
        pending.add(new Move(before, new PresenceEvent(action, key.user(), key.topic())));
      }
    }

    @Override
    public void changed(Key key, PresenceEntry entry) {
      if (sync != null) {
        sync.set(key, entry);
      }
    }
  }

  private final SseBroadcaster broadcaster;
  private final StarcastConfig config;
  private final Event<PresenceEvent> events;
  private final Executor executor;
  private final ScheduledExecutorService scheduler;

  /** Null where this node is the only one that matters. */
  private final PresenceSync sync;

  private final Object lock = new Object();

  // all guarded by the lock

  private final LocalPresence local;

  /** What happened, in order, on this node alone. */
  private final Queue<Move> pending = new ArrayDeque<>();

  /** Those of it that are to be messages. */
  private final MessageQuota messages;

  private boolean notifying;
  private boolean messagesScheduled;

  /** The next {@link #expire}; null for none. */
  private ScheduledFuture<?> expiry;

  /** For the container's proxy. */
  PresenceTracker() {
    broadcaster = null;
    config = null;
    events = null;
    executor = null;
    scheduler = null;
    sync = null;
    local = null;
    messages = null;
  }

  @Inject
  PresenceTracker(
      SseBroadcaster broadcaster,
      StarcastConfig config,
      Event<PresenceEvent> events,
      ClusterBus bus,
      ContainerExecutors executors) {
    this.broadcaster = broadcaster;
    this.config = config;
    this.events = events;
    this.executor = executors.executor();
    this.scheduler = executors.scheduler();
    this.messages = new MessageQuota(config.presence().messages(), System.nanoTime());
    this.local =
        new LocalPresence(
            config.presence().grace(),
            config.presence().away(),
            config.limits().clients(),
            new Changes());
    this.sync =
        config.presence().enabled() && bus.isShared()
            ? new PresenceSync(
                bus, config.presence().grace(), System::nanoTime, scheduler, this::notifySoon)
            : null;
  }

  /** Starts with the application, on a thread that knows the container's names. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    if (sync != null) {
      long tick = PresenceReplication.TICK.toMillis();
      scheduler.scheduleWithFixedDelay(() -> guard(sync::tick), 0, tick, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public Snapshot on(String pattern) {
    CompiledPattern compiled = CompiledPattern.of(pattern);
    // first: what happens from here on is in the snapshot, or comes after it, or both
    String cursor = broadcaster.lastEventId();
    Map<String, Found> found = new HashMap<>();
    synchronized (lock) {
      if (PresenceTopics.isLiteral(pattern)) {
        find(found, pattern);
      } else {
        Set<String> all = new LinkedHashSet<>(local.topics());
        if (sync != null) {
          all.addAll(sync.topics());
        }
        for (String topic : all) {
          if (topic.equals(pattern) || PresenceTopics.isLiteral(topic) && compiled.matches(topic)) {
            find(found, topic);
          }
        }
      }
      List<Member> members =
          found.entrySet().stream()
              .map(entry -> entry.getValue().member(entry.getKey()))
              .sorted(Comparator.comparing(Member::since).thenComparing(Member::user))
              .toList();
      return new Snapshot(cursor, members);
    }
  }

  private void find(Map<String, Found> found, String topic) {
    local
        .on(topic)
        .forEach((user, there) -> found.computeIfAbsent(user, u -> new Found()).add(there));
    if (sync != null) {
      sync.others(
          topic,
          (node, key, entry) ->
              found.computeIfAbsent(key.user(), u -> new Found()).add(node, entry));
    }
  }

  /** Before the application's observers, which may fail, and may ask who is there. */
  void opened(
      @Observes @ClientEvent.Opened @Priority(Interceptor.Priority.PLATFORM_BEFORE)
          ClientEvent event) {
    SseClient client = event.client();
    List<String> joined =
        client.subscription().topics().keySet().stream()
            .filter(pattern -> !LibraryEvents.isOwnTopic(pattern))
            // it may have subscribed to more since it was registered
            .limit(
                config.presence().enabled()
                    ? config.presence().topicsPerClient()
                    : Integer.MAX_VALUE)
            .toList();
    if (joined.isEmpty()) {
      return;
    }
    Connection connection = new Connection(client, joined, sync != null);
    synchronized (lock) {
      local.opened(client, connection);
    }
    notifyAllOf();
  }

  /** As {@link #opened}. */
  void closed(
      @Observes @ClientEvent.Closed @Priority(Interceptor.Priority.PLATFORM_BEFORE)
          ClientEvent event) {
    synchronized (lock) {
      long now = System.nanoTime();
      local.closed(event.client(), event.reason().map(MAY_BE_AWAY::contains).orElse(false), now);
      scheduleExpiry(local.expire(now));
    }
    notifyAllOf();
  }

  private void scheduleExpiry(long delay) {
    if (delay < 0 || expiry != null && expiry.getDelay(TimeUnit.NANOSECONDS) <= delay) {
      return;
    }
    if (expiry != null) {
      expiry.cancel(false);
    }
    expiry = schedule(this::expire, delay);
  }

  private void expire() {
    synchronized (lock) {
      expiry = null;
      scheduleExpiry(local.expire(System.nanoTime()));
    }
    notifySoon();
  }

  /** Null where the application ends. */
  private ScheduledFuture<?> schedule(Runnable task, long delay) {
    try {
      return scheduler.schedule(task, delay, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LogMessage.PRESENCE_ENDED.log(LOG, e);
      return null;
    }
  }

  // ---- notifying

  /** As {@link #notifyAllOf}, for who must not wait. */
  private void notifySoon() {
    try {
      executor.execute(this::notifyAllOf);
    } catch (RejectedExecutionException e) {
      LogMessage.PRESENCE_ENDED.log(LOG, e);
    }
  }

  /** Notifies of all that happened: without a lock, in order, one thread at a time. */
  private void notifyAllOf() {
    synchronized (lock) {
      if (notifying) {
        return;
      }
      notifying = true;
    }
    while (true) {
      PresenceEvent event;
      PresenceEvent message;
      synchronized (lock) {
        Move move = pending.poll();
        event = move == null ? null : move.event;
        if (move != null
            && config.presence().enabled()
            && PresenceTopics.hasMessages(event.topic())) {
          messages.add(move.before, event);
        }
        message = messages.poll(System.nanoTime());
        if (event == null && sync != null) {
          event = sync.event();
        }
        if (event == null && message == null) {
          notifying = false;
          scheduleMessages();
          return;
        }
      }
      if (message != null) {
        PresenceEvent next = message;
        guard(() -> publish(next));
      }
      if (event != null) {
        PresenceEvent next = event;
        guard(() -> events.fireAsync(next));
        guard(() -> events.fire(next));
      }
    }
  }

  /** Goes on when there may be another message; with the lock held. */
  private void scheduleMessages() {
    long delay = messages.delay();
    if (delay >= 0 && !messagesScheduled) {
      messagesScheduled =
          schedule(
                  () -> {
                    synchronized (lock) {
                      messagesScheduled = false;
                    }
                    notifySoon();
                  },
                  delay)
              != null;
    }
  }

  private void publish(PresenceEvent event) {
    broadcaster.publish(
        SseMessage.builder()
            .topic(LibraryEvents.PRESENCE_TOPICS + event.topic())
            .event(LibraryEvents.PRESENCE)
            .data(data(event))
            .build());
  }

  /** The data of a message. */
  static String data(PresenceEvent event) {
    return Json.createObjectBuilder()
        .add("action", event.action().name().toLowerCase(Locale.ROOT))
        .add("user", event.user())
        .add("topic", event.topic())
        .build()
        .toString();
  }

  private static void guard(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
      LogMessage.PRESENCE_FAILED.log(LOG, e);
    }
  }
}
