package org.starcast.stream;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.json.JsonObjectBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Predicate;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.cdi.Payloads;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.engine.StreamHistories;
import org.starcast.internal.engine.StreamListener;
import org.starcast.internal.json.Json;
import org.starcast.internal.log.TopicLogs;
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
 * whether it has ended, on every node alike, and after a restart with what the file has: {@link
 * NamedRuns}.
 *
 * <p>What events do not tell is asked for, of the {@linkplain NamedPeers other nodes}. A node that
 * starts, or has lost events, claims nothing for three of its heartbeats after it has asked, and
 * then takes for lost what nobody has said to run. What a node ran that is declared gone is ended
 * by the others; by the key of the end, once.
 *
 * <p>Thread-safe.
 */
@ApplicationScoped
class NamedStreams implements StreamListener {

  static final System.Logger LOG = System.getLogger("org.starcast.stream");

  /** After how long a task that no thread took is tried again. */
  private static final long AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

  /** How long it counts that another node had viewers. */
  private static final long SEEN_NANOS = Duration.ofSeconds(8).toNanos();

  private static final Duration LEAST_UNWATCHED = Duration.ofSeconds(10);

  private final SseBroadcaster broadcaster;
  private final ClusterBus bus;
  private final StarcastConfig config;
  private final Function<Object, SseMessage> encoder;
  private final StreamThreads threads;
  private final NamedRuns runs;
  private final NamedPeers peers;

  /** For the container's proxy. */
  NamedStreams() {
    broadcaster = null;
    bus = null;
    config = null;
    encoder = null;
    threads = null;
    runs = null;
    peers = null;
  }

  @Inject
  NamedStreams(
      SseBroadcaster broadcaster,
      ClusterBus bus,
      StarcastConfig config,
      Payloads payloads,
      ContainerExecutors executors) {
    this.broadcaster = broadcaster;
    this.bus = bus;
    this.config = config;
    encoder = payloads::toMessage;
    threads = StreamThreads.of(executors);
    runs = new NamedRuns(this, bus.node(), !bus.isShared(), config, threads.timer());
    peers = new NamedPeers(this, runs, bus);
    bus.onEnding(this::end);
    if (bus.isShared()) {
      peers.listen();
    }
  }

  /** Starts with the application, on a thread that knows the container's names. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    start();
  }

  /** What was stored before the start has come: what goes on there goes on no more. */
  void start() {
    broadcaster.lastEventId(); // which has the engine start
    if (bus.isShared()) {
      peers.ask();
    } else {
      runs.hasAsked(); // there is nobody else, and what was stored has come
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
    boolean isUsed = false;
    try {
      broadcaster.lastEventId(); // what was there before the start is known after it
      NamedRuns.Found found = runs.findOrStart(id, reader, options);
      isUsed = found.isNew();
      if (found.claims()) {
        claim(found.run());
      }
      return found.run();
    } finally {
      if (!isUsed) {
        closeUnused(reader);
      }
    }
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
    return runs.find(id);
  }

  /**
   * Whether there is no stream of this id any more: it is forgotten, or whoever asks has an event
   * of a time that nobody knows.
   */
  boolean isGone(String id, String lastEventId) {
    if (find(id) != null) {
      return false;
    }
    String now = broadcaster.lastEventId();
    boolean before =
        EventId.isOne(lastEventId)
            && EventId.isOne(now)
            && !EventId.parse(lastEventId).epoch().equals(EventId.parse(now).epoch());
    return before || runs.wasForgotten(id);
  }

  /** Ends a run, on whichever node it is. */
  void stop(NamedRun run) {
    NamedSource<?> own;
    StreamMark mark;
    synchronized (runs) {
      if (run.phase().isOver()) {
        return;
      }
      own = run.own();
      mark = run.mark();
    }
    if (own != null) {
      own.stop("stopped");
    } else {
      peers.stop(run.id(), mark);
    }
  }

  /** Whether a run, or null, has published something; its start may not be known any more. */
  boolean hasBegun(NamedRun run) {
    return run != null && phase(run) != Phase.CLAIMED;
  }

  /** How a run stands. */
  Phase phase(NamedRun run) {
    synchronized (runs) {
      return run.phase();
    }
  }

  long items(NamedRun run) {
    synchronized (runs) {
      return run.counted();
    }
  }

  /** The first and the last event of a run; null for one that is not there, or not known. */
  EventId[] bounds(NamedRun run) {
    synchronized (runs) {
      return new EventId[] {run.begin(), run.end()};
    }
  }

  /** Has a client's stream end behind the stream of this id; at once if clients have its end. */
  void closeBehind(String id, SseClient client) {
    if (runs.isOverFor(id, client)) {
      NamedRun run = find(id);
      if (run == null) {
        client.close();
      } else {
        run.completion().thenRun(client::close);
      }
    } else {
      client.whenClosed().thenRun(() -> runs.left(id, client));
    }
  }

  // ---- claims and ends

  /** Publishes the start of a run, unless another node was first. */
  void claim(NamedRun run) {
    NamedSource<?> own;
    synchronized (runs) {
      own = run.own();
    }
    if (own == null) {
      return;
    }
    publish(run.id(), own.mark(), LibraryEvents.STREAM_START, start(run.id()), null)
        .whenComplete(
            (at, failure) -> {
              if (failure != null) {
                LogMessage.STREAM_NOT_STORED.log(LOG, failure);
                soon(() -> unclaim(run, own, failure));
              }
            });
  }

  private static String start(String id) {
    return Json.createObjectBuilder().add("stream", id).build().toString();
  }

  private void unclaim(NamedRun run, NamedSource<?> own, Throwable failure) {
    Runnable then = runs.unclaim(run, own, failure);
    if (then != null) {
      then.run();
    }
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
    data.add("outcome", end.kind().word());
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
  void endLost(Predicate<NamedRun> lost) {
    runs.those(run -> run.phase() == Phase.RUNNING && lost.test(run)).forEach(this::endLost);
  }

  void endLost(NamedRun run) {
    StreamMark mark;
    synchronized (runs) {
      mark = run.mark();
    }
    publishEnd(run.id(), mark.as(Kind.FAILED), "lost", -1, () -> {});
  }

  /** Publishes the ends that were not stored. */
  void publishEndsAgain() {
    own(Phase.RUNNING).forEach(NamedSource::publishEndAgain);
  }

  void sayRunning() {
    peers.sayRunning();
  }

  @Override
  public void missed(StreamHistories order) {
    runs.follow(order);
  }

  @Override
  public Runnable streamed(EventId at, StoredEvent event) {
    StreamMark mark = event.topics().size() == 1 ? StreamMark.of(event.sender()) : null;
    Runnable then =
        mark == null ? null : runs.streamed(at, event.topics().get(0), mark, event.time());
    return then == null ? null : () -> soon(then);
  }

  // ---- for the sources of this node

  SseBroadcaster broadcaster() {
    return broadcaster;
  }

  <T> Pump<T> pump(NamedSource<T> target, SourceReader<T> reader, StreamOptions<? super T> how) {
    return new Pump<>(target, reader, how, encoder, threads);
  }

  /** How far clients of this node have read the topic; 0 if there is none. */
  long readUpTo(String id) {
    return runs.readUpTo(id);
  }

  /** How much more the history of a topic takes; null if there is none. */
  TopicLogs.Room room(String id) {
    StreamHistories histories = runs.histories();
    return histories == null ? null : histories.room(id);
  }

  /** Counts items that are gone, and nobody has read. */
  void dropped(long items) {
    runs.histories().dropped(items);
  }

  Timer timer() {
    return threads.timer();
  }

  /** Whether there are other nodes, and heartbeats. */
  boolean isShared() {
    return bus.isShared();
  }

  /**
   * Where viewers begin of a stream that is not known to have begun; to be asked for before it is
   * looked for. Other nodes may have had it.
   */
  String position() {
    String last = broadcaster.lastEventId();
    return isShared() || last.isEmpty() ? Subscription.EARLIEST : last;
  }

  /** Whether a node has viewers of the topic, and when another one had; below zero for never. */
  boolean isWatched(String id, long seenAt) {
    return !broadcaster.clientsOn(id).isEmpty()
        || seenAt >= 0 && timer().now() - seenAt < SEEN_NANOS;
  }

  /** How long a stream goes on that nobody watches; 0 for without end. */
  long unwatchedNanos(StreamOptions<?> options) {
    Duration asked = options.unwatchedTimeout();
    boolean less = bus.isShared() && !asked.isZero() && asked.compareTo(LEAST_UNWATCHED) < 0;
    return (less ? LEAST_UNWATCHED : asked).toNanos();
  }

  /**
   * Has something done by a thread of the container's: later, if it has none now; not at all once
   * the application ends.
   */
  void soon(Runnable task) {
    try {
      threads
          .application()
          .execute(
              () -> {
                try {
                  task.run();
                } catch (RuntimeException | Error e) {
                  LogMessage.STREAM_FAILED.log(LOG, e);
                }
              });
    } catch (RejectedExecutionException e) {
      LogMessage.NO_THREAD.log(LOG, e);
      threads.timer().after(AGAIN_NANOS, () -> soon(task));
    }
  }

  /** The node ends, and what it runs with it; what it has claimed has not begun. */
  private void end() {
    List<NamedSource<?>> begun;
    List<NamedSource<?>> claimed;
    synchronized (runs) {
      runs.end();
      begun = own(Phase.RUNNING);
      claimed = own(Phase.CLAIMED);
    }
    begun.forEach(NamedSource::end);
    claimed.forEach(NamedSource::discard);
  }

  private List<NamedSource<?>> own(Phase phase) {
    List<NamedSource<?>> own = new ArrayList<>();
    synchronized (runs) {
      runs.those(run -> run.phase() == phase && run.own() != null)
          .forEach(run -> own.add(run.own()));
    }
    return own;
  }
}
