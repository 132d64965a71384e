package org.starcast.internal.engine;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.starcast.MessageSource;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.security.Grant;

/**
 * One client: what applications see of it, and what holds its parts together. These are a {@link
 * ClientQueue}, what waits to be written; a {@link LogCursor}, how it reads the log while it is not
 * live; a {@link SubscriptionTimeline}, what it is subscribed to, and was; and two states, its
 * {@link Lifecycle} and its {@link WriteStatus}.
 *
 * <p><b>Live, or reading.</b> A client with a cursor reads the log, and what is published is left
 * there for it; without one it is live, and what is published is queued. It begins with a cursor
 * where a log is kept, goes live when what is left for it to read fits into its queue, and gets a
 * cursor again when it cannot keep up, or events are lost.
 *
 * <p><b>Concurrency.</b> Publishers append under this object's monitor, which is held for a few
 * instructions, never while anything is written, and never while code of the application runs. One
 * drain thread writes, in cycles ({@link #drain}); the write status says when. Locks are taken in
 * this order: that which orders events, then the monitor.
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

  private static final long MAX_STEP_NANOS = 1_000_000_000L;

  private final DeliveryEngine engine;
  private final Drainer drainer;
  private final String id;
  private final String type;
  private final Map<String, Object> metadata;
  private final String principal;
  private final String address;
  private boolean gzip;
  private final Overflow overflow;
  private final Recovery recovery;
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

  private final ClientQueue queue;
  private Lifecycle lifecycle = Lifecycle.CONNECTING;
  private byte writeStatus = WriteStatus.BLOCKED.code();
  private CloseReason reason;

  /** Whether the response has opened, which was told, so that its end will be. */
  private boolean opened;

  /** What is written first; null when it has been. */
  private Frame greeting;

  /** Null while it is live. */
  private LogCursor cursor;

  /**
   * Events that it was offered, and has to read from the log, less those that it has read. Below
   * zero while it has read what it is still to be offered, or what was published before it was
   * indexed. Zero while it is live.
   */
  private long undelivered;

  /** The sequence before which it reads the log; that of its end once it is draining. */
  private long readUntil = Long.MAX_VALUE;

  /** The order of events that it follows. */
  private String epoch;

  /** Changed under the lock that orders events, too. */
  private final SubscriptionTimeline timeline;

  /** The first sequence that can be offered to it; what it reads before is of the past. */
  private volatile long firstOffered;

  // written by the drain thread
  private volatile long sent;
  private volatile long lastWrite = createdNanos;

  // used by the drain thread
  private SubscriptionTimeline.Reader filter;

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
    this.timeline = new SubscriptionTimeline(subscription);
    this.recovery = engine.direct().recovery(subscription);
    var config = engine.config();
    Overflow asked = subscription.overflow().orElse(config.queue().overflow());
    this.overflow =
        asked == Overflow.CATCH_UP && !engine.order().logs() ? Overflow.DISCONNECT : asked;
    this.queue =
        new ClientQueue(
            overflow,
            subscription.queueMessages() > 0
                ? subscription.queueMessages()
                : config.queue().messages(),
            subscription.queueBytes() > 0 ? subscription.queueBytes() : config.queue().bytes(),
            engine.statistics(),
            engine.memory());
  }

  /** At least 1, and at most 200 years. */
  private static long nanosUntil(Instant from, Instant end) {
    long seconds = Math.min(end.getEpochSecond() - from.getEpochSecond(), 200L * 365 * 24 * 3600);
    return Math.max(1, seconds * 1_000_000_000L + end.getNano() - from.getNano());
  }

  // ---- the begin

  /**
   * Says how the stream begins; called before anything is offered.
   *
   * @param greeting what is written first
   * @param epoch the order that it follows
   * @param cursor how the client reads the log before it is live, or null
   * @param firstOffered no event before this sequence is offered to it
   */
  void begin(Frame greeting, String epoch, LogCursor cursor, long firstOffered) {
    this.greeting = greeting;
    this.epoch = epoch;
    this.cursor = cursor;
    this.firstOffered = firstOffered;
  }

  /**
   * Follows another order from now on, if it does not yet: what it has not read of the one before
   * is lost, which it is told of. Nothing is offered meanwhile.
   *
   * @param begin how it begins
   */
  synchronized void restart(String epoch, LogCursor begin, long firstOffered) {
    if (epoch.equals(this.epoch)) {
      return;
    }
    if (lifecycle.takes()) {
      this.epoch = epoch;
      this.firstOffered = firstOffered;
      undelivered += queue.restart();
      recovery.discard();
      account();
      timeline.restart();
      filter = null;
      cursor = begin;
      wakeUp();
    } else if (cursor != null) {
      // it writes what is queued; but what it had to read first is no more
      abortNow(reason);
    }
  }

  /** The log has a hole, of which it is told when it comes there. */
  synchronized void miss(Frame hole) {
    boolean has = hole.sequence() < firstOffered;
    if (lifecycle.takes() && cursor == null && !has) {
      cursor = engine.order().cursorFrom(hole.sequence());
      wakeUp();
    }
  }

  /** What it waited for, to go on reading, has come. */
  synchronized void wakeUp() {
    if (schedule()) {
      drainer.ready(this);
    }
  }

  /** Whether it follows the order of this epoch. */
  synchronized boolean follows(String epoch) {
    return epoch.equals(this.epoch);
  }

  /** What it said that it has is nowhere: from now on all is offered to it. */
  void offerFrom(long sequence) {
    firstOffered = sequence;
  }

  /** Gives up a client whose response could not be opened; one that is aborting ends by itself. */
  void abandon() {
    List<ClientQueue.Waiting> refused;
    synchronized (this) {
      if (lifecycle.isOver()) {
        return;
      }
      lifecycle = Lifecycle.CLOSED;
      reason = CloseReason.ERROR;
      queue.discard();
      refused = queue.refuse();
      account();
    }
    complete(refused, false);
    engine.clients().tellClosed(this, CloseReason.ERROR);
  }

  /**
   * Gives the client its writer, before anything can be drained.
   *
   * @return false if the client was closed before, and will not use it
   */
  synchronized boolean writer(SinkWriter writer) {
    if (lifecycle == Lifecycle.CLOSED) {
      return false;
    }
    this.writer = writer;
    gzip = writer.isGzip();
    return true;
  }

  // ---- what it is given

  /** Has what {@link #offer} is about to need fetched by the processor; the value says nothing. */
  long prefetch() {
    return writeStatus + (cursor == null ? queue.prefetch() : 0);
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
    Offer offer;
    synchronized (this) {
      if (!lifecycle.takes()) {
        return Offer.GONE;
      }
      boolean logged = frame.sequence() > 0;
      if (logged && frame.sequence() < firstOffered) {
        // it has it from another node
        return Offer.GONE;
      }
      if (logged && cursor != null) {
        offer = Offer.LOGGED;
      } else {
        boolean replaced = queue.replace(frame);
        offer = queue.fits(frame) ? Offer.QUEUED : overflow(frame);
        offer = replaced && offer == Offer.QUEUED ? Offer.REPLACED : offer;
      }
      switch (offer) {
        case LOGGED -> undelivered++;
        case OVERFLOWED -> {
          if (logged) {
            engine.statistics().increment(Metric.DISCARDED);
          }
        }
        default -> queue.append(frame);
      }
      if (offer == Offer.OVERFLOWED) {
        abortNow(CloseReason.OVERFLOW);
        return offer;
      }
      if (!schedule()) {
        return offer;
      }
    }
    if (due == null) {
      drainer.ready(this);
    } else {
      due.add(this, drainer);
    }
    return offer;
  }

  /** What becomes of a frame that does not fit, when the policy has been followed. */
  private Offer overflow(Frame frame) {
    switch (overflow) {
      case DROP_OLDEST -> {
        queue.dropOldestFor(frame);
        return Offer.REPLACED;
      }
      case CATCH_UP -> {
        fallBehind(frame.sequence());
        if (cursor != null && frame.sequence() > 0) {
          return Offer.LOGGED;
        }
        return queue.fits(frame) ? Offer.QUEUED : Offer.OVERFLOWED;
      }
      default -> {
        return Offer.OVERFLOWED;
      }
    }
  }

  /**
   * Leaves the queued events to the log, to be read from there.
   *
   * @param orElse the sequence to read from if none was queued; 0 for not at all
   */
  private void fallBehind(long orElse) {
    if (cursor != null) {
      return;
    }
    ClientQueue.LeftToLog left = queue.leaveToLog();
    long first = left.first() > 0 ? left.first() : orElse;
    if (first > 0) {
      engine.statistics().increment(Metric.BEHIND);
      undelivered += left.counted();
      cursor = engine.order().cursorFrom(first);
    }
  }

  /** Frees what the queue holds and the log has, if the client can read it from there. */
  synchronized void leaveToLog() {
    if (overflow == Overflow.CATCH_UP && lifecycle == Lifecycle.OPEN) {
      fallBehind(0);
      wakeUp();
    }
  }

  /**
   * Appends a frame as soon as half of the queue is free.
   *
   * @return whether the frame was queued; false if the client was closed first; fails if too much
   *     waits already
   * @see ClientQueue#appendWhenRoom
   */
  synchronized CompletionStage<Boolean> offerWhenRoom(Frame frame) {
    if (!lifecycle.takes()) {
      frame.heldBy(0);
      return CompletableFuture.completedStage(false);
    }
    CompletionStage<Boolean> later = queue.appendWhenRoom(frame);
    if (later != null) {
      return later;
    }
    wakeUp();
    return CompletableFuture.completedStage(true);
  }

  private void complete(List<ClientQueue.Waiting> entries, boolean taken) {
    entries.forEach(entry -> engine.clients().complete(entry.taken(), taken));
  }

  /**
   * Makes the client live, if what is left of the log fits into its queue, by the same rules as if
   * it were published now; else the client reads on. Publishers wait meanwhile.
   *
   * @param read what it has read so far
   * @param events what is left, few
   * @param judge says what of it the client is to have
   */
  void goLive(LogCursor read, List<Frame> events, SubscriptionTimeline.Reader judge) {
    synchronized (this) {
      if (!lifecycle.takes() || cursor != read) {
        return;
      }
      for (Frame event : events) {
        if (!judge.decides(event)) {
          // published since they were decided: nobody is asked while publishers wait
          return;
        }
      }
      List<Frame> wanted = events.stream().filter(judge).toList();
      if (!queue.fitsAll(wanted)) {
        return;
      }
      for (Frame event : wanted) {
        queue.replace(event);
        boolean counted = event.sequence() >= firstOffered;
        Frame frame = Frame.again(event, counted, engine.memory());
        frame.heldBy(1);
        queue.append(frame);
        undelivered -= counted ? 1 : 0;
      }
      live();
    }
  }

  /** It has read all that it was offered, or has missed it. */
  private void live() {
    cursor = null;
    account();
  }

  /** Closes the account of the log; what it had of it without an offer was for it, too. */
  private void account() {
    Statistics statistics = engine.statistics();
    if (undelivered > 0) {
      statistics.add(lifecycle.isOver() ? Metric.DISCARDED : Metric.MISSED, undelivered);
    } else if (undelivered < 0) {
      statistics.add(Metric.MATCHED, -undelivered);
    }
    undelivered = 0;
  }

  // ---- the end

  /**
   * Ends the stream at once, without writing what is left.
   *
   * @return false if it was ending like that already
   */
  synchronized boolean abortNow(CloseReason why) {
    if (lifecycle.isOver()) {
      return false;
    }
    lifecycle = Lifecycle.ABORTING;
    if (reason == null) {
      reason = why;
    }
    // who frees memory must see how much this brings; the writer is about to give up its part
    queue.discard();
    if (status() == WriteStatus.IDLE || status() == WriteStatus.BLOCKED) {
      status(WriteStatus.SCHEDULED);
      drainer.readyToEnd(this);
    } else {
      status(WriteStatus.SCHEDULED_AGAIN);
    }
    return true;
  }

  /** Writes what was published until now; but who is behind is not served from the log for it. */
  private synchronized void expire() {
    if (cursor != null) {
      abortNow(CloseReason.EXPIRED);
    } else {
      closeAfterDrain(CloseReason.EXPIRED);
    }
  }

  /** Writes what was published until now, and then ends the stream. */
  void closeAfterDrain(CloseReason why) {
    closeAfterDrain(why, null);
  }

  /**
   * As {@link #closeAfterDrain(CloseReason)}.
   *
   * @param last what is written last of what is queued, however full the queue is; or null
   */
  synchronized void closeAfterDrain(CloseReason why, Frame last) {
    if (!lifecycle.takes()) {
      return;
    }
    if (last != null) {
      queue.append(last);
    }
    lifecycle = Lifecycle.DRAINING;
    reason = why;
    readUntil = cursor == null ? 0 : engine.order().nextSequence();
    wakeUp();
  }

  @Override
  public synchronized void writable() {
    if (!opened && !lifecycle.isOver()) {
      opened = true;
      if (lifecycle == Lifecycle.CONNECTING) {
        lifecycle = Lifecycle.OPEN;
      }
      // before anything can close it, so that its end is told after its begin
      engine.clients().opened(this);
    }
    if (status() == WriteStatus.BLOCKED) {
      status(WriteStatus.IDLE);
    }
    wakeUp();
  }

  @Override
  public void failed(Throwable cause) {
    abortNow(
        cause == null || cause instanceof IOException
            ? CloseReason.CLIENT_GONE
            : CloseReason.ERROR);
  }

  // ---- the cycles of the drain thread

  private WriteStatus status() {
    return WriteStatus.of(writeStatus);
  }

  private void status(WriteStatus status) {
    writeStatus = status.code();
  }

  /** There is something to do; true if the caller must put it into the drain thread's list. */
  private boolean schedule() {
    switch (status()) {
      case IDLE -> {
        status(WriteStatus.SCHEDULED);
        return true;
      }
      case SCHEDULED -> status(WriteStatus.SCHEDULED_AGAIN);
      default -> {
        // it will be done, or has to wait for the writer
      }
    }
    return false;
  }

  /**
   * The cycle has done what it could.
   *
   * @param status what it leaves the client in, unless there is more to do than it began with
   * @return true for another cycle
   */
  private synchronized boolean leave(WriteStatus status) {
    if (status() == WriteStatus.SCHEDULED) {
      status(status);
    }
    return status() == WriteStatus.SCHEDULED || status() == WriteStatus.SCHEDULED_AGAIN;
  }

  /** What a cycle does. */
  private enum Step {
    NOTHING,
    WRITE,
    READ_ON,
    RESUME,
    MAKE_RECOVERY,
    END,
    ABORT
  }

  /**
   * One cycle: writes what is ready, as one write.
   *
   * @return true if there is more, for a cycle at the list's tail
   */
  boolean drain(Drainer drainer) {
    return cycle(drainer, null);
  }

  /**
   * A cycle.
   *
   * @param behindGap what the client gets behind a gap, if it is to be told of one and that has
   *     been made; else null
   */
  private boolean cycle(Drainer drainer, byte[] behindGap) {
    Step step;
    LogCursor reading;
    List<ClientQueue.Waiting> admitted;
    long missed;
    synchronized (this) {
      missed = queue.missed();
      step = begin(drainer, behindGap);
      reading = cursor;
      admitted = step == Step.WRITE || step == Step.READ_ON ? queue.admit() : List.of();
    }
    complete(admitted, true);
    switch (step) {
      case NOTHING -> {
        return leave(WriteStatus.IDLE);
      }
      case MAKE_RECOVERY -> {
        byte[] made = recovery.poll(this::wakeUp, missed);
        return made == null ? leave(WriteStatus.IDLE) : cycle(drainer, made);
      }
      case READ_ON -> {
        read(drainer, reading);
        if (reading.failed()) {
          lost(drainer);
          abortNow(CloseReason.BACKPLANE);
          return true;
        }
        return drainer.turnFrames > 0 ? write(drainer, false) : leaveReading(reading);
      }
      case WRITE -> {
        return write(drainer, false);
      }
      case RESUME -> {
        return write(drainer, true);
      }
      default -> {
        end(step == Step.END);
        return false;
      }
    }
  }

  /** What there is to do, with the bytes for it in the batch; with the monitor. */
  private Step begin(Drainer drainer, byte[] behindGap) {
    status(WriteStatus.SCHEDULED);
    if (lifecycle == Lifecycle.CLOSED) {
      return Step.NOTHING;
    }
    if (lifecycle == Lifecycle.ABORTING) {
      lifecycle = Lifecycle.CLOSED;
      return Step.ABORT;
    }
    if (queue.isInFlight()) {
      return Step.RESUME;
    }
    if (greeting == null && queue.missed() > 0 && behindGap == null) {
      return Step.MAKE_RECOVERY;
    }
    boolean all = collect(drainer, behindGap);
    if (cursor != null && cursor.isPast(readUntil)) {
      live();
    }
    if (all && cursor != null) {
      return Step.READ_ON;
    }
    if (drainer.turnFrames > 0) {
      return Step.WRITE;
    }
    if (lifecycle != Lifecycle.DRAINING) {
      return Step.NOTHING;
    }
    lifecycle = Lifecycle.CLOSED;
    return Step.END;
  }

  /** Collects what is queued; true if that is all. */
  private boolean collect(Drainer drainer, byte[] behindGap) {
    drainer.begin();
    if (greeting != null) {
      // not through the queue, where it would take a message's place, or be dropped as one
      drainer.add(greeting, gzip);
      greeting = null;
      if (queue.missed() > 0) {
        return false;
      }
    }
    if (behindGap != null && queue.missed() > 0) {
      // what was dropped since that began to be made is another gap
      long told = Math.min(queue.missed(), recovery.covers());
      boolean all = told == queue.missed();
      Frame first = queue.peek();
      long next = first == null ? 0 : first.sequence();
      drainer.add(engine.frames().gap(epoch, next, all ? next - 1 : -1, told, behindGap), gzip);
      engine.statistics().increment(Metric.GAPS);
      queue.missedTold(told);
      if (!all) {
        return false;
      }
    }
    for (Frame frame = queue.peek(); frame != null; frame = queue.peek()) {
      if (!drainer.add(frame, gzip)) {
        return false;
      }
      drainer.count(frame);
      queue.remove();
    }
    return true;
  }

  /** Reads on in the log, without the monitor, for which publishers wait. */
  private void read(Drainer drainer, LogCursor reading) {
    SubscriptionTimeline.Reader judge;
    long until;
    synchronized (this) {
      timeline.forget(reading.next());
      if (filter == null) {
        filter = timeline.reader(id, grant);
      }
      judge = filter;
      until = readUntil;
    }
    judge.forget(reading.next());
    reading.collect(drainer, until, judge, engine, this);
    engine.statistics().add(Metric.REPLAYED, reading.replayed());
    synchronized (this) {
      undelivered -= reading.offered();
      drainer.turnCounted += reading.offered();
    }
    engine.order().goLiveIfNearEnd(this, reading, judge);
    synchronized (this) {
      // most clients are live for good
      filter = cursor == null ? null : filter;
    }
  }

  /** Nothing was read: it waits for something, or looked at events that are not for it. */
  private synchronized boolean leaveReading(LogCursor reading) {
    boolean waits = reading == cursor && reading.waits() && queue.isEmpty();
    return leave(waits ? WriteStatus.IDLE : WriteStatus.SCHEDULED);
  }

  private boolean write(Drainer drainer, boolean resume) {
    Object span =
        resume || drainer.turnSpans.isEmpty()
            ? null
            : engine.tracing().delivering(this, drainer.turnSpans);
    boolean more;
    try {
      more = resume ? writer.resume() : writer.write(drainer.turnBytes, 0, drainer.turnLength);
    } catch (IOException e) {
      lost(drainer);
      abortNow(CloseReason.CLIENT_GONE);
      return true;
    } catch (RuntimeException e) {
      lost(drainer);
      LogMessage.WRITE_FAILED.log(engine.log(), e);
      abortNow(CloseReason.ERROR);
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
    } else if (more) {
      lastWrite = now;
    }
    if (more && unflushed != 0) {
      engine.statistics().latencies.record(now - unflushed);
      unflushed = 0;
    }
    return more ? leaveWritten() : leaveBlocked(resume ? 0 : drainer.turnLength);
  }

  private synchronized boolean leaveWritten() {
    queue.flushed();
    boolean done =
        queue.isEmpty() && queue.missed() == 0 && cursor == null && lifecycle == Lifecycle.OPEN;
    return leave(done ? WriteStatus.IDLE : WriteStatus.SCHEDULED);
  }

  /** The writer has these bytes, too, and takes no more for now. */
  private boolean leaveBlocked(int unsent) {
    boolean again;
    synchronized (this) {
      if (unsent > 0 && !lifecycle.isOver()) {
        queue.inFlight(unsent);
      }
      if (cursor != null) {
        cursor.release();
      }
      again = leave(WriteStatus.BLOCKED);
    }
    engine.memory().relieve();
    return again;
  }

  /** What the cycle had is not written. */
  void lost(Drainer drainer) {
    engine.statistics().add(Metric.DISCARDED, drainer.turnCounted);
    drainer.turnCounted = 0;
  }

  private void end(boolean clean) {
    try {
      if (writer == null) {
        // whoever opens the response finds out
        LogMessage.CLOSED_WHILE_OPENING.log(engine.log());
      } else if (clean) {
        writer.close();
      } else {
        writer.abort();
      }
    } catch (RuntimeException | Error e) {
      LogMessage.RESPONSE_NOT_ENDED.log(engine.log(), e);
    }
    CloseReason why;
    boolean wasOpen;
    List<ClientQueue.Waiting> refused;
    synchronized (this) {
      refused = queue.refuse();
      queue.flushed();
      account();
      why = reason;
      wasOpen = opened;
    }
    complete(refused, false);
    engine.wheel().cancel(this);
    engine.clients().closed(this, why, wasOpen);
  }

  /** Heartbeat, send timeout, age and expiry, in one timer entry. */
  @Override
  long onTime(long now) {
    var config = engine.config();
    long heartbeat = config.writer().heartbeat().toNanos();
    long timeout = config.writer().sendTimeout().toNanos();
    long next = heartbeat > 0 ? Math.min(heartbeat, timeout) : timeout;
    boolean beat = false;
    boolean late = false;
    boolean old = false;
    boolean expired = false;
    synchronized (this) {
      if (lifecycle == Lifecycle.CLOSED) {
        return -1;
      }
      long silence = now - lastWrite;
      if (status() == WriteStatus.BLOCKED) {
        late = silence >= timeout;
        next = Math.min(next, timeout - silence);
      } else if (heartbeat > 0) {
        beat = silence >= heartbeat && status() == WriteStatus.IDLE && lifecycle == Lifecycle.OPEN;
        next = beat ? next : Math.min(next, heartbeat - silence);
      }
      if (maxAgeNanos > 0 && lifecycle == Lifecycle.OPEN) {
        long left = maxAgeNanos - (now - createdNanos);
        old = left <= 0;
        next = Math.min(next, Math.max(left, 0));
      }
      if (expiryNanos > 0 && lifecycle.takes()) {
        long left = expiryNanos - (now - createdNanos);
        expired = left <= 0;
        next = Math.min(next, Math.max(left, 0));
      }
    }
    recovery.giveUp(now, timeout);
    if (late && writer.progressed()) {
      lastWrite = now;
      return onTime(now);
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
  private synchronized void beat() {
    if (lifecycle != Lifecycle.OPEN || cursor != null) {
      return;
    }
    long announced = engine.order().announced();
    // nor may it lead back, where another node was ahead of this one
    boolean later = queue.last() < announced && announced >= firstOffered - 1;
    queue.append(later ? engine.frames().heartbeat(epoch, announced) : engine.frames().heartbeat());
    engine.statistics().increment(Metric.HEARTBEATS);
    wakeUp();
  }

  /** Messages that wait for it, in its queue or in the log. */
  synchronized long pending() {
    return queue.counted() + undelivered;
  }

  /** All bytes that are held for it alone, or with others. */
  synchronized long heldBytes() {
    return queue.heldBytes();
  }

  /** What it gets behind a gap. */
  Recovery recovery() {
    return recovery;
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
    return lifecycle.state();
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
  public Subscription subscription() {
    return timeline.current();
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
    return queue.dropped();
  }

  @Override
  public synchronized int queued() {
    return queue.size();
  }

  @Override
  public synchronized long queuedBytes() {
    return queue.queuedBytes();
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
        changed -> engine.clients().subscribe(this, pattern, changed.topics().get(pattern)));
  }

  @Override
  public void unsubscribe(String pattern) {
    change(
        before -> before.without(pattern),
        changed -> Set.of(),
        changed -> engine.clients().unsubscribe(this, pattern));
  }

  @Override
  public void mute(String... patterns) {
    change(
        before -> before.mute(patterns),
        changed -> Set.of(),
        changed -> engine.clients().mute(this, patterns));
  }

  @Override
  public void unmute(String... patterns) {
    change(
        before -> before.unmute(patterns),
        changed -> changed.topics().keySet(),
        changed -> engine.clients().unmute(this, patterns));
  }

  /**
   * Changes the subscription to one that its caller may have. That is asked without a lock, and
   * again if something was changed or revoked meanwhile.
   *
   * @param asked the patterns that are asked about
   */
  private void change(
      UnaryOperator<Subscription> change,
      Function<Subscription, Set<String>> asked,
      Consumer<Subscription> index) {
    boolean done;
    do {
      int revocations = engine.clients().revocations();
      Subscription before = subscription();
      Subscription changed = change.apply(before);
      SubscriptionLimits.check(changed, engine.config());
      Set<String> patterns = asked.apply(changed);
      if (!patterns.isEmpty()) {
        grant.check(patterns, changed.muted());
      }
      done = engine.order().betweenEvents(() -> changeTo(before, changed, revocations, index));
    } while (!done);
  }

  /** False if something has changed since it was asked for. Between two events. */
  private synchronized boolean changeTo(
      Subscription before, Subscription changed, int revocations, Consumer<Subscription> index) {
    if (subscription() != before || engine.clients().revocations() != revocations) {
      return false;
    }
    long from = engine.order().nextSequence();
    timeline.change(from, changed);
    if (cursor == null) {
      timeline.forget(Math.min(from, queue.oldest()));
    }
    if (lifecycle.takes()) {
      index.accept(changed);
    }
    if (timeline.isFull()) {
      abortNow(CloseReason.OVERFLOW);
    }
    return true;
  }

  @Override
  public boolean send(MessageSource message) {
    return engine.direct().send(this, message.toSseMessage());
  }

  @Override
  public CompletionStage<Boolean> sendWhenRoom(MessageSource message) {
    return engine.direct().sendWhenRoom(this, message.toSseMessage());
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
