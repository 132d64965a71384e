package org.starcast.stream;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.starcast.MessageSource;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.internal.logging.LogMessage;
import org.starcast.stream.SseStreams.Progress;

/**
 * Moves items from a reader to a target, in slices on an executor, one slice at a time.
 *
 * <pre>
 *  NEW ──► ASKING ──► EXHAUSTED ──► ENDED ──► CLOSED
 *   │         │                       ▲
 *   └─────────┴─────► FAILING ────────┤
 *                                     │
 *  NEW, ASKING, EXHAUSTED, FAILING ───┘  by end(outcome), from any thread, once
 * </pre>
 *
 * <p>Slices make all transitions but the one to {@code ENDED}: {@link #end} makes that, for every
 * way out: the source is exhausted or has failed and what the throttle held is sent, a function of
 * the options failed, the client is gone, {@link #stop}, a time-out, an executor that takes no
 * more. It sends the last message and tells the target. The next slice closes the source and
 * completes {@link #completion}. So each happens once, whatever application code throws, {@code
 * Error}s too.
 *
 * <p>{@link Slices#wake} has a slice run if none does, and makes a running one look again. The
 * reader and the window belong to the slices; the state changes, and the client is written to,
 * under this object's monitor, so that nothing follows the last message.
 *
 * <p>Over 500 lines, as all ways in which a stream goes on and ends are here, beside its states.
 */
final class Pump<T> implements SseStream {

  private static final System.Logger LOG = System.getLogger("org.starcast.stream");

  /** Items of one slice, after which other tasks of the executor have their turn. */
  private static final int SLICE = 256;

  /** How long a source that does not say when it has something is left alone. */
  private static final long POLL_NANOS = Duration.ofMillis(50).toNanos();

  private static final CompletionStage<Boolean> NOTHING = CompletableFuture.completedStage(false);

  private enum State {
    /** The source has not been opened. */
    NEW,
    /** The source is asked for items. */
    ASKING,
    /** The source has no more items; what the throttle holds is sent in its time. */
    EXHAUSTED,
    /** The source has failed; what the throttle holds, which came before that, is sent at once. */
    FAILING,
    /** The last message is sent, nothing follows; the source may be at work in a call yet. */
    ENDED,
    /** The source is closed. */
    CLOSED
  }

  /** How a stream ends: the cause if it failed, and what the client gets last. */
  private record Outcome(End reason, Throwable cause, Optional<SseMessage> last) {

    static Outcome of(End reason) {
      return new Outcome(reason, null, Optional.empty());
    }
  }

  private final PumpTarget target;
  private final SourceReader<? extends T> reader;
  private final StreamOptions<? super T> options;
  private final Function<Object, SseMessage> encoder;
  private final Executor executor;
  private final Timer timer;
  private final CompletableFuture<End> completion = new CompletableFuture<>();
  private final AtomicLong sent = new AtomicLong();

  /** A ping is being made, or waits for room: there is no other one meanwhile. */
  private final AtomicBoolean pinging = new AtomicBoolean();

  private final long intervalNanos;
  private final Deadlines deadlines;
  private final Slices slices;

  // touched by slices only
  private final RateWindow<T> window;

  /** Why the state is {@code FAILING}. */
  private Throwable sourceFailure;

  /** Before which the source is not asked. */
  private long pollAt;

  /** When a timer must have the source asked, after a slice. */
  private long askAt;

  /** The last item is not in the client's queue yet. */
  private volatile boolean waitsForRoom;

  private volatile long taken;
  private volatile long dropped;

  // guarded by this
  private State state = State.NEW;
  private Outcome outcome;

  Pump(
      PumpTarget target,
      SourceReader<? extends T> reader,
      StreamOptions<? super T> options,
      Function<Object, SseMessage> encoder,
      StreamThreads threads) {
    this.target = target;
    this.reader = reader;
    this.options = options;
    this.encoder = encoder;
    this.executor = threads.application();
    this.timer = threads.timer();
    this.intervalNanos = options.interval().toNanos();
    this.window = options.throttle() == null ? null : new RateWindow<>(options.throttle());
    this.deadlines = new Deadlines(options, timer, this::onTime);
    this.slices =
        new Slices(
            executor, reader.wakes() ? threads.slices() : executor, this::work, this::rejected);
    this.pollAt = timer.now();
  }

  /** Begins; called once. */
  Pump<T> start() {
    AtomicReference<Pump<T>> self = new AtomicReference<>(this);
    // the client may outlive many streams: it must not keep them all
    completion.whenComplete((reason, none) -> self.set(null));
    target
        .whenClosed()
        .thenRun(
            () -> {
              Pump<T> pump = self.get();
              if (pump != null) {
                pump.end(Outcome.of(End.CLIENT_CLOSED));
              }
            });
    // before the source is asked, which may not return for long
    deadlines.arm(Deadlines.NEVER, waitsForRoom);
    slices.wake();
    return this;
  }

  // ---- slices

  private void rejected(Throwable e) {
    if (!(e instanceof RejectedExecutionException)) {
      LogMessage.NO_THREAD.log(LOG, e);
    }
    end(Outcome.of(End.STOPPED));
  }

  /**
   * Does what can be done; throws nothing.
   *
   * @return true if there is more
   */
  private boolean work() {
    boolean more = false;
    try {
      more = move();
      boolean held = window != null && !waitsForRoom;
      deadlines.arm(held ? Math.min(askAt, window.readyAt()) : askAt, waitsForRoom);
    } catch (Throwable e) { // an Error, too, ends this stream and nothing else
      log(e);
      fail(e);
    }
    return !finish() && more;
  }

  private boolean move() {
    askAt = Deadlines.NEVER;
    for (int i = 0; i < SLICE; i++) {
      boolean more =
          switch (state()) {
            case NEW -> open();
            case ASKING -> sendHeld() || ask();
            case EXHAUSTED, FAILING -> sendHeld() || sendLast();
            case ENDED, CLOSED -> false;
          };
      if (!more) {
        return false;
      }
    }
    return true;
  }

  private boolean open() {
    if (advance(State.NEW, State.ASKING)) {
      options.retry().ifPresent(this::send);
      options.initial().ifPresent(this::send);
      try {
        reader.open(slices::wake, executor);
      } catch (Throwable e) {
        sourceFailed(e);
      }
    }
    return true;
  }

  /** Sends an item that the throttle gives, if it gives one. */
  private boolean sendHeld() {
    T ready = window == null || waitsForRoom ? null : window.poll(timer.now());
    if (ready == null) {
      return false;
    }
    sendItem(ready);
    return true;
  }

  /** Asks the source, unless it is not its time. */
  private boolean ask() {
    if (window == null && waitsForRoom) {
      return false;
    }
    if (timer.now() < pollAt) {
      askAt = pollAt;
      return false;
    }
    T item;
    try {
      item = reader.poll();
      if (reader.ended()) {
        advance(State.ASKING, State.EXHAUSTED);
      }
    } catch (Throwable e) {
      sourceFailed(e);
      return true;
    }
    if (item != null) {
      taken++;
      deadlines.received();
      pollAt = timer.now() + intervalNanos;
      take(item);
      return true;
    }
    if (state() == State.ASKING && !reader.wakes()) {
      pollAt = timer.now() + (intervalNanos > 0 ? intervalNanos : POLL_NANOS);
      askAt = pollAt;
    }
    return state() != State.ASKING;
  }

  private void take(T item) {
    if (window == null) {
      sendItem(item);
    } else {
      long before = window.dropped();
      window.offer(item);
      dropped += window.dropped() - before;
    }
  }

  private boolean sendLast() {
    if (!waitsForRoom && (window == null || window.isEmpty())) {
      if (state() == State.FAILING) {
        fail(sourceFailure);
      } else {
        end(new Outcome(End.COMPLETED, null, options.closing()));
      }
    }
    return false;
  }

  private void sendItem(T item) {
    Object payload = options.transformed(item);
    if (payload == null) {
      dropped++;
      return;
    }
    SseMessage message = encoder.apply(payload);
    if (options.event() != null && message.data().isPresent() && message.event().isEmpty()) {
      message = message.toBuilder().event(options.event()).build();
    }
    CompletableFuture<Boolean> queued = send(message).toCompletableFuture();
    if (queued.isDone()) {
      queued(queued.join());
    } else {
      waitsForRoom = true;
      queued.whenComplete(
          (took, failure) -> {
            if (failure == null) {
              queued(took);
            } else { // such as a message that is too large
              log(failure);
              fail(failure);
            }
            waitsForRoom = false;
            slices.wake();
          });
    }
  }

  private void queued(boolean took) {
    if (took) {
      sent.incrementAndGet();
      deadlines.sent();
    } else {
      end(Outcome.of(End.CLIENT_CLOSED));
    }
  }

  /** Sends a message if the stream has not ended; false later for a client that is closed. */
  private synchronized CompletionStage<Boolean> send(SseMessage message) {
    return ended() ? CompletableFuture.completedStage(false) : target.sendWhenRoom(message);
  }

  // ---- the state

  private synchronized State state() {
    return state;
  }

  private synchronized boolean ended() {
    return state.compareTo(State.ENDED) >= 0;
  }

  /** A slice's transition; none if the stream has been ended meanwhile. */
  private synchronized boolean advance(State from, State to) {
    boolean at = state == from;
    if (at) {
      state = to;
    }
    return at;
  }

  private void sourceFailed(Throwable cause) {
    log(cause);
    sourceFailure = cause;
    if (advance(State.ASKING, State.FAILING) && window != null) {
      window.hurry();
    }
  }

  private void log(Throwable cause) {
    // anybody can ask for a job that is not there, and a client that is gone misses nothing
    boolean expected = cause instanceof Progress.UnknownJobException || ended();
    LogMessage.STREAM_FAILED.log(
        LOG, expected ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING, cause);
  }

  /** Ends the stream by a failure that is logged. */
  private void fail(Throwable cause) {
    if (ended()) {
      return;
    }
    end(new Outcome(End.FAILED, cause, last(options, cause)));
  }

  /** What is sent last when a stream fails. */
  static Optional<SseMessage> last(StreamOptions<?> options, Throwable cause) {
    try {
      return Objects.requireNonNull(options.onError().apply(cause), "onError: gave null");
    } catch (Throwable e) { // there is nobody else to ask
      LogMessage.ON_ERROR_FAILED.log(LOG, e);
      return StreamOptions.defaults().onError().apply(cause);
    }
  }

  /** Ends the stream, once: the client at once, the source when its present call has returned. */
  private void end(Outcome how) {
    CompletionStage<Boolean> lastSent = NOTHING;
    synchronized (this) {
      if (ended()) {
        return;
      }
      state = State.ENDED;
      outcome = how;
      deadlines.close();
      try {
        lastSent = how.last().map(target::sendLast).orElse(NOTHING);
      } catch (Throwable e) { // such as a message that is too large
        LogMessage.LAST_MESSAGE_LOST.log(LOG, e);
      }
    }
    lastSent.whenComplete((took, none) -> target.ended(how.reason()));
    slices.wake();
  }

  /**
   * Closes the source, if the stream has ended.
   *
   * @return whether it has
   */
  private boolean finish() {
    if (!ended()) {
      return false;
    }
    if (advance(State.ENDED, State.CLOSED)) {
      try {
        reader.close();
      } catch (Throwable e) { // whatever it is, the stream is over
        LogMessage.SOURCE_NOT_CLOSED.log(LOG, e);
      }
      completion.complete(outcome().reason());
    }
    return true;
  }

  private synchronized Outcome outcome() {
    return outcome;
  }

  // ---- time

  private void onTime() {
    switch (deadlines.due(waitsForRoom)) {
      case TIMEOUT -> endElsewhere(End.TIMEOUT);
      case IDLE -> endElsewhere(End.IDLE);
      case HEARTBEAT -> {
        beat();
        lookAgain();
      }
      case ASK -> lookAgain();
    }
  }

  private void lookAgain() {
    slices.wake();
    // the slice arms again, unless it is held up in the source
    deadlines.arm(Deadlines.NEVER, waitsForRoom);
  }

  /** The last message may need an encoder of the application, which must not hold up the timer. */
  private void endElsewhere(End reason) {
    Outcome how = new Outcome(reason, null, options.closing());
    try {
      executor.execute(() -> end(how));
    } catch (RuntimeException stopping) {
      end(how);
    }
  }

  private void beat() {
    if (!pinging.compareAndSet(false, true)) {
      return;
    }
    try {
      executor.execute(this::ping);
    } catch (Throwable e) { // it has no thread for now, or the application is being stopped
      pinging.set(false);
    }
  }

  private void ping() {
    try {
      MessageSource ping = options.ping().get();
      CompletionStage<Boolean> taken = ping == null ? NOTHING : send(ping.toSseMessage());
      taken.whenComplete((took, failure) -> pinging.set(false));
    } catch (Throwable e) { // as in a slice
      log(e);
      fail(e);
    }
  }

  // ---- the handle

  @Override
  public SseClient client() {
    return target.client();
  }

  @Override
  public CompletionStage<End> completion() {
    return completion.minimalCompletionStage();
  }

  @Override
  public Optional<Throwable> failure() {
    return Optional.ofNullable(outcome()).map(Outcome::cause);
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
    end(new Outcome(End.STOPPED, null, options.closing()));
  }

  @Override
  public String toString() {
    return "SseStream[" + target + ", sent=" + sent + "]";
  }
}
