package org.starcast.stream;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.starcast.SseMessage;
import org.starcast.internal.log.TopicLogs;
import org.starcast.internal.logging.LogMessage;
import org.starcast.stream.SseStream.End;
import org.starcast.stream.StreamMark.Kind;

/**
 * The source of a named stream on the node that runs it: publishes to the topic what the pump
 * sends, and last its end. Thread-safe.
 *
 * <p>Events are published under this object's monitor, so that none follows the end. Whoever hands
 * over events must not take it: it is for threads of the container only.
 */
final class NamedSource<T> implements PumpTarget {

  /** The most events that are on their way to the backplane. */
  private static final int MAX_UNSTORED = 256;

  private static final CompletionStage<Boolean> TAKEN = CompletableFuture.completedStage(true);
  private static final CompletionStage<Boolean> CLOSED = CompletableFuture.completedStage(false);

  /** The longest time between two looks whether somebody watches. */
  private static final long MAX_LOOK_NANOS = Duration.ofSeconds(1).toNanos();

  /** How long it is until it looks again whether somebody has read. */
  private static final long MIN_ROOM_NANOS = Duration.ofMillis(5).toNanos();

  private static final long MAX_ROOM_NANOS = Duration.ofMillis(250).toNanos();

  /** How the run ends. */
  private record Ending(Kind kind, String reason) {}

  private final NamedStreams streams;
  private final String id;
  private final StreamMark mark;
  private final String sender;
  private final int messageBytes;
  private final SourceReader<T> reader;
  private final StreamOptions<? super T> options;
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  // guarded by this

  private Pump<T> pump;

  /** Why it was stopped; null if it was not. */
  private String stopped;

  private boolean over;

  /** How it ended, for the other nodes; null if they know. */
  private Ending ending;

  private boolean publishesAgain;
  private long published;
  private int unstored;

  /** Completes when there is room for another event; null while there is. */
  private CompletableFuture<Boolean> room;

  private long lookDelay = MIN_ROOM_NANOS;

  /** How far somebody has read, as far as that was looked at. */
  private long read;

  /** How many events of the history are gone. */
  private long evicted;

  private boolean saidWaits;
  private boolean saidDrops;

  private volatile long seenAt = -1;
  private volatile long readElsewhere;
  private volatile long watchedAt;

  NamedSource(
      NamedStreams streams,
      String id,
      StreamMark mark,
      int messageBytes,
      SourceReader<T> reader,
      StreamOptions<? super T> options) {
    this.streams = streams;
    this.id = id;
    this.mark = mark;
    this.sender = mark.as(Kind.ITEM).toString();
    this.messageBytes = messageBytes;
    this.reader = reader;
    this.options = options;
  }

  StreamMark mark() {
    return mark;
  }

  /** It is this source that runs. */
  void begin() {
    Pump<T> begun = null;
    synchronized (this) {
      if (stopped == null && !over) {
        pump = streams.pump(this, reader, options);
        begun = pump;
      }
    }
    if (begun == null) {
      NamedStreams.closeUnused(reader);
      ended(End.STOPPED);
      return;
    }
    watchedAt = streams.timer().now();
    begun.start();
    look();
  }

  /** Another source runs, or none: it has nothing more to publish, and no end. */
  void discard() {
    boolean begun;
    synchronized (this) {
      over = true;
      begun = pump != null;
    }
    closed.complete(null);
    if (!begun) {
      NamedStreams.closeUnused(reader);
    }
  }

  /** Ends it behind what it has published. */
  void stop(String reason) {
    Pump<T> begun;
    synchronized (this) {
      if (stopped == null) {
        stopped = reason;
      }
      begun = pump;
    }
    if (begun != null) {
      begun.stop();
    }
  }

  /** Its end is known, by whomever: nothing more is published. */
  void close() {
    synchronized (this) {
      over = true;
      ending = null;
    }
    closed.complete(null);
  }

  /** The node ends. */
  void end() {
    finish(Kind.FAILED, "stopped");
    closed.complete(null);
  }

  // ---- what the pump has

  @Override
  public CompletionStage<Boolean> sendWhenRoom(SseMessage message) {
    synchronized (this) {
      if (over) {
        return CLOSED;
      }
      publish(message);
      if (hasRoom()) {
        return TAKEN;
      }
      // a ping may come while an item's answer is waited for
      if (room == null) {
        room = new CompletableFuture<>();
        lookForRoomLater();
      }
      return room;
    }
  }

  @Override
  public CompletionStage<Boolean> sendLast(SseMessage message) {
    synchronized (this) {
      if (over) {
        return CLOSED;
      }
      publish(message);
      return TAKEN;
    }
  }

  private void publish(SseMessage message) {
    SseMessage event = message.toBuilder().topics(List.of(id)).sender(sender).build();
    CompletableFuture<String> stored =
        streams.broadcaster().publish(event).stored().toCompletableFuture();
    published++;
    if (!stored.isDone() || stored.isCompletedExceptionally()) {
      unstored++;
      stored.whenComplete((position, failure) -> stored(failure));
    }
  }

  private void stored(Throwable failure) {
    CompletableFuture<Boolean> ready = null;
    synchronized (this) {
      unstored--;
      if (failure != null || room != null && hasRoom()) {
        ready = room;
        room = null;
      }
    }
    boolean took = failure == null;
    if (!took) {
      // what follows would not be all
      closed.complete(null);
    }
    if (ready != null) {
      ready.complete(took);
    }
  }

  // ---- what is kept

  /** Whether another item may follow; with the monitor. */
  private boolean hasRoom() {
    return unstored < MAX_UNSTORED && !isFullAndUnread();
  }

  private boolean isFullAndUnread() {
    TopicLogs.Room left = streams.room(id);
    if (left == null) {
      return false;
    }
    if (left.evicted() > evicted && !isReadUpTo(left.gone())) {
      dropped(left.evicted() - evicted);
    }
    evicted = left.evicted();
    if (mark.bounds().drops()
        || !NamedBounds.isFull(left, unstored, messageBytes)
        || isReadUpTo(left.first())) {
      return false;
    }
    if (!saidWaits) {
      saidWaits = true;
      LogMessage.STREAM_WAITS.log(NamedStreams.LOG, id);
    }
    return true;
  }

  private boolean isReadUpTo(long sequence) {
    if (read < sequence) {
      read = Math.max(read, Math.max(readElsewhere, streams.readUpTo(id)));
    }
    return read >= sequence;
  }

  private void dropped(long items) {
    streams.dropped(items);
    if (!saidDrops) {
      saidDrops = true;
      LogMessage.STREAM_DROPS.log(NamedStreams.LOG, id);
    }
  }

  /** Nobody says when a client has read: it is looked at, less often the longer nobody does. */
  private void lookForRoomLater() {
    streams.timer().after(lookDelay, () -> streams.soon(this::lookForRoom));
  }

  private void lookForRoom() {
    CompletableFuture<Boolean> ready;
    synchronized (this) {
      if (room == null || over) {
        return;
      }
      if (!hasRoom()) {
        lookDelay = Math.min(MAX_ROOM_NANOS, 2 * lookDelay);
        lookForRoomLater();
        return;
      }
      lookDelay = MIN_ROOM_NANOS;
      ready = room;
      room = null;
    }
    ready.complete(true);
  }

  @Override
  public CompletionStage<?> whenClosed() {
    return closed;
  }

  @Override
  public void ended(End reason) {
    switch (reason) {
      case COMPLETED -> finish(Kind.COMPLETED, null);
      case STOPPED -> finish(Kind.CANCELLED, reason());
      case TIMEOUT, IDLE -> finish(Kind.FAILED, "timeout");
      default -> finish(Kind.FAILED, "error");
    }
  }

  private synchronized String reason() {
    return stopped == null ? "stopped" : stopped;
  }

  private void finish(Kind kind, String reason) {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      ending = new Ending(kind, reason);
      publishEnd();
    }
  }

  private void publishEnd() {
    publishesAgain = false;
    streams.publishEnd(
        id,
        mark.as(ending.kind()),
        ending.reason(),
        published,
        () -> {
          synchronized (this) {
            publishesAgain = true;
          }
        });
  }

  /** Publishes the end once more if it was not stored. */
  synchronized void publishEndAgain() {
    if (publishesAgain && ending != null) {
      publishEnd();
    }
  }

  // ---- who watches

  /** Another node has viewers, who have read so far; called by one thread at a time. */
  void seen(long upTo) {
    seenAt = streams.timer().now();
    readElsewhere = Math.max(readElsewhere, upTo);
  }

  private void look() {
    long limit = streams.unwatchedNanos(options);
    if (limit == 0 || closed.isDone() || isOver()) {
      return;
    }
    long now = streams.timer().now();
    if (streams.isWatched(id, seenAt)) {
      watchedAt = now;
    } else if (now - watchedAt >= limit) {
      stop("unwatched");
      return;
    }
    long delay = Math.min(MAX_LOOK_NANOS, Math.max(1_000_000, limit / 4));
    streams.timer().after(delay, () -> streams.soon(this::look));
  }

  private synchronized boolean isOver() {
    return over;
  }

  @Override
  public String toString() {
    return id;
  }
}
