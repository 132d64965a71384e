package org.starcast.stream;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
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

  /** A message that is published when there is room for it. */
  private record Held(SseMessage message, CompletableFuture<Boolean> taken) {}

  /** What an event takes beside its data, roughly. */
  private static final long EVENT_BYTES = 512;

  /** How long until an end is published again that was not stored, where there is one node. */
  private static final long AGAIN_NANOS = Duration.ofSeconds(2).toNanos();

  private static final long MAX_AGAIN_NANOS = Duration.ofMinutes(1).toNanos();

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

  /** After how long that is tried next; one try is over before another begins. */
  private volatile long againNanos = AGAIN_NANOS;

  private long published;
  private int unstored;

  /** What there is no room for: an item, and a ping that came meanwhile. */
  private final Queue<Held> held = new ArrayDeque<>();

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

  /** What viewers get if not even its start is stored. */
  Optional<SseMessage> notStored(Throwable failure) {
    return Pump.last(options, failure);
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
      if (held.isEmpty()) {
        if (hasRoom(message)) {
          publish(message);
          return TAKEN;
        }
        lookForRoomLater();
      }
      Held waits = new Held(message, new CompletableFuture<>());
      held.add(waits);
      return waits.taken();
    }
  }

  @Override
  public CompletionStage<Boolean> sendLast(SseMessage message) {
    synchronized (this) {
      if (over) {
        return CLOSED;
      }
      held.clear();
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
      stored.whenComplete(
          (position, failure) -> {
            if (Thread.holdsLock(this)) {
              // what follows takes the pump's, which comes before it
              streams.soon(() -> stored(failure));
            } else {
              stored(failure);
            }
          });
    }
  }

  private void stored(Throwable failure) {
    List<Runnable> then;
    synchronized (this) {
      unstored--;
      then = failure == null ? publishHeld() : List.of();
    }
    if (failure != null) {
      // what follows would not be all
      closed.complete(null);
    }
    then.forEach(Runnable::run);
  }

  /** Publishes what is held, as far as there is room; gives what is to be done without the lock. */
  private List<Runnable> publishHeld() {
    List<Runnable> then = new ArrayList<>();
    while (!held.isEmpty() && !over && hasRoom(held.peek().message())) {
      // first: what is stored at once looks, too
      Held next = held.remove();
      try {
        publish(next.message());
        then.add(() -> next.taken().complete(true));
      } catch (RuntimeException | Error e) { // such as a message that is too large
        then.add(() -> next.taken().completeExceptionally(e));
      }
    }
    return then;
  }

  // ---- what is kept

  /** Whether another item may be published; with the monitor. */
  private boolean hasRoom(SseMessage next) {
    return unstored < MAX_UNSTORED && !isFullAndUnread(next);
  }

  private boolean isFullAndUnread(SseMessage next) {
    TopicLogs.Room left = streams.room(id);
    if (left == null) {
      return false;
    }
    if (left.evicted() > evicted && !isReadUpTo(left.gone())) {
      dropped(left.evicted() - evicted);
    }
    evicted = left.evicted();
    if (mark.bounds().drops()
        || !NamedBounds.isFull(left, unstored, messageBytes, roughly(next))
        || isReadUpTo(left.first())) {
      return false;
    }
    if (!saidWaits) {
      saidWaits = true;
      LogMessage.STREAM_WAITS.log(NamedStreams.LOG, id);
    }
    return true;
  }

  /** What a message takes, roughly. */
  private static long roughly(SseMessage message) {
    boolean isText = message.data().orElse(null) instanceof CharSequence;
    return EVENT_BYTES + (isText ? 3L * message.data().get().toString().length() : 0);
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
    List<Runnable> then;
    synchronized (this) {
      if (held.isEmpty() || over) {
        return;
      }
      then = publishHeld();
      lookDelay = then.isEmpty() ? Math.min(MAX_ROOM_NANOS, 2 * lookDelay) : MIN_ROOM_NANOS;
      if (!held.isEmpty()) {
        lookForRoomLater();
      }
    }
    then.forEach(Runnable::run);
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
          if (!streams.isShared()) {
            streams.timer().after(againNanos, () -> streams.soon(this::publishEndAgain));
            againNanos = Math.min(MAX_AGAIN_NANOS, 2 * againNanos);
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
