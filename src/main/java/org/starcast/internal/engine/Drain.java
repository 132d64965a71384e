package org.starcast.internal.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.starcast.SseClient.CloseReason;

/**
 * Sends all clients away and takes no new ones, once and for good.
 *
 * <pre>
 *   ACCEPTING ──► GRACE ──► CLOSING ──► ABORTING ──► DRAINED
 *       │           └──────────┴────────────┴───────────▲
 *       └───────────────────────────────────────────────┘   whenever the last client is gone
 * </pre>
 *
 * <p>Clients are closed in a random order, evenly over a window, which may be {@linkplain #begin
 * cut short} but not made longer; those that have not ended a second after it are given up.
 */
final class Drain extends TimingWheel.Entry {

  private enum Phase {
    /** Clients are taken. */
    ACCEPTING,
    /** Streams may end by themselves. */
    GRACE,
    /** Streams are being closed. */
    CLOSING,
    /** What has not ended is given up. */
    ABORTING,
    /** There are no clients any more. */
    DRAINED
  }

  private final Supplier<Collection<Client>> clients;
  private final Supplier<Frame> last;
  private final long tickNanos;
  private final long lingerNanos;
  private final CompletableFuture<Void> drained = new CompletableFuture<>();

  private volatile Phase phase = Phase.ACCEPTING;

  // guarded by this, from the begin on
  private long closesFrom;
  private long closesUntil;

  // used by the timer thread
  private List<Client> order;
  private int next;

  /**
   * Not begun.
   *
   * @param clients those there are
   * @param last makes the last that a client is sent
   * @param lingerNanos how long a client may take to end when it has been closed
   */
  Drain(
      Supplier<Collection<Client>> clients,
      Supplier<Frame> last,
      long tickNanos,
      long lingerNanos) {
    this.clients = clients;
    this.last = last;
    this.tickNanos = tickNanos;
    this.lingerNanos = lingerNanos;
  }

  /** Whether no new clients are taken. */
  boolean hasBegun() {
    return phase != Phase.ACCEPTING;
  }

  /** Done when the last client is gone. */
  CompletionStage<Void> drained() {
    return drained;
  }

  /**
   * Begins; or, when that was done before, is over sooner if this would be.
   *
   * @return whether it was this call that began it, and the caller has to schedule it
   */
  synchronized boolean begin(long now, long graceNanos, long windowNanos) {
    if (phase == Phase.ACCEPTING) {
      closesFrom = now + graceNanos;
      closesUntil = closesFrom + windowNanos;
      phase = Phase.GRACE;
      return true;
    }
    if (now + graceNanos + windowNanos - closesUntil < 0) {
      closesFrom = Math.min(closesFrom - now, graceNanos) + now;
      closesUntil = now + graceNanos + windowNanos;
    }
    return false;
  }

  /** The last client is gone. */
  void noClients() {
    synchronized (this) {
      if (phase == Phase.ACCEPTING) {
        return;
      }
      phase = Phase.DRAINED;
    }
    drained.complete(null);
  }

  @Override
  long onTime(long now) {
    long from;
    long until;
    synchronized (this) {
      from = closesFrom;
      until = closesUntil;
    }
    switch (phase) {
      case GRACE -> {
        if (now - from < 0) {
          return tickNanos;
        }
        order = new ArrayList<>(clients.get());
        Collections.shuffle(order);
        advance(Phase.GRACE, Phase.CLOSING);
        close(now, from, until);
        return tickNanos;
      }
      case CLOSING -> {
        close(now, from, until);
        if (now - until >= lingerNanos) {
          advance(Phase.CLOSING, Phase.ABORTING);
        }
        return tickNanos;
      }
      case ABORTING -> {
        clients.get().forEach(client -> client.abortNow(CloseReason.DRAIN));
        return tickNanos;
      }
      default -> {
        return -1;
      }
    }
  }

  private synchronized void advance(Phase before, Phase after) {
    if (phase == before) {
      phase = after;
    }
  }

  /** Closes those whose time has come: the first a tick early, so that a short window has some. */
  private void close(long now, long from, long until) {
    double share =
        until - now <= 0 ? 1 : (double) (now - from + tickNanos) / (until - from + tickNanos);
    int due = (int) Math.ceil(Math.min(1, share) * order.size());
    for (; next < due; next++) {
      order.get(next).closeAfterDrain(CloseReason.DRAIN, last.get());
    }
  }
}
