package org.starcast.internal.backplane;

import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.starcast.BackplaneStatus;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.log.EventStore;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.Envelope;
import org.starcast.spi.LoggedEvent;

/**
 * This node alone: a counter and, where the configuration says so, a file. Whoever appends hands
 * the event over to the receiver, on the same thread, before {@link #append} returns.
 */
public final class LocalBackplane implements Backplane {

  private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

  private final StarcastConfig config;
  private final ReentrantLock lock = new ReentrantLock();
  private Receiver receiver;

  /** Null where nothing outlives the process. */
  private EventStore store;

  private String epoch;

  // guarded by the lock
  private long sequence;
  private boolean closed;

  private final LongAdder stored = new LongAdder();

  /** One of this configuration. */
  public LocalBackplane(StarcastConfig config) {
    this.config = config;
  }

  @Override
  public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
    this.receiver = receiver;
    EventStore.Contents kept = new EventStore.Contents(newEpoch(), 0, List.of(), List.of());
    if (config.log().store().equals("file")) {
      try {
        store = EventStore.file(config, LocalBackplane::newEpoch, receiver::states);
      } catch (IllegalArgumentException e) {
        return CompletableFuture.failedStage(e);
      }
      kept = store.contents();
    }
    handOver(kept);
    if (store != null) {
      Thread thread = threads.newThread(store::run);
      thread.setName("starcast-log");
      thread.start();
    }
    return DONE;
  }

  private void handOver(EventStore.Contents kept) {
    lock.lock();
    try {
      epoch = kept.epoch();
      sequence = kept.before();
      receiver.began(epoch, sequence, kept.states());
      for (LoggedEvent event : kept.events()) {
        sequence = event.sequence();
        if (event.isHole()) {
          receiver.missed(sequence);
        } else {
          receiver.received(event, null);
        }
      }
    } finally {
      lock.unlock();
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
  public CompletionStage<Long> append(Envelope envelope) {
    lock.lock();
    try {
      if (closed) {
        return CompletableFuture.failedStage(new BackplaneException("is closed", false, null));
      }
      if (store != null && sequence + 1 > store.limit()) {
        throw new IllegalStateException(
            "starcast.log.directory: the disk has failed for too long, no event can get an id");
      }
      LoggedEvent event = envelope.at(epoch, ++sequence, System.currentTimeMillis());
      if (store != null) {
        store.append(event);
      }
      stored.increment();
      receiver.received(event, envelope);
      return CompletableFuture.completedStage(sequence);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public CompletionStage<Void> command(String type, byte[] body) {
    lock.lock();
    try {
      if (closed) {
        return CompletableFuture.failedStage(new BackplaneException("is closed", false, null));
      }
      receiver.commanded(Commands.checkType(type), body);
      return DONE;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isShared() {
    return false;
  }

  /** Nothing: what is in the file was received at the start, as far as the node keeps it. */
  @Override
  public CompletionStage<List<LoggedEvent>> read(long from, long to) {
    return CompletableFuture.completedStage(List.of());
  }

  @Override
  public long oldest() {
    return Long.MAX_VALUE;
  }

  @Override
  public BackplaneStatus status() {
    long unstored = store == null ? 0 : store.unstored();
    return new BackplaneStatus("local", true, 0, 0, stored.sum(), unstored, 0, 0, 0);
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
    if (store != null) {
      store.close(sequence);
    }
  }
}
