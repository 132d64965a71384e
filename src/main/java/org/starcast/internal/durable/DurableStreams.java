package org.starcast.internal.durable;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.durable.Operation.Kind;
import org.starcast.internal.engine.StreamHistories;
import org.starcast.internal.engine.StreamListener;
import org.starcast.internal.json.Json;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.StoredEvent;

/**
 * The streams of the Durable Streams protocol: each is a topic, and each write an event of it. An
 * event changes the stream when it comes, in the order of all events, not when it is asked for: so
 * all nodes, and one that reads its file after a restart, decide alike which of two writes was
 * first, and answer what became of it. What is refused by what is known already is not published.
 *
 * <p>A node that starts late, or misses events, does not have all streams. What is written to one
 * names its creation, so it is never taken for another of the same id. A creation says what its
 * node had seen by then: a stream of before that, which it does not know, is replaced by it, on all
 * nodes alike.
 *
 * <p>Expiry is decided by a node's clock, and published: a stream that another node wrote to
 * meanwhile stays. That nodes share a stream which is read on one of them alone they are told by
 * commands.
 *
 * <p>Thread-safe; no method waits.
 */
@ApplicationScoped
public class DurableStreams implements StreamListener {

  private static final System.Logger LOG = System.getLogger(DurableStreams.class.getName());

  /** What the sender of their events begins with; a node and a number follow. */
  private static final String SENDER = LibraryEvents.STREAM_SENDER + "durable.";

  private static final String READ = "durable-read";
  private static final long SWEEP_SECONDS = 10;
  private static final int MAX_PENDING = 10_000;
  private static final long PENDING_NANOS = 20_000_000_000L;

  private static final CompletionStage<Outcome> NO_ROOM =
      CompletableFuture.completedStage(
          new Outcome(
              503,
              "stream: there is no room for more now (starcast.durable-streams.max, bytes)",
              Map.of("Retry-After", "5")));

  private static final Outcome MISSED =
      new Outcome(
          503,
          "stream: this node has missed events, and another may have it",
          Map.of("Retry-After", "5"));

  private record Pending(Operation operation, CompletableFuture<Outcome> outcome, long since) {}

  private final ClusterBus bus;
  private final StarcastConfig config;
  private final Executor executor;
  private final Map<String, DurableStream> streams = new ConcurrentHashMap<>();
  private final Map<String, Pending> pending = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong pendingBytes = new AtomicLong();

  /** Null before it begins. */
  private volatile StreamHistories order;

  /** The last sequence up to which this node may not have got everything. */
  private volatile long blind;

  /** For the container's proxy. */
  DurableStreams() {
    this(null, null, (Executor) null);
  }

  @Inject
  DurableStreams(ClusterBus bus, StarcastConfig config, ContainerExecutors executors) {
    this(bus, config, executors.executor());
    if (config.endpoint().durableStreams()) {
      listen();
      executors
          .scheduler()
          .scheduleWithFixedDelay(
              () -> soon(this::sweep), SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
    }
  }

  private DurableStreams(ClusterBus bus, StarcastConfig config, Executor executor) {
    this.bus = bus;
    this.config = config;
    this.executor = executor;
  }

  private void listen() {
    if (bus.isShared()) {
      bus.on(
          READ,
          (at, node, body) -> {
            DurableStream stream = streams.get(body.getString("stream"));
            if (stream != null) {
              stream.touch(System.currentTimeMillis());
            }
          });
    }
  }

  // ---- what is asked for

  /** The stream of this id; null if there is none, or it has expired. */
  public DurableStream find(String id) {
    DurableStream stream = streams.get(id);
    if (stream != null && stream.isExpired(System.currentTimeMillis())) {
      expire(stream);
      return null;
    }
    return stream;
  }

  /** A stream is read: it does not expire for its time-to-live. */
  public void touch(DurableStream stream) {
    long now = System.currentTimeMillis();
    stream.touch(now);
    if (bus.isShared() && stream.announces(now)) {
      bus.send(READ, Json.createObjectBuilder().add("stream", stream.id()).build());
    }
  }

  /** Whether a place is one that this server cannot have given: a node may be behind others. */
  public boolean isUnknown(DurableStream stream, Offset place) {
    return !bus.isShared() && stream.isBefore(place);
  }

  /**
   * Creates a stream.
   *
   * @param id a topic
   * @return as {@link #append}
   * @throws IllegalArgumentException if the event would be too large
   */
  public CompletionStage<Outcome> create(String id, Operation creation) {
    StreamHistories events = order;
    // before it looks for the stream: one of before this that is not here has been missed
    long seen = events == null ? 0 : events.last().sequence();
    DurableStream expired = streams.get(id);
    DurableStream stream = find(id);
    if (stream != null) {
      return answered(stream, stream.judgeCreation(creation));
    }
    if (streams.size() >= config.durableStreams().max()) {
      return NO_ROOM;
    }
    long before = expired == null ? 0 : expired.begin().sequence();
    return store(id, creation.about(before, seen), creation.type());
  }

  /**
   * Appends to a stream.
   *
   * @param stream as it was {@linkplain #find found}: not another one of its id
   * @return what became of it, on a thread of the container; fails if it is not stored, or may not
   *     be
   * @throws IllegalArgumentException if the event would be too large
   */
  public CompletionStage<Outcome> append(DurableStream stream, Operation append) {
    if (find(stream.id()) != stream) {
      return CompletableFuture.completedStage(Outcome.NOT_FOUND);
    }
    Outcome known = stream.answer(append);
    return known == null
        ? store(stream.id(), append.about(stream.begin().sequence(), 0), stream.type())
        : answered(stream, known);
  }

  private CompletionStage<Outcome> answered(DurableStream stream, Outcome outcome) {
    if (outcome.isAccepted()) {
      touch(stream);
    }
    return CompletableFuture.completedStage(outcome);
  }

  private CompletionStage<Outcome> store(String id, Operation operation, String type) {
    long room = config.durableStreams().bytes() - bytes.get() - pendingBytes.get();
    boolean isFull = DurableStream.weight(operation) > room;
    return isFull || pending.size() >= MAX_PENDING ? NO_ROOM : publish(id, operation, type, null);
  }

  /** Deletes a stream. */
  public CompletionStage<Outcome> delete(DurableStream stream) {
    Operation end = Operation.end(Kind.DELETE, stream.begin().sequence(), stream.last());
    return publish(stream.id(), end, stream.type(), null);
  }

  private CompletionStage<Outcome> publish(String id, Operation asked, String type, String key) {
    String data = asked.toJson(type);
    SseFormat.checkSize(size(asked, data, type), config.limits().messageBytes());
    Operation op;
    try {
      // what this node does is what others read
      op = Operation.of(data);
    } catch (IllegalArgumentException e) {
      return CompletableFuture.completedStage(
          new Outcome(400, "body: is nested too deeply", Map.of()));
    }
    String sender = SENDER + bus.node() + "." + numbers.incrementAndGet();
    Pending own = new Pending(op, new CompletableFuture<>(), System.nanoTime());
    pending.put(sender, own);
    pendingBytes.addAndGet(DurableStream.weight(op));
    try {
      bus.publish(id, sender, LibraryEvents.DURABLE, data, key)
          .whenComplete(
              (at, failure) -> {
                if (failure != null) {
                  fail(sender, failure);
                }
              });
    } catch (RuntimeException e) {
      // such as a disk that has failed for too long
      fail(sender, e);
    }
    CompletableFuture<Outcome> outcome = own.outcome();
    return outcome.isDone() ? outcome : outcome.thenApplyAsync(done -> done, executor);
  }

  /** As an event, and as lines of an event that a reader gets, with U+FFFD for what is no UTF-8. */
  private static int size(Operation op, String data, String type) {
    int event = data.getBytes(StandardCharsets.UTF_8).length;
    int read =
        op.body() != null && Operation.isText(type)
            ? new String(op.body(), StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8).length
            : 0;
    return Math.max(event, read) + 7 * lines(op);
  }

  private static int lines(Operation op) {
    int lines = 2;
    for (byte b : op.body() == null ? new byte[0] : op.body()) {
      lines += b == '\n' || b == '\r' ? 1 : 0;
    }
    return lines;
  }

  /** What is not pending any more, or null. */
  private Pending take(String sender) {
    Pending own = pending.remove(sender);
    if (own != null) {
      pendingBytes.addAndGet(-DurableStream.weight(own.operation()));
    }
    return own;
  }

  private void fail(String sender, Throwable failure) {
    Pending own = take(sender);
    if (own != null) {
      own.outcome().completeExceptionally(failure);
    }
  }

  // ---- what comes, in the order of events

  @Override
  public Runnable streamed(EventId at, StoredEvent event) {
    String sender = event.sender();
    if (!config.endpoint().durableStreams()
        || !sender.startsWith(SENDER)
        || event.topics().size() != 1) {
      return null;
    }
    Pending own = take(sender);
    Outcome outcome;
    try {
      Operation op = own == null ? Operation.of(data(event)) : own.operation();
      // a node that starts knows of no reads, which kept it alive
      long time = Math.max(event.time(), System.currentTimeMillis());
      outcome = apply(event.topics().get(0), op, at, time);
    } catch (IllegalArgumentException e) {
      LogMessage.DURABLE_SKIPPED.log(LOG, e.getMessage());
      return null;
    }
    return own == null ? null : () -> own.outcome().complete(outcome);
  }

  private static String data(StoredEvent event) {
    return SseFormat.decode(event.bytes(), event.length()).data().orElse("");
  }

  private Outcome apply(String id, Operation op, EventId at, long time) {
    DurableStream stream = streams.get(id);
    return switch (op.kind()) {
      case CREATE -> {
        if (stream != null && isSeen(stream, op)) {
          yield stream.judgeCreation(op);
        }
        if (stream != null) {
          // its writer's node does not have it, and has this one now, as all do
          forget(stream);
        } else if (bus.isShared() && (op.last() < blind || op.of() != 0 && op.of() <= blind)) {
          // others may have one that was there before, and keep that
          yield MISSED;
        }
        Offset begin = new Offset(at.epoch(), at.sequence());
        DurableStream created = new DurableStream(id, begin, op, time);
        streams.put(id, created);
        bytes.addAndGet(created.bytes());
        yield new Outcome(201, null, created.headers());
      }
      case APPEND -> {
        if (stream == null || stream.begin().sequence() != op.of()) {
          yield Outcome.NOT_FOUND;
        }
        long before = stream.bytes();
        Outcome outcome = stream.apply(op, at.sequence(), time);
        bytes.addAndGet(stream.bytes() - before);
        if (stream.last() == at.sequence()) {
          wake(stream);
        }
        yield outcome;
      }
      case DELETE, EXPIRE -> {
        if (stream == null || stream.begin().sequence() != op.of()) {
          yield Outcome.NOT_FOUND;
        }
        if (op.kind() == Kind.EXPIRE && stream.last() != op.last()) {
          stream.doesNotExpire();
        } else {
          forget(stream);
        }
        yield new Outcome(204, null, Map.of());
      }
    };
  }

  /** Whether who asked for a creation had this stream, or is going to. */
  private static boolean isSeen(DurableStream stream, Operation creation) {
    long begin = stream.begin().sequence();
    return begin > creation.last() || begin == creation.of();
  }

  private void forget(DurableStream stream) {
    streams.remove(stream.id(), stream);
    bytes.addAndGet(-stream.bytes());
    stream.delete();
    wake(stream);
  }

  private void wake(DurableStream stream) {
    stream.served().forEach(this::soon);
  }

  private void soon(Runnable action) {
    try {
      executor.execute(action);
    } catch (RejectedExecutionException e) {
      // the application ends: whoever waits for an answer gets it
      action.run();
    }
  }

  /** Nobody knows what this node has not got: a stream with a hole is worse than none. */
  @Override
  public void missed(StreamHistories events) {
    order = events;
    blind = events.last().sequence();
    List<DurableStream> lost = List.copyOf(streams.values());
    lost.forEach(this::forget);
    if (!lost.isEmpty()) {
      LogMessage.DURABLE_LOST.log(LOG, lost.size());
    }
  }

  // ---- time

  private void expire(DurableStream stream) {
    if (stream.beginsToExpire()) {
      Operation end = Operation.end(Kind.EXPIRE, stream.begin().sequence(), stream.last());
      String key = SENDER + stream.begin() + "." + stream.last();
      publish(stream.id(), end, stream.type(), key)
          .whenComplete(
              (done, failure) -> {
                if (failure != null) {
                  stream.doesNotExpire();
                }
              });
    }
  }

  /** Looks for streams that have expired, and for answers that have not come. */
  void sweep() {
    for (DurableStream stream : streams.values()) {
      try {
        if (stream.isWatched()) {
          touch(stream);
        }
        find(stream.id()); // which has it expire
      } catch (RuntimeException e) {
        // the others are to be looked at, too
        LogMessage.DURABLE_SWEEP_FAILED.log(LOG, e);
      }
    }
    long now = System.nanoTime();
    pending.forEach(
        (sender, own) -> {
          if (now - own.since() > PENDING_NANOS) {
            fail(sender, new TimeoutException());
          }
        });
  }
}
