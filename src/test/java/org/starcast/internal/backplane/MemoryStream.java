package org.starcast.internal.backplane;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import org.starcast.SseStatistics.BackplaneStatus;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * A stream in memory that several nodes share, of which a test decides what happens: that a node
 * lags, that events are lost, that nothing can be read, that it begins anew.
 */
public final class MemoryStream {

  private record Stored(OutgoingEvent envelope, String command, byte[] body, long time) {}

  private final NavigableMap<Long, Stored> stored = new TreeMap<>();
  private final List<Node> nodes = new ArrayList<>();

  /** The idempotency keys, and what is stored with them. */
  private final Map<String, Long> keys = new HashMap<>();

  private final List<Runnable> heldReads = new ArrayList<>();
  private String epoch = "e1";
  private long last;
  private boolean holdsReads;
  private RuntimeException readFailure;
  private int reads;

  /** A node of it. */
  public Node node() {
    return new Node();
  }

  private synchronized long add(Stored entry) {
    stored.put(++last, entry);
    nodes.forEach(Node::catchUp);
    return last;
  }

  /** The events up to this one are no more; a node that has not received them never does. */
  public synchronized void drop(long upTo) {
    stored.headMap(upTo, true).clear();
  }

  /** All is lost, and another order begins. */
  public synchronized void restart(String newEpoch) {
    stored.clear();
    keys.clear();
    epoch = newEpoch;
    last = 0;
    nodes.forEach(Node::begin);
  }

  /** Reads wait until {@link #release}. */
  public synchronized void holdReads() {
    holdsReads = true;
  }

  /** The reads that wait go on. */
  public void release() {
    List<Runnable> held;
    synchronized (this) {
      holdsReads = false;
      held = List.copyOf(heldReads);
      heldReads.clear();
    }
    held.forEach(Runnable::run);
  }

  /** Reads fail with this; null for no more. */
  public synchronized void failReads(RuntimeException failure) {
    readFailure = failure;
  }

  /** How often something was read. */
  public synchronized int reads() {
    return reads;
  }

  private long oldest() {
    return stored.isEmpty() ? last + 1 : stored.firstKey();
  }

  /** The backplane of one node. */
  public final class Node implements Backplane {
    private Receiver receiver;
    private long received;
    private boolean lags;
    private volatile long skipped;

    @Override
    public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
      synchronized (MemoryStream.this) {
        this.receiver = receiver;
        nodes.add(this);
        begin();
        return CompletableFuture.completedStage(null);
      }
    }

    private void begin() {
      received = oldest() - 1;
      receiver.began(epoch, received, List.of());
      catchUp();
    }

    /** Receives nothing from now on, or all again. */
    public void lag(boolean lags) {
      synchronized (MemoryStream.this) {
        this.lags = lags;
        catchUp();
      }
    }

    private void catchUp() {
      while (!lags && received < last) {
        if (received + 1 < oldest()) {
          received = oldest() - 1;
          receiver.missed(received);
          continue;
        }
        var next = stored.higherEntry(received);
        received = next.getKey();
        Stored entry = next.getValue();
        if (entry.command == null) {
          OutgoingEvent copy = copy(entry.envelope);
          receiver.received(copy.at(epoch, received, entry.time), copy);
        } else {
          try {
            receiver.commanded(received, entry.command, entry.body);
          } catch (IllegalArgumentException e) {
            skipped++;
          }
        }
      }
    }

    @Override
    public CompletionStage<Long> append(OutgoingEvent envelope) {
      synchronized (MemoryStream.this) {
        Long before = keys.get(envelope.key());
        if (before != null) {
          return CompletableFuture.completedStage(before);
        }
        if (envelope.key() != null) {
          keys.put(envelope.key(), last + 1);
        }
        return CompletableFuture.completedStage(
            add(new Stored(copy(envelope), null, null, System.currentTimeMillis())));
      }
    }

    private OutgoingEvent copy(OutgoingEvent envelope) {
      byte[] body = Arrays.copyOf(envelope.bytes(), envelope.bodyLength());
      return OutgoingEvent.of(
          envelope.topics(),
          envelope.sender(),
          envelope.except(),
          envelope.coalesceKey(),
          envelope.key(),
          body);
    }

    @Override
    public CompletionStage<Void> command(String type, byte[] body) {
      add(new Stored(null, type, body, 0));
      return CompletableFuture.completedStage(null);
    }

    @Override
    public boolean isShared() {
      return true;
    }

    @Override
    public CompletionStage<List<StoredEvent>> read(long from, long to) {
      CompletableFuture<List<StoredEvent>> read = new CompletableFuture<>();
      Runnable reading = () -> read(from, to, read);
      synchronized (MemoryStream.this) {
        reads++;
        if (holdsReads) {
          heldReads.add(reading);
          return read;
        }
      }
      reading.run();
      return read;
    }

    private void read(long from, long to, CompletableFuture<List<StoredEvent>> read) {
      List<StoredEvent> found = new ArrayList<>();
      RuntimeException failure;
      synchronized (MemoryStream.this) {
        failure = readFailure;
        stored
            .subMap(from, true, to, true)
            .forEach(
                (sequence, entry) -> {
                  if (entry.command == null) {
                    found.add(copy(entry.envelope).at(epoch, sequence, entry.time));
                  }
                });
      }
      found.sort(Comparator.comparingLong(StoredEvent::sequence));
      if (failure != null) {
        read.completeExceptionally(failure);
      } else {
        // a few at a time
        read.complete(List.copyOf(found.subList(0, Math.min(100, found.size()))));
      }
    }

    @Override
    public long oldest() {
      synchronized (MemoryStream.this) {
        return MemoryStream.this.oldest();
      }
    }

    @Override
    public BackplaneStatus status() {
      return new BackplaneStatus("memory", true, 0, 0, 0, 0, 0, 0, skipped, Duration.ZERO);
    }

    @Override
    public void close() {
      synchronized (MemoryStream.this) {
        nodes.remove(this);
      }
    }
  }
}
