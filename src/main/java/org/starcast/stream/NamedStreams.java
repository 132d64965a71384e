package org.starcast.stream;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Predicate;
import org.starcast.RefusedException;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.cdi.Payloads;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.engine.StreamListener;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.spi.StoredEvent;
import org.starcast.stream.NamedRun.Phase;
import org.starcast.stream.SseStreams.NamedStream;
import org.starcast.stream.StreamMark.Kind;

/**
 * The named streams of all nodes, as this one knows them, by the events of their topics alone: each
 * has a {@link StreamMark} as its sender. So the order of events decides whose source runs, and
 * whether it has ended, on every node alike, and after a restart with what the file has.
 *
 * <p>What events do not tell is asked for: a node that starts, or has lost events, says so ({@code
 * stream-hello}); the others say what they run ({@code stream-running}). It claims nothing for
 * three of its heartbeats after that, and then takes for lost what nobody has said to run. What a
 * node ran that is declared gone is ended by the others; by the key of the end, once.
 *
 * <p>Handlers of events only change state, under the lock; everything else is done by the
 * container's threads, without it. Thread-safe.
 *
 * <p>Over 500 lines, as all that the one lock guards is here, so that each change of a state is
 * seen beside the others that it may meet.
 */
@ApplicationScoped
class NamedStreams implements StreamListener {

  static final System.Logger LOG = System.getLogger("org.starcast.stream");

  private static final String HELLO = "stream-hello";
  private static final String IS_RUNNING = "stream-running";
  private static final String STOP = "stream-stop";
  private static final String VIEWERS = "stream-viewers";

  /** The own heartbeats within which all nodes that follow have answered. */
  private static final int ANSWERED = 3;

  /** How long it counts that another node had viewers. */
  private static final long SEEN_NANOS = Duration.ofSeconds(8).toNanos();

  private static final Duration LEAST_UNWATCHED = Duration.ofSeconds(10);

  /** The most streams that have ended and are known, and nodes whose heartbeats are. */
  private static final int MAX_ENDED = 10_000;

  private static final int MAX_NODES = 1000;

  /** The most streams that one command names. */
  private static final int MAX_NAMED = 100;

  private final SseBroadcaster broadcaster;
  private final ClusterBus bus;
  private final StarcastConfig config;
  private final Function<Object, SseMessage> encoder;
  private final Executor executor;
  private final Timer timer;
  private final Object lock = new Object();

  // guarded by the lock

  private final Map<String, NamedRun> streams = new HashMap<>();
  private final Queue<NamedRun> over = new ArrayDeque<>();
  private final Map<String, Long> heartbeats = new HashMap<>();
  private final List<NamedRun> unclaimed = new ArrayList<>();

  /** The clients whose streams end with the named one of this id, whether it is there or not. */
  private final Map<String, Set<SseClient>> viewers = new HashMap<>();

  private int running;
  private long numbers;

  /** The sequence of the last event of a named stream. */
  private long applied;

  private boolean ending;

  /** Whether the others have said what they run. */
  private boolean informed;

  /** The own heartbeats since this node has asked; below zero until it has. */
  private int asked = -1;

  /** For the container's proxy. */
  NamedStreams() {
    this(null, null, null, null, null, null);
  }

  @Inject
  NamedStreams(
      SseBroadcaster broadcaster,
      ClusterBus bus,
      StarcastConfig config,
      Payloads payloads,
      ContainerExecutors executors) {
    this(
        broadcaster,
        bus,
        config,
        payloads::toMessage,
        executors.executor(),
        Timer.of(executors.scheduler()));
    listen();
  }

  private NamedStreams(
      SseBroadcaster broadcaster,
      ClusterBus bus,
      StarcastConfig config,
      Function<Object, SseMessage> encoder,
      Executor executor,
      Timer timer) {
    this.broadcaster = broadcaster;
    this.bus = bus;
    this.config = config;
    this.encoder = encoder;
    this.executor = executor;
    this.timer = timer;
  }

  /** Those of a node that is no bean. */
  static NamedStreams of(
      SseBroadcaster broadcaster,
      ClusterBus bus,
      StarcastConfig config,
      Function<Object, SseMessage> encoder,
      Executor executor,
      Timer timer) {
    NamedStreams streams = new NamedStreams(broadcaster, bus, config, encoder, executor, timer);
    streams.listen();
    return streams;
  }

  private void listen() {
    bus.onEnding(this::end);
    if (!bus.isShared()) {
      informed = true;
      return;
    }
    bus.on(ClusterBus.NODE_ALIVE, (at, node, body) -> alive(node, body));
    bus.on(ClusterBus.NODE_GONE, (at, by, body) -> gone(body.getString("gone"), by, body));
    bus.on(HELLO, (at, node, body) -> hello(node));
    bus.on(IS_RUNNING, this::isRunning);
    bus.on(STOP, (at, node, body) -> stop(body));
    bus.on(VIEWERS, (at, node, body) -> seen(node, body));
    bus.onMissed(this::missed);
  }

  /** Starts with the application, on a thread that knows the container's names. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    start();
  }

  /** What was stored before the start has come: what goes on there goes on no more. */
  void start() {
    broadcaster.lastEventId(); // which has the engine start
    if (bus.isShared()) {
      bus.send(HELLO, JsonObject.EMPTY_JSON_OBJECT);
    } else {
      synchronized (lock) {
        asked = 0; // there is nobody else, and what was stored has come
      }
      endLost(run -> run.own() == null);
    }
  }

  // ---- what applications ask for

  /** See {@link SseStreams#named(String, Source, StreamOptions)}. */
  <T> NamedStream named(String id, Source<T> source, StreamOptions<? super T> options) {
    TopicName.check(id);
    if (LibraryEvents.isOwnTopic(id)) {
      throw new IllegalArgumentException("id: those that begin with starcast. are the library's");
    }
    if (config.log().events() == 0) {
      throw new IllegalStateException("starcast.log.events: must not be 0 for named streams");
    }
    SourceReader<T> reader = source.use();
    broadcaster.lastEventId(); // what was there before the start is known after it
    NamedRun run;
    boolean isNew;
    boolean claims;
    RefusedException refused = null;
    synchronized (lock) {
      forget();
      run = streams.get(id);
      isNew = run == null && !ending && running < config.streams().max();
      claims = isNew && informed;
      if (isNew) {
        StreamMark mark =
            new StreamMark(
                options.unwatchedTimeout().isZero() ? Kind.START : Kind.WATCHED,
                bus.node(),
                ++numbers,
                applied);
        run = new NamedRun(this, id, new NamedSource<>(this, id, mark, reader, options));
        streams.put(id, run);
        running++;
        if (!claims) {
          unclaimed.add(run);
        }
      } else if (run == null) {
        refused = refusal();
      }
    }
    if (!isNew) {
      closeUnused(reader);
    }
    if (refused != null) {
      throw refused;
    }
    if (claims) {
      claim(run);
    }
    return run;
  }

  private RefusedException refusal() {
    return ending
        ? new RefusedException(503, "the application is stopping", 5)
        : new RefusedException(
            503, "starcast.streams.max: " + config.streams().max() + " named streams go on", 5);
  }

  static void closeUnused(SourceReader<?> reader) {
    try {
      reader.close();
    } catch (Throwable e) { // nobody has used it
      LogMessage.SOURCE_NOT_CLOSED.log(LOG, e);
    }
  }

  /** The stream of this id; null if there is none. */
  NamedRun find(String id) {
    synchronized (lock) {
      forget();
      return streams.get(id);
    }
  }

  /** Ends a run, on whichever node it is. */
  void stop(NamedRun run) {
    NamedSource<?> own;
    StreamMark mark;
    synchronized (lock) {
      if (run.phase().isOver()) {
        return;
      }
      own = run.own();
      mark = run.mark();
    }
    if (own != null) {
      own.stop("stopped");
    } else {
      bus.sendUntilStored(
          STOP,
          Json.createObjectBuilder()
              .add("stream", run.id())
              .add("of", mark.node())
              .add("n", mark.number())
              .build());
    }
  }

  /** How a run stands. */
  Phase phase(NamedRun run) {
    synchronized (lock) {
      return run.phase();
    }
  }

  long items(NamedRun run) {
    synchronized (lock) {
      return run.counted();
    }
  }

  /** The first and the last event of a run; null for one that is not there, or not known. */
  EventId[] bounds(NamedRun run) {
    synchronized (lock) {
      return new EventId[] {run.begin(), run.end()};
    }
  }

  /** Has a client's stream end behind the stream of this id; now if that has ended. */
  void closeBehind(String id, SseClient client) {
    boolean isOver;
    synchronized (lock) {
      NamedRun run = streams.get(id);
      isOver = run != null && run.phase().isOver();
      if (!isOver) {
        viewers.computeIfAbsent(id, i -> new HashSet<>()).add(client);
      }
    }
    if (isOver) {
      client.close();
    } else {
      client.whenClosed().thenRun(() -> left(id, client));
    }
  }

  private void left(String id, SseClient client) {
    synchronized (lock) {
      Set<SseClient> others = viewers.get(id);
      if (others != null && others.remove(client) && others.isEmpty()) {
        viewers.remove(id);
      }
    }
  }

  // ---- claims and ends

  private void claim(NamedRun run) {
    NamedSource<?> own = run.own();
    if (own == null) {
      // another node was first
      return;
    }
    publish(run.id(), own.mark(), LibraryEvents.STREAM_START, start(run.id()), null)
        .whenComplete(
            (at, failure) -> {
              if (failure != null) {
                LogMessage.STREAM_NOT_STORED.log(LOG, failure);
                soon(() -> unclaim(run, own));
              }
            });
  }

  private static String start(String id) {
    return Json.createObjectBuilder().add("stream", id).build().toString();
  }

  /** The start was not stored, or may not have been. */
  private void unclaim(NamedRun run, NamedSource<?> own) {
    synchronized (lock) {
      if (run.phase() != Phase.CLAIMED || run.own() != own) {
        return;
      }
      end(run, Phase.FAILED, null);
      streams.remove(run.id(), run);
    }
    own.discard();
    run.complete();
  }

  /** What becomes of an event: {@link ClusterBus#publish}, and a failure in place of a throw. */
  private CompletionStage<Long> publish(
      String id, StreamMark mark, String event, String data, String key) {
    try {
      return bus.publish(id, mark.toString(), event, data, key);
    } catch (RuntimeException e) {
      // such as a disk that has failed for too long
      return CompletableFuture.failedStage(e);
    }
  }

  /**
   * Publishes the end of a run.
   *
   * @param items how many messages it has published; below zero for not known
   * @param failed called if it is not stored, or may not be
   */
  void publishEnd(String id, StreamMark end, String reason, long items, Runnable failed) {
    JsonObjectBuilder data = Json.createObjectBuilder().add("stream", id);
    data.add("outcome", end.kind().name().toLowerCase(Locale.ROOT));
    if (reason != null) {
      data.add("reason", reason);
    }
    if (items >= 0) {
      data.add("items", items);
    }
    publish(id, end, LibraryEvents.STREAM_END, data.build().toString(), end.endKey())
        .whenComplete(
            (at, failure) -> {
              if (failure != null) {
                LogMessage.STREAM_NOT_STORED.log(LOG, failure);
                failed.run();
              }
            });
  }

  /** Ends what goes on and has lost its node, with all that know that it has. */
  private void endLost(Predicate<NamedRun> lost) {
    List<NamedRun> those;
    synchronized (lock) {
      those =
          streams.values().stream()
              .filter(run -> run.phase() == Phase.RUNNING && lost.test(run))
              .toList();
    }
    those.forEach(this::endLost);
  }

  private void endLost(NamedRun run) {
    publishEnd(run.id(), run.mark().as(Kind.FAILED), "lost", -1, () -> {});
  }

  // ---- what comes, in the order of events

  @Override
  public void streamed(EventId at, StoredEvent event) {
    StreamMark mark = event.topics().size() == 1 ? StreamMark.of(event.sender()) : null;
    if (mark == null) {
      return;
    }
    String id = event.topics().get(0);
    Runnable then;
    synchronized (lock) {
      applied = at.sequence();
      NamedRun run = streams.get(id);
      then =
          switch (mark.kind()) {
            case START, WATCHED -> started(at, id, run, mark);
            case ITEM -> item(id, run, mark);
            default -> ended(at, id, run, mark);
          };
    }
    if (then != null) {
      soon(then);
    }
  }

  // these are called with the lock, and give what is to be done without it, or null

  private Runnable started(EventId at, String id, NamedRun known, StreamMark mark) {
    if (known != null && known.phase() == Phase.RUNNING && !known.mark().sameRun(mark)) {
      // who claims it does not know that it goes on
      return known.own() == null ? null : this::sayRunning;
    }
    if (known != null
        && known.phase().isOver()
        && known.begin() != null
        && mark.since() < known.begin().sequence()
        && at.epoch().equals(known.begin().epoch())) {
      // of the same time, and second: that the other one is over by now changes nothing
      return null;
    }
    NamedRun run = known == null || known.phase().isOver() ? put(id) : known;
    NamedSource<?> own = run.own();
    boolean mine = own != null && own.mark().sameRun(mark);
    Runnable discarded = mine ? null : disown(run);
    run.began(mark, at, asked >= 0);
    if (mine) {
      return own::begin;
    }
    if (mark.node().equals(bus.node())) {
      // of a claim that was given up
      return () -> endLost(run);
    }
    return discarded;
  }

  private Runnable item(String id, NamedRun known, StreamMark mark) {
    if (informed && asked >= 0 && (known == null || known.phase() == Phase.CLAIMED)) {
      return null; // nothing began there: it comes late, or from somebody else
    }
    Runnable then = null;
    NamedRun run = known;
    if (run == null || run.phase() == Phase.CLAIMED) {
      // it began before this node knew
      then = run == null ? null : disown(run);
      run = run == null ? put(id) : run;
      run.began(mark, null, asked >= 0);
    }
    if (run.phase() == Phase.RUNNING && run.mark().sameRun(mark)) {
      run.counts(asked >= 0);
    }
    return then;
  }

  private Runnable ended(EventId at, String id, NamedRun known, StreamMark mark) {
    NamedRun run = known;
    if (run == null) {
      run = put(id);
      run.began(mark, null, false);
    } else if (run.phase() != Phase.RUNNING || !run.mark().sameRun(mark)) {
      return null;
    }
    NamedSource<?> own = run.own();
    end(run, Phase.of(mark.kind().state()), at);
    Set<SseClient> left = viewers.remove(id);
    NamedRun done = run;
    return () -> {
      if (left != null) {
        left.forEach(SseClient::close);
      }
      if (own != null) {
        own.close();
      }
      done.complete();
    };
  }

  private NamedRun put(String id) {
    NamedRun run = new NamedRun(this, id, null);
    streams.put(id, run);
    return run;
  }

  /** Another node's source runs. */
  private Runnable disown(NamedRun run) {
    NamedSource<?> own = run.own();
    if (own == null) {
      return null;
    }
    running--;
    run.disown();
    return own::discard;
  }

  private void end(NamedRun run, Phase phase, EventId at) {
    running -= run.own() == null ? 0 : 1;
    over.add(run);
    run.ended(phase, at, timer.now());
    forget();
  }

  private void forget() {
    long since = timer.now() - config.streams().keep().toNanos();
    for (NamedRun oldest = over.peek();
        oldest != null && (oldest.endedAt() <= since || over.size() > MAX_ENDED);
        oldest = over.peek()) {
      over.remove();
      streams.remove(oldest.id(), oldest);
    }
  }

  // ---- other nodes

  private void alive(String node, JsonObject body) {
    long number = body.getJsonNumber("n").longValueExact();
    boolean asks;
    boolean learned = false;
    synchronized (lock) {
      if (heartbeats.size() < MAX_NODES || heartbeats.containsKey(node)) {
        heartbeats.put(node, number);
      }
      if (!node.equals(bus.node())) {
        return;
      }
      asks = asked < 0;
      if (!asks && !informed && ++asked >= ANSWERED) {
        informed = true;
        learned = true;
      }
    }
    boolean now = learned;
    soon(() -> beat(asks, now));
  }

  private void beat(boolean asks, boolean learned) {
    if (asks) {
      bus.send(HELLO, JsonObject.EMPTY_JSON_OBJECT);
    }
    List<NamedSource<?>> own = new ArrayList<>();
    List<NamedRun> claims = List.of();
    List<String> watched = new ArrayList<>();
    synchronized (lock) {
      if (learned) {
        claims = List.copyOf(unclaimed);
        unclaimed.clear();
      }
      for (NamedRun run : streams.values()) {
        if (run.phase() == Phase.RUNNING && run.own() != null) {
          own.add(run.own());
        } else if (run.phase() == Phase.RUNNING && run.mark().kind() == Kind.WATCHED) {
          watched.add(run.id());
        }
      }
    }
    if (learned) {
      endLost(run -> !run.isConfirmed());
    }
    claims.forEach(this::claim);
    own.forEach(NamedSource::publishEndAgain);
    watched.removeIf(id -> broadcaster.clientsOn(id).isEmpty());
    for (int i = 0; i < watched.size(); i += MAX_NAMED) {
      List<String> some = watched.subList(i, Math.min(watched.size(), i + MAX_NAMED));
      bus.send(
          VIEWERS, Json.createObjectBuilder().add("of", Json.createArrayBuilder(some)).build());
    }
  }

  private void gone(String node, String by, JsonObject body) {
    synchronized (lock) {
      if (!by.equals(node)
          && body.getJsonNumber("last").longValueExact() < heartbeats.getOrDefault(node, -1L)) {
        // who said so was behind
        return;
      }
      heartbeats.remove(node);
    }
    if (!node.equals(bus.node())) {
      soon(() -> endLost(run -> run.mark().node().equals(node)));
    }
  }

  private void hello(String node) {
    if (!node.equals(bus.node())) {
      soon(this::sayRunning);
      return;
    }
    synchronized (lock) {
      asked = Math.max(asked, 0);
    }
  }

  private void sayRunning() {
    List<NamedRun> own;
    synchronized (lock) {
      own =
          streams.values().stream()
              .filter(run -> run.phase() == Phase.RUNNING && run.own() != null)
              .toList();
    }
    for (int i = 0; i < own.size(); i += MAX_NAMED) {
      JsonArrayBuilder runs = Json.createArrayBuilder();
      own.subList(i, Math.min(own.size(), i + MAX_NAMED)).forEach(run -> runs.add(run.toJson()));
      bus.send(IS_RUNNING, Json.createObjectBuilder().add("runs", runs).build());
    }
  }

  private void isRunning(EventId at, String node, JsonObject body) {
    List<Runnable> then = new ArrayList<>();
    synchronized (lock) {
      for (JsonObject json : body.getJsonArray("runs").getValuesAs(JsonObject.class)) {
        String id = TopicName.check(json.getString("stream"));
        StreamMark mark =
            new StreamMark(
                json.getBoolean("watched") ? Kind.WATCHED : Kind.START,
                node,
                json.getJsonNumber("n").longValueExact(),
                0);
        long since = json.getJsonNumber("at").longValueExact();
        EventId begin = since == 0 ? null : new EventId(at.epoch(), since);
        Runnable discarded = isRunning(id, mark, begin);
        if (discarded != null) {
          then.add(discarded);
        }
      }
    }
    then.forEach(this::soon);
  }

  private Runnable isRunning(String id, StreamMark mark, EventId begin) {
    NamedRun run = streams.get(id);
    if (run != null && run.mark() != null && run.mark().sameRun(mark)) {
      run.confirm();
      return null;
    }
    boolean earlier =
        run != null
            && run.phase() == Phase.RUNNING
            && begin != null
            && (run.begin() == null || begin.sequence() < run.begin().sequence());
    if (run != null && run.phase() == Phase.RUNNING && !earlier) {
      return null;
    }
    Runnable discarded = run == null ? null : disown(run);
    run = run == null || run.phase().isOver() ? put(id) : run;
    run.began(mark, begin, true);
    return discarded;
  }

  private void stop(JsonObject body) {
    NamedSource<?> own;
    synchronized (lock) {
      NamedRun run = streams.get(body.getString("stream"));
      own = run == null ? null : run.own();
    }
    if (own != null
        && own.mark().node().equals(body.getString("of"))
        && own.mark().number() == body.getJsonNumber("n").longValueExact()) {
      soon(() -> own.stop("stopped"));
    }
  }

  private void seen(String node, JsonObject body) {
    if (node.equals(bus.node())) {
      return;
    }
    synchronized (lock) {
      for (JsonString id : body.getJsonArray("of").getValuesAs(JsonString.class)) {
        NamedRun run = streams.get(id.getString());
        if (run != null && run.own() != null) {
          run.own().seen();
        }
      }
    }
  }

  private void missed() {
    synchronized (lock) {
      informed = false;
      asked = -1;
      streams.values().stream().filter(run -> run.own() == null).forEach(NamedRun::doubt);
    }
  }

  // ---- for the sources of this node

  SseBroadcaster broadcaster() {
    return broadcaster;
  }

  <T> Pump<T> pump(NamedSource<T> target, SourceReader<T> reader, StreamOptions<? super T> how) {
    return new Pump<>(target, reader, how, encoder, executor, timer);
  }

  Timer timer() {
    return timer;
  }

  /** Whether a node has viewers of the topic, and when another one had; below zero for never. */
  boolean isWatched(String id, long seenAt) {
    return !broadcaster.clientsOn(id).isEmpty() || seenAt >= 0 && timer.now() - seenAt < SEEN_NANOS;
  }

  /** How long a stream goes on that nobody watches; 0 for without end. */
  long unwatchedNanos(StreamOptions<?> options) {
    Duration asked = options.unwatchedTimeout();
    boolean less = bus.isShared() && !asked.isZero() && asked.compareTo(LEAST_UNWATCHED) < 0;
    return (less ? LEAST_UNWATCHED : asked).toNanos();
  }

  /** Has something done by a thread of the container's; not at all once the application ends. */
  void soon(Runnable task) {
    try {
      executor.execute(
          () -> {
            try {
              task.run();
            } catch (RuntimeException | Error e) {
              LogMessage.STREAM_FAILED.log(LOG, e);
            }
          });
    } catch (RejectedExecutionException e) {
      LogMessage.NO_THREAD.log(LOG, e);
    }
  }

  /** The node ends, and what it runs with it; what it has claimed has not begun. */
  private void end() {
    List<NamedSource<?>> begun = new ArrayList<>();
    List<NamedSource<?>> claimed = new ArrayList<>();
    synchronized (lock) {
      ending = true;
      for (NamedRun run : streams.values()) {
        if (run.own() != null) {
          (run.phase() == Phase.CLAIMED ? claimed : begun).add(run.own());
        }
      }
    }
    begun.forEach(NamedSource::end);
    claimed.forEach(NamedSource::discard);
  }
}
