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

  private record Pending(Operation operation, CompletableFuture<Outcome> outcome, long since) {}

  private final ClusterBus bus;
  private final StarcastConfig config;
  private final Executor executor;
  private final Map<String, DurableStream> streams = new ConcurrentHashMap<>();
  private final Map<String, Pending> pending = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

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
      bus.onMissed(this::missed);
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

  /**
   * Creates a stream, or appends to one.
   *
   * @param id a topic
   * @return what became of it, on a thread of the container; fails if it is not stored, or may not
   *     be
   * @throws IllegalArgumentException if the event would be too large
   */
  public CompletionStage<Outcome> submit(String id, Operation operation) {
    DurableStream stream = find(id);
    Outcome outcome = judge(stream, operation);
    if (!outcome.isAccepted() || !isNews(stream, operation)) {
      if (outcome.isAccepted()) {
        touch(stream);
      }
      return CompletableFuture.completedStage(outcome);
    }
    boolean isFull =
        operation.kind() == Kind.CREATE && streams.size() >= config.durableStreams().max()
            || bytes.get() + DurableStream.weight(operation) > config.durableStreams().bytes();
    if (isFull || pending.size() >= MAX_PENDING) {
      return CompletableFuture.completedStage(
          Outcome.refused(
              503,
              "stream: there is no room for more now (starcast.durable-streams.max, bytes)",
              Map.of("Retry-After", "5")));
    }
    return publish(id, operation, stream == null ? operation.type() : stream.type(), null);
  }

  /** Deletes a stream. */
  public CompletionStage<Outcome> delete(DurableStream stream) {
    Operation end = Operation.end(Kind.DELETE, stream.begin().sequence(), stream.last());
    return publish(stream.id(), end, stream.type(), null);
  }

  private CompletionStage<Outcome> publish(String id, Operation op, String type, String key) {
    String data = op.toJson(type);
    // as an event, and as lines of an event that a reader gets
    SseFormat.checkSize(
        data.getBytes(StandardCharsets.UTF_8).length + 7 * lines(op),
        config.limits().messageBytes());
    String sender = SENDER + bus.node() + "." + numbers.incrementAndGet();
    Pending own = new Pending(op, new CompletableFuture<>(), System.nanoTime());
    pending.put(sender, own);
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

  private static int lines(Operation op) {
    int lines = 2;
    for (byte b : op.body() == null ? new byte[0] : op.body()) {
      lines += b == '\n' || b == '\r' ? 1 : 0;
    }
    return lines;
  }

  private void fail(String sender, Throwable failure) {
    Pending own = pending.remove(sender);
    if (own != null) {
      own.outcome().completeExceptionally(failure);
    }
  }

  private static Outcome judge(DurableStream stream, Operation op) {
    if (op.kind() == Kind.CREATE) {
      return stream == null ? new Outcome(201, null, Map.of()) : stream.judgeCreation(op);
    }
    return stream == null ? Outcome.NOT_FOUND : stream.judge(op);
  }

  private static boolean isNews(DurableStream stream, Operation op) {
    return op.kind() == Kind.CREATE ? stream == null : stream.isNews(op);
  }

  // ---- what comes, in the order of events

  @Override
  public Runnable streamed(EventId at, StoredEvent event, StreamHistories histories) {
    String sender = event.sender();
    if (!config.endpoint().durableStreams()
        || !sender.startsWith(SENDER)
        || event.topics().size() != 1) {
      return null;
    }
    Pending own = pending.remove(sender);
    Outcome outcome;
    try {
      Operation op = own == null ? Operation.of(data(event)) : own.operation();
      outcome = apply(event.topics().get(0), op, at, event.time());
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
        if (stream != null) {
          yield stream.judgeCreation(op);
        }
        Offset begin = new Offset(at.epoch(), at.sequence());
        DurableStream created = new DurableStream(id, begin, op, time);
        streams.put(id, created);
        bytes.addAndGet(created.bytes());
        yield new Outcome(201, null, created.headers());
      }
      case APPEND -> {
        if (stream == null) {
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

  private void forget(DurableStream stream) {
    streams.remove(stream.id(), stream);
    bytes.addAndGet(-stream.bytes());
    stream.delete();
    wake(stream);
  }

  private void wake(DurableStream stream) {
    stream.waiters().forEach(this::soon);
  }

  private void soon(Runnable action) {
    try {
      executor.execute(action);
    } catch (RejectedExecutionException e) {
      // the application ends, and its clients with it
    }
  }

  /** Nobody knows what this node has not got: a stream with a hole is worse than none. */
  private void missed() {
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
      if (stream.isWatched()) {
        touch(stream);
      }
      find(stream.id()); // which has it expire
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
