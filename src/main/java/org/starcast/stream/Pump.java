package org.starcast.stream;

import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.starcast.MessageSource;
import org.starcast.SseClient;
import org.starcast.SseMessage;

/**
 * Moves items from a feed to a client, in slices on an executor, one slice at a time.
 *
 * <p>{@link #wake} has a slice run if none does, and makes a running one look again. The feed and
 * the gate belong to the slices; the client is written to under this object's monitor, so that
 * nothing follows the last message, whichever thread ends the stream.
 */
final class Pump<T> implements SseStream {

  private static final System.Logger LOG = System.getLogger("org.starcast.stream");

  /** Items of one slice, after which other tasks of the executor have their turn. */
  private static final int SLICE = 256;

  /** How long a source that does not say when it has something is left alone. */
  private static final long POLL_NANOS = Duration.ofMillis(50).toNanos();

  private static final long NEVER = Gate.NEVER;

  private final SseClient client;
  private final boolean ownsClient;
  private final Feed<? extends T> feed;
  private final StreamOptions<? super T> options;
  private final Function<Object, SseMessage> encoder;
  private final Executor executor;
  private final Timer timer;
  private final CompletableFuture<End> completion = new CompletableFuture<>();
  private final AtomicLong sent = new AtomicLong();
  private final long intervalNanos;
  private final long heartbeatNanos;
  private final long idleNanos;
  private final long timeoutAt;

  /** Requests for a slice since the last look. */
  private final AtomicInteger wakes = new AtomicInteger();

  // touched by slices only
  private final Gate<T> gate;
  private boolean opened;
  private boolean exhausted;

  /** The source has failed; what came before that is still being sent. */
  private boolean failing;

  private boolean finished;

  /** Before which the source is not asked. */
  private long pollAt;

  /** When a timer must have the source asked, after a slice. */
  private long askAt;

  private volatile long lastItem;
  private volatile long lastSent;
  private volatile boolean waitsForRoom;
  private volatile long taken;
  private volatile long dropped;

  // guarded by this
  private End end;
  private Throwable failure;
  private long armedAt = NEVER;
  private Runnable disarm = () -> {};

  Pump(
      SseClient client,
      boolean ownsClient,
      Feed<? extends T> feed,
      StreamOptions<? super T> options,
      Function<Object, SseMessage> encoder,
      Executor executor,
      Timer timer) {
    this.client = client;
    this.ownsClient = ownsClient;
    this.feed = feed;
    this.options = options;
    this.encoder = encoder;
    this.executor = executor;
    this.timer = timer;
    this.intervalNanos = options.interval().toNanos();
    this.heartbeatNanos = options.heartbeat().toNanos();
    this.idleNanos = options.idleTimeout().toNanos();
    this.gate = options.throttle() == null ? null : new Gate<>(options.throttle());
    long now = timer.now();
    this.timeoutAt = options.timeout().isZero() ? NEVER : now + options.timeout().toNanos();
    this.lastItem = now;
    this.lastSent = now;
    this.pollAt = now;
  }

  /** Begins; called once. */
  Pump<T> start() {
    AtomicReference<Pump<T>> self = new AtomicReference<>(this);
    // the client may outlive many streams: it must not keep them all
    completion.whenComplete((reason, none) -> self.set(null));
    client
        .whenClosed()
        .thenRun(
            () -> {
              Pump<T> pump = self.get();
              if (pump != null) {
                pump.end(End.CLIENT_CLOSED, null, Optional.empty());
              }
            });
    // before the source is asked, which may not return for long
    arm(deadline());
    wake();
    return this;
  }

  // ---- slices

  private void wake() {
    if (wakes.getAndIncrement() == 0) {
      run();
    }
  }

  private void run() {
    try {
      executor.execute(this::slice);
    } catch (RejectedExecutionException e) {
      // the application is being stopped and its executor with it: what is left is to close
      end(End.STOPPED, null, Optional.empty());
      slice();
    }
  }

  private void slice() {
    int seen = wakes.get();
    do {
      if (work()) {
        // the next slice takes this one's place, so nobody else starts one
        run();
        return;
      }
      seen = wakes.addAndGet(-seen);
    } while (seen != 0);
  }

  /**
   * Does what can be done.
   *
   * @return true if there is more
   */
  private boolean work() {
    boolean more = false;
    try {
      if (!ended() && !failing) {
        more = move();
      }
    } catch (Throwable e) { // whatever it is, the source must be closed
      failing = true;
      flush(gate == null ? Collections.emptyIterator() : gate.flush().iterator(), e);
    }
    if (ended()) {
      finish();
      return false;
    }
    long next = Math.min(askAt, deadline());
    arm(gate == null || waitsForRoom ? next : Math.min(next, gate.readyAt()));
    return more;
  }

  private boolean move() throws Exception {
    askAt = NEVER;
    if (!opened) {
      opened = true;
      feed.open(this::wake, executor);
      options.retry().ifPresent(this::sendExtra);
      options.initial().ifPresent(this::sendExtra);
    }
    for (int i = 0; i < SLICE; i++) {
      if (ended()) {
        return false;
      }
      long now = timer.now();
      T ready = gate == null || waitsForRoom ? null : gate.poll(now);
      if (ready != null) {
        send(ready);
        continue;
      }
      if (exhausted) {
        if (!waitsForRoom && (gate == null || gate.isEmpty())) {
          end(End.COMPLETED, null, options.closing());
        }
        return false;
      }
      if (gate == null && waitsForRoom) {
        return false;
      }
      if (now < pollAt) {
        askAt = pollAt;
        return false;
      }
      T item = feed.poll();
      exhausted = feed.ended();
      if (item == null) {
        if (exhausted) {
          continue;
        }
        if (!feed.wakes()) {
          pollAt = timer.now() + (intervalNanos > 0 ? intervalNanos : POLL_NANOS);
          askAt = pollAt;
        }
        return false;
      }
      taken++;
      lastItem = timer.now();
      pollAt = lastItem + intervalNanos;
      if (gate == null) {
        send(item);
      } else {
        long before = gate.dropped();
        gate.offer(item);
        dropped += gate.dropped() - before;
      }
    }
    return true;
  }

  /** Sends an item; returns when it, if anything has become of it, is queued. */
  private CompletableFuture<Boolean> send(T item) {
    Object payload = options.transformed(item);
    if (payload == null) {
      dropped++;
      return CompletableFuture.completedFuture(true);
    }
    SseMessage message = encoder.apply(payload);
    if (options.event() != null && message.data().isPresent() && message.event().isEmpty()) {
      message = message.toBuilder().event(options.event()).build();
    }
    CompletableFuture<Boolean> queued;
    synchronized (this) {
      if (end != null) {
        return CompletableFuture.completedFuture(false);
      }
      queued = client.sendWhenRoom(message).toCompletableFuture();
    }
    if (queued.isDone()) {
      queued(queued.join());
    } else {
      waitsForRoom = true;
      queued.thenAccept(
          took -> {
            queued(took);
            waitsForRoom = false;
            wake();
          });
    }
    return queued;
  }

  private void queued(boolean took) {
    if (took) {
      sent.incrementAndGet();
      lastSent = timer.now();
      // the source is idle only while it is asked
      lastItem = lastSent;
    } else {
      end(End.CLIENT_CLOSED, null, Optional.empty());
    }
  }

  /** Sends what is not an item; a client that is closed is noticed elsewhere. */
  private synchronized CompletionStage<Boolean> sendExtra(SseMessage message) {
    return end == null ? client.sendWhenRoom(message) : CompletableFuture.completedStage(false);
  }

  /** Fails when what the throttle holds, which came before the failure, has been sent. */
  private void flush(Iterator<T> held, Throwable cause) {
    try {
      while (held.hasNext() && !ended()) {
        CompletableFuture<Boolean> queued = send(held.next());
        if (!queued.isDone()) {
          // no more than one waits
          queued.whenComplete((took, none) -> flush(held, cause));
          return;
        }
      }
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
    fail(cause);
  }

  private void fail(Throwable cause) {
    // anybody can ask for a job that is not there, and a client that is gone misses nothing
    boolean expected = cause instanceof Progress.UnknownJobException || ended();
    LOG.log(
        expected ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING,
        "STARCAST-5001: the source of a stream failed",
        cause);
    Optional<SseMessage> last;
    try {
      last = options.onError().apply(cause);
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
      last = StreamOptions.defaults().onError().apply(cause);
    }
    end(End.FAILED, cause, last);
  }

  private void finish() {
    if (finished) {
      return;
    }
    finished = true;
    try {
      feed.close();
    } catch (Exception e) {
      LOG.log(System.Logger.Level.WARNING, "STARCAST-5003: a source did not close", e);
    }
    End reason;
    synchronized (this) {
      reason = end;
    }
    completion.complete(reason);
  }

  // ---- the end

  private synchronized boolean ended() {
    return end != null;
  }

  /** Ends the stream, once: the client at once, the source when its present call has returned. */
  private void end(End reason, Throwable cause, Optional<SseMessage> last) {
    synchronized (this) {
      if (end != null) {
        return;
      }
      CompletionStage<Boolean> told = CompletableFuture.completedStage(true);
      if (last.isPresent()) {
        try {
          told = sendExtra(last.get());
        } catch (IllegalArgumentException e) {
          LOG.log(System.Logger.Level.WARNING, "STARCAST-5004: a last message was not sent", e);
        }
      }
      end = reason;
      failure = cause;
      disarm.run();
      if (ownsClient) {
        told.whenComplete((took, none) -> client.close());
      }
    }
    wake();
  }

  // ---- time

  /** Has {@link #onTime} called then, or earlier. */
  private synchronized void arm(long next) {
    if (end != null || next >= armedAt) {
      return;
    }
    disarm.run();
    armedAt = next;
    disarm = timer.after(Math.max(0, next - timer.now()), this::onTime);
  }

  /** When the timer has something to do itself. */
  private long deadline() {
    long next = timeoutAt;
    if (!waitsForRoom) {
      next = heartbeatNanos > 0 ? Math.min(next, lastSent + heartbeatNanos) : next;
      next = idleNanos > 0 ? Math.min(next, lastItem + idleNanos) : next;
    }
    return next;
  }

  private void onTime() {
    synchronized (this) {
      armedAt = NEVER;
    }
    long now = timer.now();
    if (now >= timeoutAt) {
      end(End.TIMEOUT, null, options.closing());
    } else if (idleNanos > 0 && !waitsForRoom && now >= lastItem + idleNanos) {
      end(End.IDLE, null, options.closing());
    } else {
      if (heartbeatNanos > 0 && !waitsForRoom && now >= lastSent + heartbeatNanos) {
        lastSent = now;
        beat();
      }
      wake();
      // the slice arms again, unless it is held up in the source
      arm(deadline());
    }
  }

  private void beat() {
    try {
      executor.execute(
          () -> {
            try {
              MessageSource ping = options.ping().get();
              if (ping != null) {
                sendExtra(ping.toSseMessage());
              }
            } catch (RuntimeException e) {
              fail(e);
            }
          });
    } catch (RejectedExecutionException e) {
      // the application is being stopped: wake() sees to it
    }
  }

  // ---- the handle

  @Override
  public SseClient client() {
    return client;
  }

  @Override
  public CompletionStage<End> completion() {
    return completion.minimalCompletionStage();
  }

  @Override
  public synchronized Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public long taken() {
    return taken;
  }

  @Override
  public long sent() {
    return sent.get();
  }

  @Override
  public long dropped() {
    return dropped;
  }

  @Override
  public void stop() {
    end(End.STOPPED, null, options.closing());
  }

  @Override
  public String toString() {
    return "SseStream[" + client.id() + ", sent=" + sent + "]";
  }
}
