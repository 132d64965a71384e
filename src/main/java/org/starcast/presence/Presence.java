package org.starcast.presence;

import jakarta.annotation.PreDestroy;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.interceptor.Interceptor;
import jakarta.json.Json;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.starcast.ClientEvent;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.StarcastConfig;
import org.starcast.cdi.ContainerExecutors;
import org.starcast.presence.PresenceEvent.Action;
import org.starcast.presence.PresenceSnapshot.Member;
import org.starcast.topic.TopicName;
import org.starcast.topic.TopicPattern;

/**
 * Who is on which topic, on this node. Inject it anywhere; thread-safe; no method waits.
 *
 * <p>A {@linkplain SseClient#user() user} is on the topics that the user's clients were subscribed
 * to when they opened; however many clients (tabs) these are, it is one member. A subscription's
 * pattern with wildcards puts nobody on the topics that it matches: who listens to all rooms is in
 * none. It only makes a member of a snapshot of just that pattern. Topics that begin with {@code
 * starcast.} are the library's own, and nobody is on them.
 *
 * <p>A user leaves when the last client on the topic has gone and the user did not come back within
 * {@code starcast.presence.grace}; coming back within it is neither a leave nor a join. An
 * authenticated user, or one that the application {@linkplain
 * org.starcast.Subscription#user(String) names}, is recognized by that; others by a token, see
 * {@link SseBroadcaster#register}.
 *
 * <p>Joins and leaves are CDI events, {@link PresenceEvent}. With {@code starcast.presence.enabled}
 * they are also published on {@code starcast.presence.<topic>}, as an event {@code
 * starcast-presence} with the data <code>{"action":"join","user":…,"topic":…}</code>, the action
 * being {@code join} or {@code leave}; not for topics of more than 238 characters or 14 segments.
 * Whoever may subscribe to that topic learns who is there, which is a permission of its own, {@link
 * org.starcast.security.Action#PRESENCE}; a subscription to everything has it too.
 *
 * <pre>{@code
 * PresenceSnapshot now = presence.on("chat.lobby");          // into the page, then:
 * Subscription.to("chat.lobby", "starcast.presence.chat.lobby").resumeFrom(now.cursor());
 * }</pre>
 */
@ApplicationScoped
public class Presence {

  private static final System.Logger LOG = System.getLogger(Presence.class.getName());
  private static final String RESERVED = "starcast.";
  private static final String MESSAGES = "starcast.presence.";

  /** A client that is open, or that has gone less than the grace period ago. */
  private static final class Attendant {
    private final String user;
    private final Set<String> places;
    private final Instant since;
    private final Map<String, Object> metadata;
    private boolean open = true;
    private long leavesAt;

    Attendant(SseClient client, Set<String> places) {
      this.user = client.user();
      this.places = places;
      this.since = client.created();
      this.metadata = client.metadata();
    }
  }

  /** A user's clients in one place. */
  private record Attendance(Instant since, Set<Attendant> attendants) {}

  private final SseBroadcaster broadcaster;
  private final StarcastConfig config;
  private final Event<PresenceEvent> events;
  private final ContainerExecutors executors;
  private final ScheduledThreadPoolExecutor timer;
  private final Object lock = new Object();

  // all guarded by the lock

  /** By identity, as the next client may have the same id before this one's end is told. */
  private final Map<SseClient, Attendant> open = new IdentityHashMap<>();

  /** By pattern as written, then by user. */
  private final Map<String, Map<String, Attendance>> places = new HashMap<>();

  /** Those that have gone, in the order in which they are to leave. */
  private final ArrayDeque<Attendant> leaving = new ArrayDeque<>();

  /** What is to be told, in the order in which it happened. */
  private final ArrayDeque<PresenceEvent> untold = new ArrayDeque<>();

  private boolean telling;
  private boolean scheduled;

  /** For the container's proxy. */
  Presence() {
    broadcaster = null;
    config = null;
    events = null;
    executors = null;
    timer = null;
  }

  @Inject
  Presence(SseBroadcaster broadcaster, StarcastConfig config, Event<PresenceEvent> events) {
    this.broadcaster = broadcaster;
    this.config = config;
    this.events = events;
    ContainerExecutors container = ContainerExecutors.lookup();
    this.executors = container;
    this.timer =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = container.threadFactory().newThread(task);
              thread.setName("starcast-presence");
              return thread;
            });
  }

  /** Starts with the application, on a thread that knows the container's names. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    // being there is all
  }

  @PreDestroy
  void close() {
    timer.shutdownNow();
    executors.close();
  }

  /**
   * Who is on the topics that match, and where to go on from there.
   *
   * @param pattern a topic or a pattern; the latter also finds those who subscribe to just it
   * @throws IllegalArgumentException if the pattern is malformed
   */
  public PresenceSnapshot on(String pattern) {
    TopicPattern compiled = TopicPattern.of(pattern);
    // first: what happens from here on is in the snapshot, or comes after it, or both
    String cursor = broadcaster.lastEventId();
    Map<String, Attendance> found = new HashMap<>();
    synchronized (lock) {
      if (isLiteral(pattern)) {
        places.getOrDefault(pattern, Map.of()).forEach((user, there) -> add(found, user, there));
      } else {
        places.forEach(
            (place, users) -> {
              if (place.equals(pattern) || isLiteral(place) && compiled.matches(place)) {
                users.forEach((user, there) -> add(found, user, there));
              }
            });
      }
      return new PresenceSnapshot(
          cursor,
          found.entrySet().stream()
              .map(entry -> member(entry.getKey(), entry.getValue()))
              .sorted(Comparator.comparing(Member::since).thenComparing(Member::user))
              .toList());
    }
  }

  private static void add(Map<String, Attendance> found, String user, Attendance there) {
    Attendance known = found.get(user);
    boolean earlier = known == null || there.since.isBefore(known.since);
    Set<Attendant> all = new LinkedHashSet<>(known == null ? Set.of() : known.attendants);
    all.addAll(there.attendants);
    found.put(user, new Attendance(earlier ? there.since : known.since, all));
  }

  private static Member member(String user, Attendance there) {
    int clients = 0;
    Attendant last = null;
    for (Attendant attendant : there.attendants) {
      clients += attendant.open ? 1 : 0;
      if (last == null || !attendant.since.isBefore(last.since)) {
        last = attendant;
      }
    }
    return new Member(user, clients, there.since, last.metadata);
  }

  /** Before the application's observers, which may fail, and may ask who is there. */
  void opened(
      @Observes @ClientEvent.Opened @Priority(Interceptor.Priority.PLATFORM_BEFORE)
          ClientEvent event) {
    SseClient client = event.client();
    Set<String> joined = new LinkedHashSet<>(client.subscription().topics().keySet());
    joined.removeIf(place -> place.startsWith(RESERVED));
    if (joined.isEmpty()) {
      return;
    }
    Attendant attendant = new Attendant(client, joined);
    synchronized (lock) {
      open.put(client, attendant);
      for (String place : joined) {
        Map<String, Attendance> users = places.computeIfAbsent(place, p -> new HashMap<>());
        Attendance there = users.get(attendant.user);
        if (there == null) {
          there = new Attendance(attendant.since, new LinkedHashSet<>());
          users.put(attendant.user, there);
          note(Action.JOIN, attendant.user, place);
        }
        there.attendants.add(attendant);
      }
    }
    tell();
  }

  /** As {@link #opened}. */
  void closed(
      @Observes @ClientEvent.Closed @Priority(Interceptor.Priority.PLATFORM_BEFORE)
          ClientEvent event) {
    long grace = config.presenceGrace().toNanos();
    synchronized (lock) {
      Attendant attendant = open.remove(event.client());
      if (attendant == null) {
        return;
      }
      attendant.open = false;
      if (grace == 0) {
        leave(attendant);
      } else {
        attendant.leavesAt = System.nanoTime() + grace;
        leaving.add(attendant);
        if (leaving.size() > config.maxClients()) {
          // many come and go at once: rather a leave too early than memory without bound
          leave(leaving.remove());
        }
        schedule();
      }
    }
    tell();
  }

  private void leave(Attendant attendant) {
    for (String place : attendant.places) {
      Map<String, Attendance> users = places.get(place);
      Attendance there = users.get(attendant.user);
      there.attendants.remove(attendant);
      if (there.attendants.isEmpty()) {
        users.remove(attendant.user);
        note(Action.LEAVE, attendant.user, place);
      }
      if (users.isEmpty()) {
        places.remove(place);
      }
    }
  }

  /** Has the timer look when the first grace period ends. */
  private void schedule() {
    if (scheduled || leaving.isEmpty()) {
      return;
    }
    try {
      timer.schedule(
          this::expire, leaving.element().leavesAt - System.nanoTime(), TimeUnit.NANOSECONDS);
      scheduled = true;
    } catch (RejectedExecutionException e) {
      // the application has ended, and nobody is there to be told
      leaving.clear();
    }
  }

  private void expire() {
    synchronized (lock) {
      scheduled = false;
      while (!leaving.isEmpty() && leaving.element().leavesAt - System.nanoTime() <= 0) {
        leave(leaving.remove());
      }
      schedule();
    }
    tell();
  }

  private void note(Action action, String user, String place) {
    if (isLiteral(place)) {
      untold.add(new PresenceEvent(action, user, place));
    }
  }

  /**
   * Tells all that happened: outside of the lock, and in order, as one thread does it at a time.
   */
  private void tell() {
    synchronized (lock) {
      if (telling) {
        return;
      }
      telling = true;
    }
    while (true) {
      PresenceEvent event;
      synchronized (lock) {
        event = untold.poll();
        if (event == null) {
          telling = false;
          return;
        }
      }
      guard(() -> publish(event));
      guard(() -> events.fireAsync(event));
      guard(() -> events.fire(event));
    }
  }

  private void publish(PresenceEvent event) {
    String topic = MESSAGES + event.topic();
    if (!config.presence() || !fits(topic)) {
      return;
    }
    String data =
        Json.createObjectBuilder()
            .add("action", event.action().name().toLowerCase(Locale.ROOT))
            .add("user", event.user())
            .add("topic", event.topic())
            .build()
            .toString();
    broadcaster.publish(
        SseMessage.builder().topic(topic).event("starcast-presence").data(data).build());
  }

  private static void guard(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.WARNING, "STARCAST-1011: presence could not be told", e);
    }
  }

  /** Whether a pattern has no wildcards. */
  private static boolean isLiteral(String pattern) {
    return pattern.indexOf('*') < 0 && pattern.indexOf('+') < 0;
  }

  /** Whether it is within the bounds of a topic. */
  private static boolean fits(String topic) {
    try {
      TopicName.check(topic);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
