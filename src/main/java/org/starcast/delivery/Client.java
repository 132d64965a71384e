package org.starcast.delivery;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.starcast.CloseReason;
import org.starcast.MessageSource;
import org.starcast.OverflowPolicy;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.security.Grant;

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
    /** It does not wait: the client will read it from the log. */
    LOGGED,
    /** The queue was full: the client is being closed. */
    OVERFLOWED,
    /** It is not for the client: it was closed before, or has it. */
    GONE
  }

  /** From this position of the log on another subscription holds. */
  private record Change(long position, Subscription subscription) {}

  // Turns; numbers, as a reference that changes with every event would have the garbage collector
  // note it each time.

  /** Nothing to do. */
  private static final byte IDLE = 0;

  /** In the drainer's queue, or being drained. */
  private static final byte SCHEDULED = 1;

  /** The writer takes nothing until it says so. */
  private static final byte BLOCKED = 2;

  /** A frame that waits for room in the queue, and who wants to know. */
  private record Waiting(Frame frame, CompletableFuture<Boolean> taken) {}

  private static final long MAX_STEP_NANOS = 1_000_000_000L;

  /** So many messages may wait for room, however large they are. */
  private static final int MIN_WAITING = 16;

  /** The most changes of its subscription that are remembered while it reads the log. */
  private static final int MAX_CHANGES = 1000;

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

  /** What its caller may hear. */
  private final Grant grant;

  /** When the caller's token expires, in nanoseconds from its creation; 0 for never. */
  private final long expiryNanos;

  private final CompletableFuture<CloseReason> closed = new CompletableFuture<>();

  private volatile SinkWriter writer;

  // guarded by this
  private final ArrayDeque<Frame> queue = new ArrayDeque<>(4);

  /** Never has an entry while the queue is empty, which is always followed by a turn. */
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(1);

  private long waitingBytes;

  private Subscription subscription;
  private State state = State.CONNECTING;
  private CloseReason reason;
  private byte turn = BLOCKED;
  private boolean signalled;

  /** Whether the page that it waited for has come during the turn. */
  private boolean awake;

  private boolean pending;
  private boolean aborted;
  private boolean opened;

  /** What is written first; null when it has been. */
  private Frame greeting;

  private long queueBytes;
  private long pendingBytes;
  private long missed;
  private long dropped;

  /** The last id that was queued while level. */
  private long seen;

  /**
   * Events that it was offered, and has to read from the log, less those that it has read. Below
   * zero while it has read what it is still to be offered, or what was published before it was
   * indexed.
   */
  private long owed;

  /** The first sequence that can be offered to it; what it reads before is of the past. */
  private volatile long firstOffered;

  /** The order that it follows. */
  private String epoch;

  /** How it reads the log; null while it is level with the others. */
  private Replay replay;

  /** The subscription that it reads the log with, and the later ones it has to come to. */
  private Subscription reads;

  private final ArrayDeque<Change> changes = new ArrayDeque<>(0);

  /** The position before which it reads the log; that of its end once it is closing. */
  private long readUntil = Long.MAX_VALUE;

  // written by the drainer
  private volatile long sent;
  private volatile long lastWrite = createdNanos;

  // used by the drainer
  private SubscriptionFilter filter;

  /** When the oldest event of the last write was published; 0 once that has been flushed. */
  private long unflushed;

  Client(
      DeliveryEngine engine,
      Drainer drainer,
      String id,
      Subscription subscription,
      String principal,
      String address,
      boolean gzip,
      long maxAgeNanos,
      Grant grant) {
    this.engine = engine;
    this.drainer = drainer;
    this.id = id;
    this.type = subscription.type();
    this.metadata = subscription.metadata();
    this.principal = principal;
    this.address = address;
    this.gzip = gzip;
    this.maxAgeNanos = maxAgeNanos;
    this.grant = grant;
    this.expiryNanos = grant.expiry().map(expiry -> nanosUntil(created, expiry)).orElse(0L);
    this.subscription = subscription;
    this.reads = subscription;
    var config = engine.config();
    this.overflow = subscription.overflow().orElse(config.queueOverflow());
    this.maxMessages =
        subscription.queueMessages() > 0 ? subscription.queueMessages() : config.queueMessages();
    this.maxBytes = subscription.queueBytes() > 0 ? subscription.queueBytes() : config.queueBytes();
  }

  /** At least 1, and at most 200 years. */
  private static long nanosUntil(Instant from, Instant end) {
    long seconds = Math.min(end.getEpochSecond() - from.getEpochSecond(), 200L * 365 * 24 * 3600);
    return Math.max(1, seconds * 1_000_000_000L + end.getNano() - from.getNano());
  }

  /**
   * Says how the stream begins; called before anything is offered.
   *
   * @param greeting what is written first
   * @param epoch the order that it follows
   * @param replay how the client reads the log before it is level, or null
   * @param firstOffered no event before this sequence is offered to it
   */
  void begin(Frame greeting, String epoch, Replay replay, long firstOffered) {
    this.greeting = greeting;
    this.epoch = epoch;
    this.replay = replay;
    this.firstOffered = firstOffered;
  }

  /**
   * Follows another order from now on, if it does not yet: what it has not read of the one before
   * is lost, which it is told of. Nothing is offered meanwhile.
   *
   * @param begin how it begins
   */
  void restart(String epoch, Replay begin, long firstOffered) {
    boolean schedule;
    synchronized (this) {
      if (epoch.equals(this.epoch)) {
        return;
      }
      this.epoch = epoch;
      this.firstOffered = firstOffered;
      settle(engine.statistics().missed);
      missed = 0;
      seen = 0;
      changes.clear();
      reads = subscription;
      if (state.compareTo(State.CLOSING) < 0) {
        replay = begin;
        schedule = schedule();
      } else {
        // it had to read until a place that is no more
        schedule = replay != null && abort(reason);
      }
    }
    if (schedule) {
      drainer.ready(this);
    }
  }

  /** The log has a hole, of which it is told when it comes there. */
  void miss(Frame hole) {
    boolean schedule = false;
    synchronized (this) {
      if (state.compareTo(State.CLOSING) < 0 && replay == null) {
        replay = engine.replayFrom(hole.sequence());
        schedule = schedule();
      }
    }
    if (schedule) {
      drainer.ready(this);
    }
  }

  /** What it waited for, to go on reading, has come. */
  void awake() {
    boolean schedule;
    synchronized (this) {
      awake = true;
      schedule = schedule();
    }
    if (schedule) {
      drainer.ready(this);
    }
  }

  /** Whether it follows the order of this epoch. */
  synchronized boolean follows(String epoch) {
    return epoch.equals(this.epoch);
  }

  /** What it was told to have is nowhere: from now on all is offered to it. */
  void offerFrom(long sequence) {
    firstOffered = sequence;
  }

  /** Lets go of what was offered to a client whose response could not be opened. */
  synchronized void abandon() {
    if (state.compareTo(State.CLOSING) < 0) {
      state = State.CLOSED;
      discardQueue();
      settle(engine.statistics().discarded);
    }
  }

  /**
   * Gives the client its writer, before anything can be drained.
   *
   * @return false if the client was closed before, and will not use it
   */
  synchronized boolean writer(SinkWriter writer) {
    if (state == State.CLOSED) {
      return false;
    }
    this.writer = writer;
    return true;
  }

  /** Reads what {@link #offer} is about to need, without the lock: the value means nothing. */
  long look() {
    return queueBytes + seen + (replay == null ? queue.size() : 0);
  }

  /** Appends a frame; never blocks. The caller adds up {@link Frame#heldBy}. */
  Offer offer(Frame frame) {
    return offer(frame, null);
  }

  /**
   * As {@link #offer(Frame)}.
   *
   * @param due takes the client, if it has become ready; null for its drain thread
   */
  Offer offer(Frame frame, Due due) {
    Offer offer = Offer.QUEUED;
    boolean schedule = false;
    synchronized (this) {
      if (state.compareTo(State.CLOSING) >= 0) {
        return Offer.GONE;
      }
      if (frame.sequence() > 0 && frame.sequence() < firstOffered) {
        // it has it from another node
        return Offer.GONE;
      }
      if (frame.sequence() > 0 && replay != null) {
        owed++;
        return Offer.LOGGED;
      }
      if (replace(frame)) {
        offer = Offer.REPLACED;
      }
      if (!fits(frame) && overflow == OverflowPolicy.CATCH_UP && engine.logs()) {
        long first = fallBehind();
        if (frame.sequence() > 0) {
          replay = engine.replayFrom(first == 0 ? frame.sequence() : first);
          owed++;
          offer = Offer.LOGGED;
        } else if (first > 0) {
          replay = engine.replayFrom(first);
        }
      }
      if (offer != Offer.LOGGED && !fits(frame)) {
        if (overflow == OverflowPolicy.DROP_OLDEST) {
          while (!fits(frame)) {
            dropFrame(queue.removeFirst(), engine.statistics().dropped);
            missed++;
          }
          offer = Offer.REPLACED;
        } else {
          schedule = abort(CloseReason.OVERFLOW);
          offer = Offer.OVERFLOWED;
          if (frame.sequence() > 0) {
            engine.statistics().discarded.increment();
          }
        }
      }
      if (offer == Offer.LOGGED) {
        schedule = schedule();
      } else if (offer != Offer.OVERFLOWED) {
        append(frame);
        schedule = schedule();
      }
    }
    if (schedule && due == null) {
      drainer.ready(this);
    } else if (schedule) {
      due.add(this, drainer);
    }
    return offer;
  }

  private void append(Frame frame) {
    queue.addLast(frame);
    queueBytes += frame.length();
    seen = Math.max(seen, frame.sequence());
  }

  /** What is published from now on is for another subscription; what is still to be read is not. */
  private void changeTo(Subscription changed) {
    subscription = changed;
    if (replay == null) {
      reads = changed;
    } else {
      long position = engine.logEnd();
      Change last = changes.peekLast();
      // nothing was published between the two; or a client that takes nothing changes on and on,
      // and is not followed to the event
      if (last != null && (last.position() == position || changes.size() == MAX_CHANGES)) {
        position = changes.removeLast().position();
      }
      changes.add(new Change(position, changed));
    }
  }

  /** Lets go of the queued events that the log has; returns the first's sequence, 0 for none. */
  private long fallBehind() {
    long first = 0;
    for (Iterator<Frame> i = queue.iterator(); i.hasNext(); ) {
      Frame frame = i.next();
      if (frame.sequence() > 0) {
        first = first == 0 ? frame.sequence() : first;
        i.remove();
        queueBytes -= frame.length();
        owed += frame.counted ? 1 : 0;
        frame.release();
      }
    }
    engine.statistics().behind.increment();
    return first;
  }

  /** Frees what the queue holds, if the log has it; else ends the stream. */
  void shed() {
    boolean schedule;
    synchronized (this) {
      if (overflow == OverflowPolicy.CATCH_UP && engine.logs() && state == State.OPEN) {
        long first = replay == null ? fallBehind() : 0;
        if (first > 0) {
          replay = engine.replayFrom(first);
        }
        schedule = schedule();
      } else {
        schedule = abort(CloseReason.OVERFLOW);
      }
    }
    if (schedule) {
      drainer.ready(this);
    }
  }

  /**
   * Makes the client level again, if what is left of the log fits into its queue, by the same rules
   * as if it were published now; else the client reads on. Publishers wait meanwhile.
   *
   * @param read what it has read so far
   * @param events what is left, few
   */
  void join(Replay read, List<Frame> events) {
    synchronized (this) {
      if (state.compareTo(State.CLOSING) >= 0 || !changes.isEmpty() || replay != read) {
        return;
      }
      List<Frame> left = new ArrayList<>();
      Map<String, Frame> latest = new HashMap<>();
      int messages = 0;
      long bytes = 0;
      for (Frame event : events) {
        if (!filter.decides(event)) {
          // published since they were decided: nobody is asked while publishers wait
          return;
        }
        if (filter.test(event)) {
          left.add(event);
          Frame replaced = coalesces(event) ? latest.put(event.coalesceKey, event) : null;
          messages += replaced == null ? 1 : 0;
          bytes += event.length() - (replaced == null ? 0 : replaced.length());
        }
      }
      if (!fits(messages, bytes)) {
        return;
      }
      for (Frame event : left) {
        replace(event);
        boolean counted = event.sequence() >= firstOffered;
        Frame frame = Frame.again(event, counted, engine.budget());
        frame.heldBy(1);
        append(frame);
        owed -= counted ? 1 : 0;
      }
      level();
    }
  }

  /** It has read all that it was offered, or has missed it. */
  private void level() {
    replay = null;
    settle(engine.statistics().missed);
  }

  /** Closes the account of the log; what it had of it without an offer was for it, too. */
  private void settle(LongAdder lost) {
    if (owed > 0) {
      lost.add(owed);
    } else if (owed < 0) {
      engine.statistics().matched.add(-owed);
    }
    owed = 0;
  }

  /** Has it decided beforehand what of this it may hear. */
  void decide(Iterable<Frame> events) {
    events.forEach(filter::test);
  }

  /** One message always fits, so that a message larger than the bound is not a dead end. */
  private boolean fits(Frame frame) {
    return fits(1, frame.length());
  }

  private boolean fits(int messages, long bytes) {
    return queue.isEmpty() && messages <= 1
        || queue.size() + messages <= maxMessages && queueBytes + pendingBytes + bytes <= maxBytes;
  }

  /**
   * Appends a frame as soon as half of the queue is free, which leaves the other half to what is
   * published; frames that wait keep their order.
   *
   * @return whether the frame was queued; false if the client was closed first; fails if too much
   *     waits already
   */
  CompletionStage<Boolean> offerWhenRoom(Frame frame) {
    boolean schedule;
    synchronized (this) {
      if (state.compareTo(State.CLOSING) >= 0) {
        frame.heldBy(0);
        return CompletableFuture.completedStage(false);
      }
      if (!waiting.isEmpty() || !hasRoom(frame)) {
        int most = Math.max(MIN_WAITING, maxMessages);
        if (waiting.size() >= most
            || waiting.size() >= MIN_WAITING && waitingBytes + frame.length() > maxBytes) {
          frame.heldBy(0);
          return CompletableFuture.failedStage(
              new IllegalStateException(
                  "message: "
                      + waiting.size()
                      + " messages of "
                      + waitingBytes
                      + " bytes wait for room, at most "
                      + most
                      + " of "
                      + maxBytes));
        }
        frame.heldBy(1);
        Waiting entry = new Waiting(frame, new CompletableFuture<>());
        waiting.add(entry);
        waitingBytes += frame.length();
        return entry.taken.minimalCompletionStage();
      }
      frame.heldBy(1);
      engine.statistics().direct.increment();
      append(frame);
      schedule = schedule();
    }
    if (schedule) {
      drainer.ready(this);
    }
    return CompletableFuture.completedStage(true);
  }

  private boolean hasRoom(Frame frame) {
    return queue.isEmpty()
        || queue.size() < maxMessages / 2
            && queueBytes + pendingBytes + frame.length() <= maxBytes / 2;
  }

  /** Queues the frames that have room now; the caller tells those who wait, outside of the lock. */
  private List<Waiting> admit() {
    List<Waiting> admitted = List.of();
    while (!waiting.isEmpty() && state.compareTo(State.CLOSING) < 0) {
      Waiting first = waiting.peek();
      if (!hasRoom(first.frame)) {
        break;
      }
      waiting.remove();
      waitingBytes -= first.frame.length();
      engine.statistics().direct.increment();
      append(first.frame);
      if (admitted.isEmpty()) {
        admitted = new ArrayList<>();
      }
      admitted.add(first);
    }
    return admitted;
  }

  private void tell(List<Waiting> told, boolean taken) {
    for (Waiting entry : told) {
      engine.complete(entry.taken, taken);
    }
  }

  private boolean coalesces(Frame frame) {
    return overflow == OverflowPolicy.COALESCE && frame.coalesceKey != null;
  }

  /** Drops the queued frame that this one is to replace, if there is one. */
  private boolean replace(Frame by) {
    if (!coalesces(by)) {
      return false;
    }
    for (Iterator<Frame> i = queue.iterator(); i.hasNext(); ) {
      Frame frame = i.next();
      if (by.coalesceKey.equals(frame.coalesceKey)) {
        i.remove();
        dropFrame(frame, engine.statistics().coalesced);
        return true;
      }
    }
    return false;
  }

  private void dropFrame(Frame frame, LongAdder count) {
    queueBytes -= frame.length();
    dropped++;
    frame.release();
    if (frame.counted) {
      count.increment();
    }
  }

  private void discardQueue() {
    engine.statistics().discarded.add(countQueued());
    queue.forEach(Frame::release);
    queue.clear();
    queueBytes = 0;
  }

  private int countQueued() {
    int count = 0;
    for (Frame frame : queue) {
      count += frame.counted ? 1 : 0;
    }
    return count;
  }

  /** Messages that wait for it, in its queue or in the log. */
  synchronized long pending() {
    return countQueued() + owed;
  }

  /** What the turn had is not written. */
  void lost(Drainer drainer) {
    engine.statistics().discarded.add(drainer.turnCounted);
    drainer.turnCounted = 0;
  }

  /** Makes the client due; true if the caller must put it into the drainer's queue. */
  private boolean schedule() {
    if (turn != IDLE) {
      return false;
    }
    turn = SCHEDULED;
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
    discardQueue();
    // the writer is about to let go of them: who sheds must see how much that brings
    engine.budget().subtract(pendingBytes);
    pendingBytes = 0;
    boolean tell = turn != SCHEDULED;
    turn = SCHEDULED;
    return tell;
  }

  /**
   * Ends the stream at once.
   *
   * @return false if it was ending like that already
   */
  boolean abortNow(CloseReason why) {
    boolean tell;
    boolean first;
    synchronized (this) {
      first = !aborted && state != State.CLOSED;
      tell = abort(why);
    }
    if (tell) {
      drainer.ready(this);
    }
    return first;
  }

  /** Writes what was published until now; but who is behind is not served from the log for it. */
  private void expire() {
    boolean behind;
    synchronized (this) {
      behind = replay != null;
    }
    if (behind) {
      abortNow(CloseReason.EXPIRED);
    } else {
      closeAfterDrain(CloseReason.EXPIRED);
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
      // what was published before the close counts as queued
      readUntil = replay == null ? 0 : engine.logEnd();
      tell = schedule();
    }
    if (tell) {
      drainer.ready(this);
    }
  }

  @Override
  public void writable() {
    synchronized (this) {
      if (!opened && !aborted) {
        opened = true;
        if (state == State.CONNECTING) {
          state = State.OPEN;
        }
        // before anything can close it, so that its end is told after its begin
        engine.opened(this);
      }
      if (turn == SCHEDULED) {
        signalled = true;
      } else {
        turn = SCHEDULED;
        drainer.ready(this);
      }
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
    Replay reading = null;
    List<Waiting> admitted = List.of();
    synchronized (this) {
      signalled = false;
      awake = false;
      resume = pending;
      if (aborted || state == State.CLOSED) {
        end = true;
      } else if (!resume) {
        boolean all = collect(drainer);
        admitted = admit();
        if (replay != null && replay.position() >= readUntil) {
          level();
        }
        reading = all ? replay : null;
        if (drainer.turnFrames == 0 && reading == null) {
          if (state == State.CLOSING) {
            end = true;
            clean = true;
          } else {
            turn = IDLE;
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
    tell(admitted, true);
    if (reading != null) {
      read(drainer, reading);
      if (drainer.turnFrames == 0) {
        return !parked(reading);
      }
    }
    boolean more;
    Object span =
        resume || drainer.turnSpans.isEmpty()
            ? null
            : engine.tracing().delivering(this, drainer.turnSpans);
    try {
      more = resume ? writer.resume() : writer.write(drainer.turnBytes, 0, drainer.turnLength);
    } catch (IOException e) {
      lost(drainer);
      synchronized (this) {
        abort(CloseReason.CLIENT_GONE);
      }
      return true;
    } catch (RuntimeException e) {
      lost(drainer);
      engine.log().log(System.Logger.Level.WARNING, "STARCAST-1006: a write failed", e);
      synchronized (this) {
        abort(CloseReason.ERROR);
      }
      return true;
    } finally {
      if (span != null) {
        engine.tracing().delivered(span);
      }
    }
    long now = System.nanoTime();
    if (!resume) {
      sent += drainer.turnFrames;
      lastWrite = now;
      engine.statistics().written(drainer.turnFrames, drainer.turnCounted, drainer.turnLength);
      drainer.turnCounted = 0;
      unflushed = drainer.turnPublished;
    }
    if (more && unflushed != 0) {
      engine.statistics().latencies.record(now - unflushed);
      unflushed = 0;
    }
    synchronized (this) {
      if (more) {
        if (resume) {
          lastWrite = now;
        }
        engine.budget().subtract(pending ? pendingBytes : 0);
        pending = false;
        pendingBytes = 0;
        if (queue.isEmpty() && missed == 0 && replay == null && state == State.OPEN) {
          turn = IDLE;
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
      turn = BLOCKED;
      return false;
    }
  }

  /** Whether it has nothing to do until a page has been read. */
  private boolean parked(Replay reading) {
    if (reading.failed()) {
      abortNow(CloseReason.BACKPLANE);
      return false;
    }
    synchronized (this) {
      if (!reading.waits() || replay != reading || awake || aborted || !queue.isEmpty()) {
        return false;
      }
      turn = IDLE;
      return true;
    }
  }

  /** Collects what is queued; true if that is all in the turn. */
  private boolean collect(Drainer drainer) {
    drainer.begin();
    if (greeting != null) {
      // not through the queue, where it would take a message's place, or be dropped as one
      drainer.add(greeting, gzip);
      greeting = null;
    }
    if (missed > 0) {
      Frame first = queue.peekFirst();
      long next = first == null ? 0 : first.sequence();
      if (!drainer.add(engine.gapFrame(this, epoch, next, missed), gzip)) {
        return false;
      }
      engine.statistics().gaps.increment();
      missed = 0;
    }
    for (Frame frame = queue.peekFirst(); frame != null; frame = queue.peekFirst()) {
      if (!drainer.add(frame, gzip)) {
        return false;
      }
      drainer.count(frame);
      queue.removeFirst();
      queueBytes -= frame.length();
      frame.release();
    }
    return true;
  }

  /** Reads on in the log, without the monitor, for which publishers wait. */
  private void read(Drainer drainer, Replay reading) {
    Subscription now;
    long until;
    synchronized (this) {
      while (!changes.isEmpty() && changes.peek().position() <= reading.position()) {
        reads = changes.remove().subscription();
      }
      now = reads;
      // a change from now on is for what is published from now on
      until = Math.min(readUntil, engine.logEnd());
      if (!changes.isEmpty()) {
        until = Math.min(until, changes.peek().position());
      }
    }
    if (filter == null || !filter.isOf(now)) {
      filter = new SubscriptionFilter(now, id, grant);
    }
    reading.collect(drainer, until, filter, engine, this);
    engine.statistics().replayed.add(reading.replayed());
    synchronized (this) {
      owed -= reading.offered();
      drainer.turnCounted += reading.offered();
    }
    engine.joinIfNearEnd(this, reading);
    synchronized (this) {
      // most clients are level for good
      filter = replay == null ? null : filter;
    }
  }

  private void end(boolean clean) {
    try {
      if (writer == null) {
        // whoever opens the response finds out
        engine.log().log(System.Logger.Level.DEBUG, "STARCAST-1003: closed while it opened");
      } else if (clean) {
        writer.close();
      } else {
        writer.abort();
      }
    } catch (RuntimeException | Error e) {
      engine.log().log(System.Logger.Level.DEBUG, "STARCAST-1003: the response did not end", e);
    }
    CloseReason why;
    boolean wasOpen;
    List<Waiting> refused;
    synchronized (this) {
      refused = List.copyOf(waiting);
      waiting.clear();
      waitingBytes = 0;
      settle(engine.statistics().discarded);
      if (pending) {
        engine.budget().subtract(pendingBytes);
        pending = false;
        pendingBytes = 0;
      }
      why = reason;
      wasOpen = opened;
    }
    refused.forEach(entry -> entry.frame.release());
    tell(refused, false);
    engine.closed(this, why, wasOpen);
  }

  /** Heartbeat, send timeout, age and expiry, in one timer entry. */
  @Override
  long onTime(long now) {
    var config = engine.config();
    long heartbeat = config.heartbeat().toNanos();
    long timeout = config.sendTimeout().toNanos();
    long next = heartbeat > 0 ? Math.min(heartbeat, timeout) : timeout;
    boolean beat = false;
    boolean late = false;
    boolean old = false;
    boolean expired = false;
    synchronized (this) {
      if (state == State.CLOSED) {
        return -1;
      }
      long silence = now - lastWrite;
      if (turn == BLOCKED) {
        late = silence >= timeout;
        next = Math.min(next, timeout - silence);
      } else if (heartbeat > 0) {
        beat = silence >= heartbeat && turn == IDLE && state == State.OPEN;
        next = beat ? next : Math.min(next, heartbeat - silence);
      }
      if (maxAgeNanos > 0 && state == State.OPEN) {
        long left = maxAgeNanos - (now - createdNanos);
        old = left <= 0;
        next = Math.min(next, Math.max(left, 0));
      }
      if (expiryNanos > 0 && state.compareTo(State.CLOSING) < 0) {
        long left = expiryNanos - (now - createdNanos);
        expired = left <= 0;
        next = Math.min(next, Math.max(left, 0));
      }
    }
    if (late) {
      abortNow(CloseReason.TIMEOUT);
    } else if (expired) {
      expire();
    } else if (old) {
      closeAfterDrain(CloseReason.MAX_AGE);
    } else if (beat) {
      beat();
    }
    long shortest = Math.min(timeout, heartbeat > 0 ? heartbeat : timeout);
    if (maxAgeNanos > 0) {
      shortest = Math.min(shortest, maxAgeNanos);
    }
    if (expiryNanos > 0) {
      shortest = Math.min(shortest, expiryNanos);
    }
    return inStep(now, Math.max(next, 0), Math.min(shortest / 16, MAX_STEP_NANOS));
  }

  /**
   * Later by up to a step, so that many clients come at once: to wake a drain thread for each of
   * them costs more than their heartbeats.
   */
  private static long inStep(long now, long delay, long step) {
    return step == 0 ? delay : (now + delay + step - 1) / step * step - now;
  }

  /**
   * A heartbeat carries the id of the last event of all, so that a client of quiet topics does not
   * come back with one that the log has long let go of; unless the client was offered a later one
   * meanwhile.
   */
  private void beat() {
    Frame heartbeat = engine.heartbeatFrame();
    boolean schedule;
    synchronized (this) {
      if (state != State.OPEN || replay != null) {
        return;
      }
      long announced = engine.announced();
      append(seen < announced ? engine.heartbeatFrame(epoch, announced) : heartbeat);
      schedule = schedule();
    }
    engine.statistics().heartbeat();
    if (schedule) {
      drainer.ready(this);
    }
  }

  /** How far behind it is: the sequence of the oldest event that waits, or none. */
  synchronized long oldestQueued() {
    for (Frame frame : queue) {
      if (frame.sequence() > 0) {
        return frame.sequence();
      }
    }
    return Long.MAX_VALUE;
  }

  String address() {
    return address;
  }

  /** The first sequence that can be offered to it. */
  long firstOffered() {
    return firstOffered;
  }

  Grant grant() {
    return grant;
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
    change(
        before -> before.topic(pattern, senders),
        changed -> Set.of(pattern),
        changed -> {
          engine.checkPatterns(changed);
          changeTo(changed);
          if (state.compareTo(State.CLOSING) < 0) {
            engine.index(this, pattern, changed.topics().get(pattern));
          }
        });
  }

  /**
   * Changes the subscription to one that its caller may have. That is asked without the monitor,
   * for which publishers wait, and again if something was changed or revoked meanwhile.
   *
   * @param asked the patterns that are asked about
   */
  private void change(
      UnaryOperator<Subscription> change,
      Function<Subscription, Set<String>> asked,
      Consumer<Subscription> apply) {
    while (true) {
      int revocations = engine.revocations();
      Subscription before = subscription();
      Subscription changed = change.apply(before);
      grant.check(asked.apply(changed), changed.muted());
      synchronized (this) {
        if (subscription == before && engine.revocations() == revocations) {
          apply.accept(changed);
          return;
        }
      }
    }
  }

  @Override
  public void unsubscribe(String pattern) {
    synchronized (this) {
      if (subscription.topics().containsKey(pattern)) {
        changeTo(subscription.without(pattern));
        engine.unindex(this, pattern);
      }
    }
  }

  @Override
  public void mute(String... patterns) {
    synchronized (this) {
      Subscription changed = subscription.mute(patterns);
      engine.checkPatterns(changed);
      changeTo(changed);
      if (state.compareTo(State.CLOSING) < 0) {
        engine.mute(this, patterns);
      }
    }
  }

  @Override
  public void unmute(String... patterns) {
    change(
        before -> before.unmute(patterns),
        changed -> changed.topics().keySet(),
        changed -> {
          changeTo(changed);
          engine.unmute(this, patterns);
        });
  }

  @Override
  public boolean send(MessageSource message) {
    return engine.send(this, message.toSseMessage());
  }

  @Override
  public CompletionStage<Boolean> sendWhenRoom(MessageSource message) {
    return engine.sendWhenRoom(this, message.toSseMessage());
  }

  @Override
  public CompletionStage<CloseReason> whenClosed() {
    return closed.minimalCompletionStage();
  }

  /** Completes {@link #whenClosed}. */
  void tellClosed(CloseReason why) {
    closed.complete(why);
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
