package org.starcast.delivery;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import org.starcast.CloseReason;
import org.starcast.MessageSource;
import org.starcast.OverflowPolicy;
import org.starcast.SseClient;
import org.starcast.Subscription;

/**
 * One client: its queue, and the state of its stream.
 *
 * <p>Publishers append under this object's monitor, which is held for a few instructions and never
 * while anything is written. {@code turn} says who may touch the writer: it is {@code SCHEDULED}
 * from the moment the client enters its drainer's queue until that drainer has left it, so one
 * thread at a time drains it. Whoever turns it from {@code IDLE} or {@code BLOCKED} to {@code
 * SCHEDULED} puts the client into the drainer's queue.
 */
final class Client extends TimingWheel.Entry implements SseClient, SinkWriter.Listener {

  /** What became of a frame that was offered. */
  enum Offer {
    /** It waits. */
    QUEUED,
    /** It waits; older frames were dropped, or replaced, for it. */
    REPLACED,
    /** The queue was full: the client is being closed. */
    OVERFLOWED,
    /** The client was closed before. */
    GONE
  }

  private enum Turn {
    /** Nothing to do. */
    IDLE,
    /** In the drainer's queue, or being drained. */
    SCHEDULED,
    /** The writer takes nothing until it says so. */
    BLOCKED
  }

  private final DeliveryEngine engine;
  private final Drainer drainer;
  private final String id;
  private final String type;
  private final Map<String, Object> metadata;
  private final String principal;
  private final String address;
  private final boolean gzip;
  private final OverflowPolicy overflow;
  private final int maxMessages;
  private final long maxBytes;
  private final Instant created = Instant.now();
  private final long createdNanos = System.nanoTime();

  /** When the connection's age ends it, in nanoseconds from its creation; 0 for never. */
  private final long maxAgeNanos;

  private volatile SinkWriter writer;

  // guarded by this
  private final ArrayDeque<Frame> queue = new ArrayDeque<>(4);
  private Subscription subscription;
  private State state = State.CONNECTING;
  private CloseReason reason;
  private Turn turn = Turn.BLOCKED;
  private boolean signalled;
  private boolean pending;
  private boolean aborted;
  private boolean opened;
  private boolean greeted;
  private long queueBytes;
  private long pendingBytes;
  private long missed;
  private long dropped;

  // written by the drainer
  private volatile long sent;
  private volatile long lastWrite = createdNanos;

  Client(
      DeliveryEngine engine,
      Drainer drainer,
      String id,
      Subscription subscription,
      String principal,
      String address,
      boolean gzip,
      long maxAgeNanos) {
    this.engine = engine;
    this.drainer = drainer;
    this.id = id;
    this.type = subscription.type();
    this.metadata = subscription.metadata();
    this.principal = principal;
    this.address = address;
    this.gzip = gzip;
    this.maxAgeNanos = maxAgeNanos;
    this.subscription = subscription;
    var config = engine.config();
    this.overflow = subscription.overflow().orElse(config.queueOverflow());
    this.maxMessages =
        subscription.queueMessages() > 0 ? subscription.queueMessages() : config.queueMessages();
    this.maxBytes = subscription.queueBytes() > 0 ? subscription.queueBytes() : config.queueBytes();
  }

  /** Gives the client its writer, before anything can be drained. */
  void writer(SinkWriter writer) {
    this.writer = writer;
  }

  /** Appends a frame; never blocks. The caller adds up {@link Frame#heldBy}. */
  Offer offer(Frame frame) {
    Offer offer = Offer.QUEUED;
    boolean schedule = false;
    synchronized (this) {
      if (state.compareTo(State.CLOSING) >= 0) {
        return Offer.GONE;
      }
      if (overflow == OverflowPolicy.COALESCE
          && frame.coalesceKey != null
          && dropSameKey(frame.coalesceKey)) {
        offer = Offer.REPLACED;
      }
      if (!fits(frame)) {
        if (overflow == OverflowPolicy.DROP_OLDEST) {
          while (!fits(frame)) {
            dropFrame(queue.removeFirst());
            missed++;
          }
          offer = Offer.REPLACED;
        } else {
          schedule = abort(CloseReason.OVERFLOW);
          offer = Offer.OVERFLOWED;
        }
      }
      if (offer != Offer.OVERFLOWED) {
        queue.addLast(frame);
        queueBytes += frame.length;
        schedule = schedule();
      }
    }
    if (schedule) {
      drainer.ready(this);
    }
    return offer;
  }

  /** One message always fits, so that a message larger than the bound is not a dead end. */
  private boolean fits(Frame frame) {
    return queue.isEmpty()
        || queue.size() < maxMessages && queueBytes + pendingBytes + frame.length <= maxBytes;
  }

  private boolean dropSameKey(String key) {
    for (Iterator<Frame> i = queue.iterator(); i.hasNext(); ) {
      Frame frame = i.next();
      if (key.equals(frame.coalesceKey)) {
        i.remove();
        dropFrame(frame);
        return true;
      }
    }
    return false;
  }

  private void dropFrame(Frame frame) {
    queueBytes -= frame.length;
    dropped++;
    frame.release();
    engine.statistics().dropped(overflow);
  }

  /** Makes the client due; true if the caller must put it into the drainer's queue. */
  private boolean schedule() {
    if (turn != Turn.IDLE) {
      return false;
    }
    turn = Turn.SCHEDULED;
    return true;
  }

  /** Ends the stream without writing what is left; true if the drainer must be told. */
  private boolean abort(CloseReason why) {
    if (aborted || state == State.CLOSED) {
      return false;
    }
    aborted = true;
    state = State.CLOSING;
    if (reason == null) {
      reason = why;
    }
    engine.statistics().discarded(queue.size());
    queue.forEach(Frame::release);
    queue.clear();
    queueBytes = 0;
    // the writer is about to let go of them: who sheds must see how much that brings
    engine.budget().subtract(pendingBytes);
    pendingBytes = 0;
    boolean tell = turn != Turn.SCHEDULED;
    turn = Turn.SCHEDULED;
    return tell;
  }

  /** Ends the stream at once. */
  void abortNow(CloseReason why) {
    boolean tell;
    synchronized (this) {
      tell = abort(why);
    }
    if (tell) {
      drainer.ready(this);
    }
  }

  /** Writes what is queued and then ends the stream. */
  void closeAfterDrain(CloseReason why) {
    boolean tell;
    synchronized (this) {
      if (state.compareTo(State.CLOSING) >= 0) {
        return;
      }
      state = State.CLOSING;
      reason = why;
      tell = schedule();
    }
    if (tell) {
      drainer.ready(this);
    }
  }

  @Override
  public void writable() {
    boolean first;
    synchronized (this) {
      first = state == State.CONNECTING;
      if (first) {
        state = State.OPEN;
        opened = true;
      }
      if (turn == Turn.SCHEDULED) {
        signalled = true;
      } else {
        turn = Turn.SCHEDULED;
        drainer.ready(this);
      }
    }
    if (first) {
      engine.opened(this);
    }
  }

  @Override
  public void failed(Throwable cause) {
    abortNow(
        cause == null || cause instanceof IOException
            ? CloseReason.CLIENT_GONE
            : CloseReason.ERROR);
  }

  /**
   * One turn: writes what is ready, as one write.
   *
   * @return true if there is more, for a turn at the queue's tail
   */
  boolean drain(Drainer drainer) {
    boolean resume;
    boolean end = false;
    boolean clean = false;
    synchronized (this) {
      signalled = false;
      resume = pending;
      if (aborted || state == State.CLOSED) {
        end = true;
      } else if (!resume) {
        collect(drainer);
        if (drainer.turnFrames == 0) {
          if (state == State.CLOSING) {
            end = true;
            clean = true;
          } else {
            turn = Turn.IDLE;
            return false;
          }
        }
      }
      if (end) {
        if (state == State.CLOSED) {
          return false;
        }
        state = State.CLOSED;
      }
    }
    if (end) {
      end(clean);
      return false;
    }
    boolean more;
    try {
      more = resume ? writer.resume() : writer.write(drainer.turnBytes, 0, drainer.turnLength);
    } catch (IOException e) {
      synchronized (this) {
        abort(CloseReason.CLIENT_GONE);
      }
      return true;
    } catch (RuntimeException e) {
      engine.log().log(System.Logger.Level.WARNING, "STARCAST-1006: a write failed", e);
      synchronized (this) {
        abort(CloseReason.ERROR);
      }
      return true;
    }
    long now = System.nanoTime();
    if (!resume) {
      sent += drainer.turnFrames;
      lastWrite = now;
      engine.statistics().written(drainer.turnFrames, drainer.turnLength);
      if (!more) {
        drainer.lend();
      }
    }
    synchronized (this) {
      if (more) {
        if (resume) {
          lastWrite = now;
        }
        engine.budget().subtract(pending ? pendingBytes : 0);
        pending = false;
        pendingBytes = 0;
        if (queue.isEmpty() && missed == 0 && state == State.OPEN) {
          turn = Turn.IDLE;
          return false;
        }
        return true;
      }
      if (!pending) {
        pending = true;
        pendingBytes = drainer.turnLength;
        engine.budget().add(pendingBytes);
      }
      if (signalled || aborted) {
        return true;
      }
      turn = Turn.BLOCKED;
      return false;
    }
  }

  private void collect(Drainer drainer) {
    drainer.begin();
    if (!greeted) {
      // not through the queue, where it would take a message's place, or be dropped as one
      drainer.add(engine.openingFrame(), gzip);
      greeted = true;
    }
    if (missed > 0) {
      Frame first = queue.peekFirst();
      drainer.add(engine.gapFrame(first == null ? 0 : first.sequence, missed), gzip);
      missed = 0;
    }
    for (Frame frame = queue.peekFirst(); frame != null; frame = queue.peekFirst()) {
      if (!drainer.add(frame, gzip)) {
        return;
      }
      queue.removeFirst();
      queueBytes -= frame.length;
      frame.release();
    }
  }

  private void end(boolean clean) {
    try {
      if (clean) {
        writer.close();
      } else {
        writer.abort();
      }
    } catch (RuntimeException | Error e) {
      engine.log().log(System.Logger.Level.DEBUG, "STARCAST-1003: the response did not end", e);
    }
    CloseReason why;
    boolean wasOpen;
    synchronized (this) {
      if (pending) {
        engine.budget().subtract(pendingBytes);
        pending = false;
        pendingBytes = 0;
      }
      why = reason;
      wasOpen = opened;
    }
    engine.closed(this, why, wasOpen);
  }

  /** Heartbeat, send timeout and age, in one timer entry. */
  @Override
  long onTime(long now) {
    var config = engine.config();
    long heartbeat = config.heartbeat().toNanos();
    long timeout = config.sendTimeout().toNanos();
    long next = heartbeat > 0 ? Math.min(heartbeat, timeout) : timeout;
    boolean beat = false;
    boolean late = false;
    boolean old = false;
    synchronized (this) {
      if (state == State.CLOSED) {
        return -1;
      }
      long silence = now - lastWrite;
      if (turn == Turn.BLOCKED) {
        late = silence >= timeout;
        next = Math.min(next, timeout - silence);
      } else if (heartbeat > 0) {
        beat = silence >= heartbeat && turn == Turn.IDLE && state == State.OPEN;
        next = beat ? next : Math.min(next, heartbeat - silence);
      }
      if (maxAgeNanos > 0 && state == State.OPEN) {
        long left = maxAgeNanos - (now - createdNanos);
        old = left <= 0;
        next = Math.min(next, Math.max(left, 0));
      }
    }
    if (late) {
      abortNow(CloseReason.TIMEOUT);
    } else if (old) {
      closeAfterDrain(CloseReason.MAX_AGE);
    } else if (beat) {
      offer(engine.heartbeatFrame());
      engine.statistics().heartbeat();
    }
    return Math.max(next, 0);
  }

  /** How far behind it is: the sequence of the oldest event that waits, or none. */
  synchronized long oldestQueued() {
    for (Frame frame : queue) {
      if (frame.sequence > 0) {
        return frame.sequence;
      }
    }
    return Long.MAX_VALUE;
  }

  String address() {
    return address;
  }

  boolean gzip() {
    return gzip;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public synchronized State state() {
    return state;
  }

  @Override
  public synchronized Optional<CloseReason> closeReason() {
    return Optional.ofNullable(reason);
  }

  @Override
  public Map<String, Object> metadata() {
    return metadata;
  }

  @Override
  public Optional<String> principal() {
    return Optional.ofNullable(principal);
  }

  @Override
  public synchronized Subscription subscription() {
    return subscription;
  }

  @Override
  public Instant created() {
    return created;
  }

  @Override
  public Instant lastActivity() {
    return created.plusNanos(lastWrite - createdNanos);
  }

  @Override
  public long sent() {
    return sent;
  }

  @Override
  public synchronized long dropped() {
    return dropped;
  }

  @Override
  public synchronized int queued() {
    return queue.size();
  }

  @Override
  public synchronized long queuedBytes() {
    return queueBytes + pendingBytes;
  }

  @Override
  public String writer() {
    SinkWriter known = writer;
    return known == null ? "none" : known.name();
  }

  @Override
  public void subscribe(String pattern, String... senders) {
    synchronized (this) {
      Subscription changed = subscription.topic(pattern, senders);
      engine.checkPatterns(changed);
      subscription = changed;
      if (state.compareTo(State.CLOSING) < 0) {
        engine.index(this, pattern, changed.topics().get(pattern));
      }
    }
  }

  @Override
  public void unsubscribe(String pattern) {
    synchronized (this) {
      if (subscription.topics().containsKey(pattern)) {
        subscription = subscription.without(pattern);
        engine.unindex(this, pattern);
      }
    }
  }

  @Override
  public void mute(String... patterns) {
    synchronized (this) {
      Subscription changed = subscription.mute(patterns);
      engine.checkPatterns(changed);
      subscription = changed;
      if (state.compareTo(State.CLOSING) < 0) {
        engine.mute(this, patterns);
      }
    }
  }

  @Override
  public void unmute(String... patterns) {
    synchronized (this) {
      subscription = subscription.unmute(patterns);
      engine.unmute(this, patterns);
    }
  }

  @Override
  public boolean send(MessageSource message) {
    return engine.send(this, message.toSseMessage());
  }

  @Override
  public void close() {
    closeAfterDrain(CloseReason.APPLICATION);
  }

  @Override
  public String toString() {
    return "SseClient[" + id + ", " + type + ", " + state() + "]";
  }
}
