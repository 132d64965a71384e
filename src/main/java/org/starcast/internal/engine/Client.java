package org.starcast.internal.engine;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.starcast.MessageSource;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.security.Grant;
import org.starcast.internal.writer.SinkWriter;

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
 * drain thread writes, in {@linkplain ClientCycle cycles}; the write status says when. Locks are
 * taken in this order: that which orders events, then the monitor.
 *
 * <p>Over 500 lines, as all that the one monitor guards is here, so that each change of a state is
 * read beside the others; a fifth of them is what {@link SseClient} asks for.
 */
final class Client extends ClientIdentity implements SinkWriter.Listener {

  private final DeliveryEngine engine;
  private final WriterLoop loop;

  /** The stream's coding; null if it has none. */
  private GzipStream gzip;

  private final Overflow overflow;
  private final Recovery recovery;

  private volatile SinkWriter writer;

  // guarded by this

  final ClientQueue queue;
  private Lifecycle lifecycle = Lifecycle.CONNECTING;
  private byte writeStatus = WriteStatus.BLOCKED.code();
  private CloseReason reason;

  /** Whether the response has opened, which was told, so that its end will be. */
  private boolean opened;

  /** What is written first; null when it has been. */
  Frame greeting;

  /** Null while it is live. */
  LogCursor cursor;

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
  private volatile long lastWrite = createdNanos();

  // used by the drain thread
  private SubscriptionTimeline.Reader filter;

  /** When the oldest event of the last write was published; 0 once that has been flushed. */
  long unflushed;

  Client(
      DeliveryEngine engine,
      WriterLoop loop,
      String id,
      Subscription subscription,
      String principal,
      String address,
      long maxAgeNanos,
      Grant grant) {
    super(id, subscription, principal, address, maxAgeNanos, grant);
    this.engine = engine;
    this.loop = loop;
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
      loop.ready(this);
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
    gzip = writer.isGzip() ? new GzipStream(engine.histories()) : null;
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
  Offer offer(Frame frame, ReadyBatch due) {
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
      loop.ready(this);
    } else {
      due.add(this, loop);
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

  void complete(List<ClientQueue.Waiting> entries, boolean taken) {
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
  void live() {
    cursor = null;
    account();
  }

  /** Closes the account of the log; what it had of it without an offer was for it, too. */
  void account() {
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
      loop.readyToEnd(this);
    } else {
      status(WriteStatus.SCHEDULED_AGAIN);
    }
    return true;
  }

  /** Writes what was published until now; but who is behind is not served from the log for it. */
  synchronized void expire() {
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

  WriteStatus status() {
    return WriteStatus.of(writeStatus);
  }

  void status(WriteStatus status) {
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
  synchronized boolean leave(WriteStatus status) {
    if (status() == WriteStatus.SCHEDULED) {
      status(status);
    }
    return status() == WriteStatus.SCHEDULED || status() == WriteStatus.SCHEDULED_AGAIN;
  }

  @Override
  long onTime(long now) {
    return engine.timer().onTime(this, now);
  }

  /**
   * A heartbeat carries the id of the last event of all, so that a client of quiet topics does not
   * come back with one that the log has long let go of; unless the client was offered a later one
   * meanwhile.
   */
  synchronized void beat() {
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

  /**
   * The sequence up to which it has been written all that it is to have.
   *
   * @param announced the last event that it has been offered
   */
  synchronized long readUpTo(long announced) {
    if (lifecycle != Lifecycle.OPEN) {
      return 0;
    }
    if (cursor != null) {
      return cursor.next() - 1;
    }
    return Math.min(announced, queue.oldest() - 1);
  }

  /** Messages that wait for it, in its queue or in the log. */
  synchronized long pending() {
    return queue.counted() + undelivered;
  }

  /** All bytes that are held for it alone, or with others. */
  synchronized long heldBytes() {
    return queue.heldBytes();
  }

  /** Whose client it is. */
  DeliveryEngine engine() {
    return engine;
  }

  /** By what it is written to; null until the response has been opened. */
  SinkWriter sink() {
    return writer;
  }

  Lifecycle lifecycle() {
    return lifecycle;
  }

  void lifecycle(Lifecycle next) {
    lifecycle = next;
  }

  String epoch() {
    return epoch;
  }

  CloseReason reason() {
    return reason;
  }

  /** Whether its response has opened, which was told. */
  boolean hasOpened() {
    return opened;
  }

  /** The sequence before which it reads the log. */
  long readUntil() {
    return readUntil;
  }

  /** Says what of the log is for it, from this sequence on. */
  SubscriptionTimeline.Reader filter(long next) {
    timeline.forget(next);
    if (filter == null) {
      filter = timeline.reader(id(), grant());
    }
    return filter;
  }

  /** Most clients are live for good. */
  void forgetFilterIfLive() {
    filter = cursor == null ? null : filter;
  }

  /** It has read events that it was offered. */
  void delivered(long offered) {
    undelivered -= offered;
  }

  /** Whether an event is left out for a later one of the same key. */
  boolean coalesces() {
    return overflow == Overflow.COALESCE;
  }

  /** Events that it was offered, and had to read, were left out for later ones. */
  void coalesced(long offered) {
    undelivered -= offered;
    queue.coalesced(offered);
  }

  /** Frames were handed to the writer, or it has sent what it had. */
  void wrote(int frames, long now) {
    sent += frames;
    lastWrite = now;
  }

  /** When something was written last, by the clock of {@link System#nanoTime}. */
  long lastWrite() {
    return lastWrite;
  }

  /** Whether its connection took something since that was asked last; that counts as a write. */
  boolean progressed(long now) {
    if (!writer.progressed()) {
      return false;
    }
    lastWrite = now;
    return true;
  }

  /** What it gets behind a gap. */
  Recovery recovery() {
    return recovery;
  }

  /** The first sequence that can be offered to it. */
  long firstOffered() {
    return firstOffered;
  }

  GzipStream gzip() {
    return gzip;
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
  public Subscription subscription() {
    return timeline.current();
  }

  @Override
  public Instant lastActivity() {
    return created().plusNanos(lastWrite - createdNanos());
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
    SubscriptionChange.subscribe(this, pattern, senders);
  }

  @Override
  public void unsubscribe(String pattern) {
    SubscriptionChange.unsubscribe(this, pattern);
  }

  @Override
  public void mute(String... patterns) {
    SubscriptionChange.mute(this, patterns);
  }

  @Override
  public void unmute(String... patterns) {
    SubscriptionChange.unmute(this, patterns);
  }

  /** False if something has changed since it was asked for. Between two events. */
  synchronized boolean changeTo(
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
  public void close() {
    closeAfterDrain(CloseReason.APPLICATION);
  }
}
