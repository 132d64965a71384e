package org.starcast.internal.backplane;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import java.io.IOException;
import java.lang.System.Logger;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.starcast.SseStatistics.BackplaneStatus;
import org.starcast.internal.config.BackplaneConfig;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.logging.LogMessage;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * A stream of NATS JetStream that all nodes share: its sequence is the events' sequence, its
 * identity their {@linkplain StreamEpoch epoch}. {@link NatsWire} says what messages look like,
 * {@link NatsOutbox} how they are sent, {@link StreamFollower} how they are received, {@link
 * StreamReader} how older ones are read. Needs {@code io.nats:jnats}.
 *
 * <pre>
 * CONNECTING ──► OPENING ──► FOLLOWING ◄──► REOPENING     any ──close──► CLOSED
 *     ▲             ▲            │              │
 *     │             └── the stream cannot be used
 *     └──────────── the connection is lost
 * </pre>
 *
 * <p>A connection that breaks is not mended but replaced, as the client would send what it still
 * has before what has to be repeated, and turn the order round. One thread does that and all that
 * waits for the broker; it, those of the client, and two for reading end with {@link #close}.
 *
 * <p>What is malformed is left out, with a warning once a minute, and is not told as missed.
 */
public final class NatsBackplane implements Backplane {

  private enum Phase {
    /** There is no connection, or it is lost. */
    CONNECTING,

    /** The stream is checked, and followed for the first time by this connection. */
    OPENING,

    /** Messages come, and can be stored. */
    FOLLOWING,

    /** As FOLLOWING, but something is missing: it is followed anew. */
    REOPENING,

    CLOSED;

    boolean isAvailable() {
      return this == FOLLOWING || this == REOPENING;
    }
  }

  /** What other threads ask of the managing one. */
  private enum Request {
    /** To follow anew. */
    REOPEN,

    /** To send what is not answered once more. */
    RESUME
  }

  private static final Logger LOG = System.getLogger(NatsBackplane.class.getName());

  private static final Duration FLUSH = Duration.ofSeconds(2);
  private static final long TICK_MILLIS = 500;
  private static final long EXPIRE_MILLIS = 200;
  private static final long FIRST_DELAY_MILLIS = 100;
  private static final long LAST_DELAY_MILLIS = 2_000;

  private final StarcastConfig config;
  private final ScheduledExecutorService scheduler;
  private final String name;
  private final NatsWire wire;
  private final NatsOptions options;
  private final NatsOutbox outbox;
  private final NatsTail tail;
  private final StreamReader reader;
  private final StreamFollower follower;
  private final NatsLog log;
  private final CompletableFuture<Void> started = new CompletableFuture<>();

  private NatsThreads pools;
  private Future<?> expiry;
  private Thread manager;

  private volatile NatsSession session;

  // guarded by this
  private Phase phase = Phase.CONNECTING;
  private long outages;
  private final Set<Request> requests = EnumSet.noneOf(Request.class);

  /**
   * A backplane that is not connected yet.
   *
   * @param scheduler for the client's timers and this one's, none of which blocks
   * @throws IllegalArgumentException if a file that the configuration names cannot be used
   */
  public NatsBackplane(StarcastConfig config, ScheduledExecutorService scheduler) {
    BackplaneConfig bounds = config.backplane();
    this.config = config;
    this.scheduler = scheduler;
    this.name = bounds.nats().stream();
    this.wire = new NatsWire(bounds.nats().subjectPrefix());
    this.options = new NatsOptions(bounds.nats());
    this.log = new NatsLog(name);
    this.outbox =
        new NatsOutbox(
            bounds.bufferEvents(),
            bounds.bufferBytes(),
            bounds.publishTimeout(),
            "starcast.backplane.publish-timeout: ",
            () -> ask(Request.REOPEN),
            System::nanoTime);
    this.tail =
        new NatsTail(wire, outbox, config.limits().messageBytes(), () -> ask(Request.REOPEN));
    NatsStream stream = new NatsStream(bounds.nats(), wire.subjects());
    this.reader = new StreamReader(config, stream, wire, tail);
    this.follower = new StreamFollower(stream, name, config.log().events(), tail, reader, log);
  }

  @Override
  public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
    pools = NatsThreads.of(threads);
    tail.start(receiver);
    expiry =
        scheduler.scheduleWithFixedDelay(
            this::expireSoon, EXPIRE_MILLIS, EXPIRE_MILLIS, TimeUnit.MILLISECONDS);
    manager = BackplaneThreads.named(threads, "starcast-backplane").newThread(this::manage);
    manager.start();
    return started.minimalCompletionStage();
  }

  // ---- publishing

  @Override
  public CompletionStage<Long> append(OutgoingEvent envelope) {
    NatsWire.Outgoing message;
    try {
      message = wire.event(envelope, reader::isRetained);
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedFuture(new BackplaneException(e.getMessage(), false, e));
    }
    return outbox.append(message, envelope, config.backplane().failsWhenAway());
  }

  @Override
  public CompletionStage<Void> command(String type, byte[] body) {
    return outbox
        .append(wire.command(type, body.clone()), null, config.backplane().failsWhenAway())
        .thenApply(sequence -> null);
  }

  /** Whoever waits for a message may do anything when it has failed: not on the scheduler. */
  private void expireSoon() {
    if (pools.callbacks().getQueue().isEmpty()) {
      pools
          .callbacks()
          .execute(
              () -> {
                if (outbox.expire()) {
                  ask(Request.RESUME);
                }
              });
    }
  }

  // ---- the phases

  private synchronized Phase phase() {
    return phase;
  }

  private synchronized void enter(Phase next) {
    // a connection that was lost meanwhile is not followed
    boolean lost = phase == Phase.CONNECTING && next != Phase.OPENING;
    if (phase == Phase.CLOSED || lost && next != Phase.CLOSED) {
      return;
    }
    if (phase.isAvailable() && !next.isAvailable() && next != Phase.CLOSED) {
      outages++;
    } else if (!phase.isAvailable() && next.isAvailable()) {
      LogMessage.CONNECTED.log(LOG, name, tail.epoch());
    }
    phase = next;
    notifyAll();
  }

  private synchronized void ask(Request request) {
    requests.add(request);
    notifyAll();
  }

  /** What was asked for since this was called last. */
  private synchronized Set<Request> requests() {
    Set<Request> asked = EnumSet.copyOf(requests);
    requests.clear();
    return asked;
  }

  private synchronized void awaitRequest() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS);
    for (long left = TICK_MILLIS; requests.isEmpty() && phase == Phase.FOLLOWING && left > 0; ) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
  }

  // ---- the managing thread

  private void manage() {
    long delay = FIRST_DELAY_MILLIS;
    while (phase() != Phase.CLOSED) {
      try {
        NatsSession connected = connect();
        delay = FIRST_DELAY_MILLIS;
        try {
          serve(connected);
        } finally {
          leave(connected);
        }
      } catch (InterruptedException e) {
        // close() looks after the rest
        return;
      } catch (IOException | RuntimeException e) {
        if (NatsLog.isConflict(e) && !started.isDone()) {
          started.completeExceptionally(e);
          return;
        }
        log.failed(e);
      }
      try {
        Thread.sleep(delay + ThreadLocalRandom.current().nextLong(delay));
      } catch (InterruptedException e) {
        return;
      }
      delay = Math.min(LAST_DELAY_MILLIS, delay * 2);
    }
  }

  private NatsSession connect() throws IOException, InterruptedException {
    NatsSession connected =
        NatsSession.open(
            options.options(
                pools.client(), pools.callbacks(), scheduler, (from, event) -> changed(from), log),
            outbox::answered);
    options.learn(connected.connection().getServers());
    long most = connected.connection().getServerInfo().getMaxPayload();
    int largest = config.limits().messageBytes();
    if (most < largest) {
      log.log(LogMessage.PAYLOAD_SMALL, most, largest);
    }
    return connected;
  }

  /** Returns when the connection is lost. */
  private void serve(NatsSession connected) throws IOException, InterruptedException {
    session = connected;
    enter(Phase.OPENING);
    while (phase() != Phase.CLOSED && connected.isConnected()) {
      Set<Request> asked = requests();
      try {
        if (asked.contains(Request.REOPEN) && phase() == Phase.FOLLOWING) {
          enter(Phase.REOPENING);
        }
        if (phase() != Phase.FOLLOWING) {
          open(connected);
        } else if (!follower.isFollowing(connected)) {
          ask(Request.REOPEN);
        } else if (asked.contains(Request.RESUME) || outbox.isPaused() && !tail.isAwaited()) {
          // paused with nothing to come that resumes it: its last try was with a lost connection
          resume(connected);
        }
        awaitRequest();
      } catch (JetStreamApiException e) {
        enter(Phase.OPENING);
        log.failed(e);
        Thread.sleep(500);
      } catch (IllegalArgumentException e) {
        if (!NatsLog.isConflict(e) || !started.isDone()) {
          throw e;
        }
        enter(Phase.OPENING);
        log.failed(e);
        Thread.sleep(LAST_DELAY_MILLIS);
      }
    }
  }

  private void open(NatsSession connected)
      throws IOException, JetStreamApiException, InterruptedException {
    long there = follower.open(connected);
    if (!started.isDone()) {
      tail.when(there, () -> caughtUp(connected));
    }
    if (outbox.isPaused()) {
      resume(connected);
    }
    enter(Phase.FOLLOWING);
  }

  /** Goes on with publishing, as soon as this node has read what the stream has of it. */
  private void resume(NatsSession connected) throws IOException, JetStreamApiException {
    if (!outbox.isUncertain()) {
      resumeNow(connected);
      return;
    }
    outbox.pause();
    tail.when(follower.last(connected), () -> caughtUp(connected));
  }

  private void caughtUp(NatsSession connected) {
    pools
        .client()
        .execute(
            () -> {
              if (outbox.isPaused()) {
                resumeNow(connected);
              }
              // who waits for it may publish and close at once, and what is paused then is given up
              started.complete(null);
            });
  }

  private void resumeNow(NatsSession connected) {
    if (connected == session && connected.isConnected()) {
      outbox.resume(connected.connection(), connected.inbox(), follower.state().window(), true);
    }
  }

  private void leave(NatsSession left) {
    outbox.pause();
    enter(Phase.CONNECTING);
    follower.leave();
    session = null;
    try {
      // may take seconds when the broker does not read
      pools.client().execute(left::close);
    } catch (RejectedExecutionException e) {
      // this backplane is being closed
      left.close();
    }
  }

  /** Something happened to a connection. */
  private void changed(Connection connection) {
    NatsSession current = session;
    if (current != null && current.connection() == connection && !current.isConnected()) {
      outbox.pause();
      enter(Phase.CONNECTING);
    }
  }

  // ---- reading

  @Override
  public CompletionStage<List<StoredEvent>> read(long from, long to) {
    return BackplaneThreads.read(pools.readers(), "the stream", () -> readNow(from, to));
  }

  private List<StoredEvent> readNow(long from, long to)
      throws IOException, JetStreamApiException, InterruptedException {
    NatsSession current = session;
    NatsStream.StreamState known = follower.state();
    if (current == null || known == null) {
      throw new BackplaneException(
          "the stream cannot be read now: the broker is away", false, null);
    }
    return reader.read(current, known, from, to, follower::seen);
  }

  @Override
  public long oldest() {
    NatsStream.StreamState known = follower.state();
    return known == null ? Long.MAX_VALUE : known.first();
  }

  // ---- status and end

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public BackplaneStatus status() {
    boolean available;
    long times;
    synchronized (this) {
      available = phase.isAvailable();
      times = outages;
    }
    return outbox.status(available, times, tail.skipped());
  }

  @Override
  public void close() {
    outbox.seal();
    boolean interrupted = false;
    try {
      outbox.awaitEmpty(FLUSH);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    enter(Phase.CLOSED);
    tail.close();
    outbox.close();
    started.completeExceptionally(new BackplaneException("the application ends", false, null));
    if (manager != null) {
      interrupted |= !end();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends all threads; false if this one was interrupted. */
  private boolean end() {
    NatsSession last = session;
    manager.interrupt();
    expiry.cancel(false);
    try {
      manager.join(FLUSH.toMillis());
      if (last != null) {
        last.close();
      }
      return true;
    } catch (InterruptedException e) {
      return false;
    } finally {
      pools.end();
    }
  }
}
