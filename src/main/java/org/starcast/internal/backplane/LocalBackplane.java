package org.starcast.internal.backplane;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.starcast.SseStatistics.BackplaneStatus;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.log.FileEventStore;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * This node alone: a counter and, where the configuration says so, a file.
 *
 * <p>One lock gives events their positions and appends them to a list, and calls nobody. The list
 * is handed over to the receiver without that lock, by one thread at a time: whoever appends hands
 * over what is there up to its own, or waits until another thread has done so. So the receiver has
 * the event when {@link #append} returns; unless that was called by the receiver itself, which gets
 * it next.
 *
 * <p>With {@code starcast.backplane.local.delivery-thread} it is a thread of its own that hands
 * over, and {@link #append} returns when the event has its position. Where more waits for that
 * thread than {@code starcast.backplane.buffer-bytes}, who appends hands over, too, an event at a
 * time, until that is no longer so: nothing is refused, and what waits stays bounded. What is of a
 * named stream is handed over by who appends it.
 */
public final class LocalBackplane implements Backplane {

  private static final System.Logger LOG = System.getLogger(LocalBackplane.class.getName());
  private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

  /** What one that waits takes beside its bytes, about. */
  private static final int WEIGHT = 512;

  /** How often a thread tries to get a turn before it sleeps: with few clients one is shorter. */
  private static final int SPINS = 200;

  private final StarcastConfig config;
  private final ReentrantLock lock = new ReentrantLock();
  private Receiver receiver;

  /** Null where nothing outlives the process. */
  private FileEventStore store;

  private String epoch;

  // written under the lock
  private long sequence;
  private long ordered;
  private volatile boolean closed;

  /** What has its position, and is to be handed over in this order. */
  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

  /** The bytes that those take. */
  private final AtomicLong waitingBytes = new AtomicLong();

  /** What hands over; null where those do it who append. */
  private volatile Thread delivery;

  /** How many were handed over; counted by who has the turn. */
  private final AtomicLong handedOver = new AtomicLong();

  /** The number of what the receiver itself appended last, which comes next; likewise. */
  private volatile long nested;

  /** Held by who hands over; fair to those that sleep until they get it. */
  private final ReentrantLock turn = new ReentrantLock(true);

  private final LongAdder skipped = new LongAdder();

  private final LongAdder stored = new LongAdder();

  /** One of this configuration. */
  public LocalBackplane(StarcastConfig config) {
    this.config = config;
  }

  @Override
  public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
    this.receiver = receiver;
    FileEventStore.Contents kept = new FileEventStore.Contents(newEpoch(), 0, List.of(), List.of());
    if (config.log().store().equals("file")) {
      try {
        store = FileEventStore.open(config, LocalBackplane::newEpoch, receiver::states);
      } catch (IllegalArgumentException e) {
        return CompletableFuture.failedStage(e);
      }
      kept = store.contents();
    }
    take(kept);
    if (store != null) {
      start(threads, store::run, "starcast-log");
    }
    if (config.backplane().deliveryThread()) {
      delivery = start(threads, this::deliver, "starcast-delivery");
    }
    return DONE;
  }

  private static Thread start(ThreadFactory threads, Runnable work, String name) {
    Thread thread = threads.newThread(work);
    thread.setName(name);
    thread.start();
    return thread;
  }

  /** The work of the delivery thread. */
  private void deliver() {
    while (!closed) {
      if (!handOverNext() && !closed) {
        LockSupport.park(this);
        // it ends when this is closed, and not before
        Thread.interrupted();
      }
    }
  }

  private void take(FileEventStore.Contents kept) {
    long last;
    lock.lock();
    try {
      epoch = kept.epoch();
      sequence = kept.before();
      long after = sequence;
      last = order(0, () -> receiver.began(kept.epoch(), after, kept.states()));
      for (StoredEvent event : kept.events()) {
        sequence = event.sequence();
        last =
            order(
                event.length(),
                event.isHole()
                    ? () -> receiver.missed(event.sequence())
                    : () -> receiver.received(event, null));
      }
    } finally {
      lock.unlock();
    }
    handOver(last);
  }

  /**
   * Puts something behind what waits, with the lock.
   *
   * @return its number
   */
  private long order(int bytes, Runnable what) {
    int weight = bytes + WEIGHT;
    waitingBytes.addAndGet(weight);
    waiting.add(
        () -> {
          waitingBytes.addAndGet(-weight);
          what.run();
        });
    return ++ordered;
  }

  /** The number of what was put behind the others last. */
  private long ordered() {
    lock.lock();
    try {
      return ordered;
    } finally {
      lock.unlock();
    }
  }

  /** Sees to it that what has this number is handed over; by this thread, if need be. */
  private void ordered(long number, boolean now) {
    if (delivery == null || now) {
      handOver(number);
      return;
    }
    LockSupport.unpark(delivery);
    while (waitingBytes.get() > config.backplane().bufferBytes() && handOverNext()) {
      // until there is room
    }
  }

  /**
   * Hands over what a delivery thread has not come to yet: for who needs the receiver to have what
   * was appended before. Does nothing where there is none, or by what is just being handed over.
   */
  public void catchUp() {
    if (delivery != null) {
      handOver(ordered());
    }
  }

  /**
   * Has all up to this number handed over when it returns; unless this thread is just handing over,
   * which then goes on with it.
   */
  private void handOver(long upTo) {
    if (turn.isHeldByCurrentThread()) {
      nested = upTo;
      LockSupport.unpark(delivery);
      return;
    }
    while (!isHandedOver(upTo)) {
      if (takeTurn(upTo)) {
        try {
          while (!isHandedOver(upTo)) {
            handOver(waiting.remove());
          }
        } finally {
          turn.unlock();
        }
      }
    }
  }

  private boolean isHandedOver(long upTo) {
    return handedOver.get() >= Math.max(upTo, nested);
  }

  /**
   * Tries for a moment, in which another thread may have done what this one came for.
   *
   * @return false if it has
   */
  private boolean takeTurn(long upTo) {
    for (int i = 0; i < SPINS; i++) {
      if (isHandedOver(upTo)) {
        return false;
      }
      if (turn.tryLock()) {
        return true;
      }
      Thread.onSpinWait();
    }
    turn.lock();
    return true;
  }

  /** Hands over one; false if there is none, or this thread is just doing that. */
  private boolean handOverNext() {
    if (turn.isHeldByCurrentThread()) {
      return false;
    }
    turn.lock();
    try {
      Runnable next = waiting.poll();
      if (next != null) {
        handOver(next);
      }
      return next != null;
    } finally {
      turn.unlock();
    }
  }

  private void handOver(Runnable next) {
    try {
      next.run();
    } catch (RuntimeException | Error e) {
      // it may be another publisher's, and what comes behind it is to be handed over
      LogMessage.HAND_OVER_FAILED.log(LOG, e);
    } finally {
      handedOver.incrementAndGet();
    }
  }

  /** Milliseconds of the start and 30 random bits: never the same again, and short. */
  private static String newEpoch() {
    return Long.toString(System.currentTimeMillis(), 36)
        + Integer.toString(new SecureRandom().nextInt(1 << 30), 36);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the disk of the file store has failed for so long that the ids
   *     it reserved are used up
   */
  @Override
  public CompletionStage<Long> append(OutgoingEvent envelope) {
    long position;
    long number;
    lock.lock();
    try {
      if (closed) {
        return CompletableFuture.failedStage(new BackplaneException("is closed", false, null));
      }
      if (store != null && sequence + 1 > store.limit()) {
        throw new IllegalStateException(
            "starcast.log.directory: the disk has failed for too long, no event can get an id");
      }
      position = ++sequence;
      StoredEvent event = envelope.at(epoch, position, System.currentTimeMillis());
      if (store != null) {
        store.append(event);
      }
      number = order(event.length(), () -> receiver.received(event, envelope));
    } finally {
      lock.unlock();
    }
    stored.increment();
    // who makes a named stream looks at the room in its history next
    ordered(number, LibraryEvents.isStreamSender(envelope.sender()));
    return CompletableFuture.completedStage(position);
  }

  @Override
  public CompletionStage<Void> command(String type, byte[] body) {
    ClusterBus.checkType(type);
    long number;
    lock.lock();
    try {
      if (closed) {
        return CompletableFuture.failedStage(new BackplaneException("is closed", false, null));
      }
      long before = sequence;
      number = order(body.length, () -> command(receiver, before, type, body));
    } finally {
      lock.unlock();
    }
    ordered(number, false);
    return DONE;
  }

  private void command(Receiver receiver, long before, String type, byte[] body) {
    try {
      receiver.commanded(before, type, body);
    } catch (IllegalArgumentException e) {
      skipped.increment();
      LogMessage.CONTROL_SKIPPED.log(LOG, e);
    }
  }

  @Override
  public boolean isShared() {
    return false;
  }

  /** Nothing: what is in the file was received at the start, as far as the node keeps it. */
  @Override
  public CompletionStage<List<StoredEvent>> read(long from, long to) {
    return CompletableFuture.completedStage(List.of());
  }

  @Override
  public long oldest() {
    return Long.MAX_VALUE;
  }

  @Override
  public BackplaneStatus status() {
    long unstored = store == null ? 0 : store.unstored();
    return new BackplaneStatus(
        "local",
        true,
        waiting.size(),
        waitingBytes.get(),
        stored.sum(),
        unstored,
        0,
        0,
        skipped.sum(),
        Duration.ZERO);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      lock.unlock();
    }
    // what has its position is received
    handOver(ordered());
    LockSupport.unpark(delivery);
    if (store != null) {
      store.close(sequence);
    }
  }
}
