package org.starcast.presence;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.interceptor.Interceptor;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.starcast.ClientEvent;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.internal.backplane.Commands;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.internal.wire.SseFormat;
import org.starcast.presence.Membership.Note;
import org.starcast.presence.PresenceEvent.Action;
import org.starcast.presence.PresenceSnapshot.Member;
import org.starcast.spi.LoggedEvent;

/**
 * Who is on which topic, on all nodes that share the backplane. Inject it anywhere; thread-safe; no
 * method waits.
 *
 * <p>A {@linkplain SseClient#user() user} is on the topics that the user's clients were subscribed
 * to when they opened; however many clients (tabs) these are, it is one member. A subscription's
 * pattern with wildcards puts nobody on the topics that it matches: who listens to all rooms is in
 * none. It only makes a member of a snapshot of just that pattern. Topics that begin with {@code
 * starcast.} are the library's own, and nobody is on them.
 *
 * <p>A user leaves when the last client on the topic has gone and the user did not come back within
 * {@code starcast.presence.grace}; coming back within it is neither a leave nor a join. A client
 * that is killed is noticed when the next write to it fails, by {@code starcast.heartbeat} at the
 * latest: with the grace its user leaves after about 20 s. One whose machine or network is gone
 * stays for as long as the operating system keeps the connection. An authenticated user, or one
 * that the application {@linkplain org.starcast.Subscription#user(String) names}, is recognized by
 * that; others by a token, see {@link SseBroadcaster#register}.
 *
 * <p>Joins and leaves are CDI events, {@link PresenceEvent}. With {@code starcast.presence.enabled}
 * they are also published on {@code starcast.presence.<topic>}, as an event {@code
 * starcast-presence} with the data <code>{"action":"join","user":…,"topic":…}</code>, the action
 * being {@code join} or {@code leave}; not for topics of more than 238 characters or 14 segments.
 * Whoever may subscribe to that topic learns who is there, which is a permission of its own, {@link
 * org.starcast.security.TopicAuthorizer.Action#PRESENCE}; a subscription to everything has it too.
 * A client may then have {@code starcast.presence.max-topics-per-client} topics, and not more than
 * {@code starcast.presence.max-messages-per-minute} are published where this is the only node:
 * beyond that, messages come late, and who has joined and left meanwhile is not told of. {@link
 * #on} and the CDI events are at once, always.
 *
 * <p>Nodes tell each other who is there only with {@code starcast.presence.enabled}; without it,
 * each knows its own clients. With it, a join is told when the user's first client on any node is
 * there, a leave when the last one has gone; once, by one of the nodes: that is where the CDI event
 * is fired. Other nodes know it as soon as the backplane brings it: an open client costs a command
 * in the order of events, and so does a closed one, or many of them one together. A node that
 * starts tells nothing until the others have told it who is there, which takes it up to 5 s if it
 * is the first one. Of a node that has stopped, users have the grace to come to another one; those
 * of one that was killed leave when the others notice, see {@link org.starcast.presence.Cluster}. A
 * node that is cut off knows its own clients, and what it knew; who comes and goes there meanwhile
 * is told when it is back. What a node that is killed or taken for gone had to tell just then may
 * be told twice, late, or in the wrong order; the nodes put right, most within 20 s, what is wrong
 * in the end. Only where a backplane loses events, or all nodes end that knew, it is not; who is
 * there, as {@link #on} tells it, is right again soon.
 *
 * <pre>{@code
 * PresenceSnapshot now = presence.on("chat.lobby");          // into the page, then:
 * Subscription.to("chat.lobby", "starcast.presence.chat.lobby").resumeFrom(now.cursor());
 * }</pre>
 */
@ApplicationScoped
public class Presence {

  private static final System.Logger LOG = System.getLogger(Presence.class.getName());

  /** What the library's own topics begin with. */
  static final String RESERVED = "starcast.";

  private static final String MESSAGES = "starcast.presence.";

  /** A client that is open, or that has gone less than the grace period ago. */
  private static final class Attendant {
    private final String user;
    private final List<String> places;
    private final Instant since;
    private final Map<String, Object> metadata;
    private boolean open = true;
    private long leavesAt;

    Attendant(SseClient client, List<String> places) {
      this.user = client.user();
      this.places = places;
      this.since = client.created();
      this.metadata = client.metadata();
    }
  }

  /** A user's clients in one place. */
  private record Attendance(Instant since, Collection<Attendant> attendants) {

    int clients() {
      return (int) attendants.stream().filter(attendant -> attendant.open).count();
    }

    /** The one that opened last; there is one. */
    Attendant last() {
      Attendant last = null;
      for (Attendant attendant : attendants) {
        if (last == null || !attendant.since.isBefore(last.since)) {
          last = attendant;
        }
      }
      return last;
    }
  }

  /** A user of a snapshot, and the user's clients on all nodes. */
  private static final class Found {
    private final Set<Attendant> attendants = new LinkedHashSet<>();

    /** How many clients other nodes have: the most in one of the places. */
    private final Map<String, Integer> elsewhere = new HashMap<>();

    private Instant since = Instant.MAX;
    private Fact latest;

    void add(Attendance there) {
      attendants.addAll(there.attendants);
      joined(there.since);
    }

    void add(String node, Fact there) {
      elsewhere.merge(node, there.clients(), Math::max);
      joined(Instant.ofEpochMilli(there.since()));
      if (latest == null || there.opened() >= latest.opened()) {
        latest = there;
      }
    }

    private void joined(Instant instant) {
      since = instant.isBefore(since) ? instant : since;
    }

    Member member(String user) {
      Attendance here = new Attendance(since, attendants);
      int clients = here.clients();
      for (int count : elsewhere.values()) {
        clients += count;
      }
      Attendant last = here.last();
      boolean isHere =
          latest == null || last != null && last.since.toEpochMilli() >= latest.opened();
      return new Member(user, clients, since, isHere ? last.metadata : latest.values());
    }
  }

  private final SseBroadcaster broadcaster;
  private final StarcastConfig config;
  private final Event<PresenceEvent> events;
  private final Executor executor;
  private final ScheduledExecutorService timer;

  /** Null where this node is the only one that matters. */
  private final Sharing sharing;

  private final Object lock = new Object();

  // all guarded by the lock

  /** By identity, as the next client may have the same id before this one's end is told. */
  private final Map<SseClient, Attendant> open = new IdentityHashMap<>();

  /** By pattern as written, then by user. */
  private final Map<String, Map<String, Attendance>> places = new HashMap<>();

  /** Those that have gone, in the order in which they are to leave. */
  private final ArrayDeque<Attendant> leaving = new ArrayDeque<>();

  /** What is to be told, in the order in which it happened; of this node alone. */
  private final ArrayDeque<PresenceEvent> untold = new ArrayDeque<>();

  /** Those of {@link #untold} that are to be messages. */
  private final MessageQuota messages;

  private boolean telling;
  private boolean messagesScheduled;
  private boolean scheduled;

  /** For the container's proxy. */
  Presence() {
    broadcaster = null;
    config = null;
    events = null;
    executor = null;
    timer = null;
    sharing = null;
    messages = null;
  }

  @Inject
  Presence(
      SseBroadcaster broadcaster,
      StarcastConfig config,
      Event<PresenceEvent> events,
      Commands commands,
      ContainerExecutors executors) {
    this.broadcaster = broadcaster;
    this.config = config;
    this.events = events;
    this.messages = new MessageQuota(config.presence().messages(), System.nanoTime());
    this.executor = executors.executor();
    this.timer = executors.scheduler();
    // asked first, as it is what binds the commands to a backplane
    broadcaster.count();
    this.sharing =
        config.presence().enabled() && commands.isShared()
            ? new Sharing(
                commands, config.presence().grace(), System::nanoTime, timer, this::tellElsewhere)
            : null;
    if (sharing != null) {
      commands.onEvent(MESSAGES, this::heard);
    }
  }

  /** Starts with the application, on a thread that knows the container's names. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    if (sharing != null) {
      Duration tick = Sharing.TICK;
      timer.scheduleWithFixedDelay(
          () -> guard(sharing::tick), 0, tick.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Who is on the topics that match, and where to go on from there.
   *
   * @param pattern a topic or a pattern; the latter also finds those who subscribe to just it
   * @throws IllegalArgumentException if the pattern is malformed
   */
  public PresenceSnapshot on(String pattern) {
    CompiledPattern compiled = CompiledPattern.of(pattern);
    // first: what happens from here on is in the snapshot, or comes after it, or both
    String cursor = broadcaster.lastEventId();
    Map<String, Found> found = new HashMap<>();
    synchronized (lock) {
      if (isLiteral(pattern)) {
        find(found, pattern);
      } else {
        Set<String> all = new LinkedHashSet<>(places.keySet());
        if (sharing != null) {
          all.addAll(sharing.places());
        }
        for (String place : all) {
          if (place.equals(pattern) || isLiteral(place) && compiled.matches(place)) {
            find(found, place);
          }
        }
      }
      List<Member> members =
          found.entrySet().stream()
              .map(entry -> entry.getValue().member(entry.getKey()))
              .sorted(Comparator.comparing(Member::since).thenComparing(Member::user))
              .toList();
      return new PresenceSnapshot(cursor, members);
    }
  }

  private void find(Map<String, Found> found, String place) {
    places
        .getOrDefault(place, Map.of())
        .forEach((user, there) -> found.computeIfAbsent(user, u -> new Found()).add(there));
    if (sharing != null) {
      sharing.others(
          place,
          (user, node, fact) -> found.computeIfAbsent(user, u -> new Found()).add(node, fact));
    }
  }

  /** Before the application's observers, which may fail, and may ask who is there. */
  void opened(
      @Observes @ClientEvent.Opened @Priority(Interceptor.Priority.PLATFORM_BEFORE)
          ClientEvent event) {
    SseClient client = event.client();
    List<String> joined =
        client.subscription().topics().keySet().stream()
            .filter(Presence::isCounted)
            // it may have subscribed to more since it was registered
            .limit(
                config.presence().enabled()
                    ? config.presence().topicsPerClient()
                    : Integer.MAX_VALUE)
            .toList();
    if (joined.isEmpty()) {
      return;
    }
    Attendant attendant = new Attendant(client, joined);
    synchronized (lock) {
      open.put(client, attendant);
      for (String place : joined) {
        Map<String, Attendance> users = places.computeIfAbsent(place, p -> new HashMap<>(2));
        Attendance there = users.get(attendant.user);
        if (there == null) {
          there = new Attendance(attendant.since, new ArrayList<>(1));
          users.put(attendant.user, there);
          note(Action.JOIN, attendant.user, place);
        }
        there.attendants.add(attendant);
        share(attendant.user, place);
      }
    }
    tell();
  }

  /** As {@link #opened}. */
  void closed(
      @Observes @ClientEvent.Closed @Priority(Interceptor.Priority.PLATFORM_BEFORE)
          ClientEvent event) {
    long grace = config.presence().grace().toNanos();
    synchronized (lock) {
      Attendant attendant = open.remove(event.client());
      if (attendant == null) {
        return;
      }
      attendant.open = false;
      attendant.places.forEach(place -> share(attendant.user, place));
      if (grace == 0) {
        leave(attendant);
      } else {
        attendant.leavesAt = System.nanoTime() + grace;
        leaving.add(attendant);
        if (leaving.size() > config.limits().clients()) {
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
      share(attendant.user, place);
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
    tellElsewhere();
  }

  /** Something happened on this node, which is all there is to it if there is no other. */
  private void note(Action action, String user, String place) {
    if (sharing == null && isLiteral(place)) {
      untold.add(new PresenceEvent(action, user, place));
    }
  }

  /** Has other nodes know what is so here; whether that is a join or a leave shows their order. */
  private void share(String user, String place) {
    if (sharing == null) {
      return;
    }
    Attendance there = places.getOrDefault(place, Map.of()).get(user);
    Fact fact = null;
    if (there != null) {
      Attendant last = there.last();
      fact =
          new Fact(
              there.clients(),
              there.since.toEpochMilli(),
              last.since.toEpochMilli(),
              Fact.json(last.metadata));
    }
    sharing.set(new Fact.Key(place, user), fact);
  }

  /** As {@link #tell}, for who must not wait. */
  private void tellElsewhere() {
    try {
      executor.execute(this::tell);
    } catch (RejectedExecutionException e) {
      LogMessage.PRESENCE_ENDED.log(LOG, e);
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
      PresenceEvent message;
      Note note;
      synchronized (lock) {
        note = sharing == null ? null : sharing.next();
        event = note == null ? untold.poll() : event(note);
        if (event != null && note == null && isPublished(event)) {
          messages.add(event);
        }
        message = messages.poll(System.nanoTime());
        if (event == null && message == null) {
          telling = false;
          scheduleMessages();
          return;
        }
      }
      if (message != null) {
        guard(() -> publish(message));
      }
      if (note != null) {
        publish(event, note);
      }
      if (event != null && (note == null || !note.repeated())) {
        guard(() -> events.fireAsync(event));
        guard(() -> events.fire(event));
      }
    }
  }

  /** Goes on when there may be another message; with the lock held. */
  private void scheduleMessages() {
    long delay = messages.delay();
    if (delay < 0 || messagesScheduled) {
      return;
    }
    try {
      timer.schedule(this::tellMessages, delay, TimeUnit.NANOSECONDS);
      messagesScheduled = true;
    } catch (RejectedExecutionException e) {
      LogMessage.PRESENCE_ENDED.log(LOG, e);
    }
  }

  private void tellMessages() {
    synchronized (lock) {
      messagesScheduled = false;
    }
    tellElsewhere();
  }

  /** A message of this or another node has its place. */
  private void heard(LoggedEvent event) {
    String data = SseFormat.decode(event.bytes(), event.length()).data().orElse("");
    try (JsonReader reader = Fact.JSON.createReader(new StringReader(data))) {
      JsonObject message = reader.readObject();
      sharing.heard(
          new Fact.Key(message.getString("topic"), message.getString("user")),
          Action.valueOf(message.getString("action").toUpperCase(Locale.ROOT)));
    }
  }

  private static PresenceEvent event(Note note) {
    return new PresenceEvent(note.action(), note.key().user(), note.key().place());
  }

  private void publish(PresenceEvent event, Note note) {
    try {
      publish(event).whenComplete((id, failure) -> sharing.told(note, failure));
    } catch (RuntimeException e) {
      LogMessage.PRESENCE_RETRIED.log(LOG, e);
      sharing.told(note, e);
    }
  }

  private CompletionStage<String> publish(PresenceEvent event) {
    String topic = MESSAGES + event.topic();
    if (!isPublished(event)) {
      return CompletableFuture.completedStage("");
    }
    String data =
        Json.createObjectBuilder()
            .add("action", event.action().name().toLowerCase(Locale.ROOT))
            .add("user", event.user())
            .add("topic", event.topic())
            .build()
            .toString();
    return broadcaster
        .publish(SseMessage.builder().topic(topic).event(LibraryEvents.PRESENCE).data(data).build())
        .stored();
  }

  private boolean isPublished(PresenceEvent event) {
    return config.presence().enabled() && fits(MESSAGES + event.topic());
  }

  private static void guard(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
      LogMessage.PRESENCE_FAILED.log(LOG, e);
    }
  }

  private static boolean isCounted(String pattern) {
    return !pattern.startsWith(RESERVED);
  }

  /** Whether a pattern has no wildcards. */
  static boolean isLiteral(String pattern) {
    return pattern.indexOf('*') < 0 && pattern.indexOf('+') < 0;
  }

  /** Whether joins and leaves there are messages. */
  static boolean isTold(String place) {
    return isLiteral(place) && fits(MESSAGES + place);
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
