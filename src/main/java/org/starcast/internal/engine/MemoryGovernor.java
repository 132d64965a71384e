package org.starcast.internal.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.starcast.SseClient.CloseReason;

/**
 * The bound on the bytes that are held for all clients together: what is queued, each shared frame
 * once; what waits for room; and what writers have and could not send yet. Whatever adds bytes, on
 * whatever way, is counted here, and calls {@link #relieve} when it has let go of its locks.
 *
 * <p>When there is too much, those who hold the most go first: who can read the log falls back to
 * it, which costs nobody anything; when that is not enough, streams are closed, and resume. It ends
 * at nine tenths of the bound, so that it is rare. From half of the bound on memory {@linkplain
 * #isShort is short}: sources of single streams wait until what they gave before has been written.
 */
final class MemoryGovernor {

  private record Holder(Client client, long bytes) {}

  private final long limit;
  private final Supplier<Collection<Client>> clients;
  private final AtomicLong used = new AtomicLong();

  MemoryGovernor(long limit, Supplier<Collection<Client>> clients) {
    this.limit = limit;
    this.clients = clients;
  }

  void add(long bytes) {
    used.addAndGet(bytes);
  }

  void subtract(long bytes) {
    used.addAndGet(-bytes);
  }

  long used() {
    return used.get();
  }

  /** Whether sources are to wait. */
  boolean isShort() {
    return used.get() > limit / 2;
  }

  private boolean isRelieved() {
    return used.get() <= limit - limit / 10;
  }

  /** Frees memory if there is too much; never call it with a client's monitor. */
  void relieve() {
    if (used.get() > limit) {
      makeRoom();
    }
  }

  private synchronized void makeRoom() {
    if (used.get() <= limit) {
      // another thread did it meanwhile
      return;
    }
    for (Holder holder : holders()) {
      if (isRelieved()) {
        return;
      }
      holder.client.leaveToLog();
    }
    for (Holder holder : holders()) {
      if (isRelieved()) {
        return;
      }
      holder.client.abortNow(CloseReason.OVERFLOW);
    }
  }

  /** Who holds something, those who hold the most first. */
  private List<Holder> holders() {
    List<Holder> holders = new ArrayList<>();
    for (Client client : clients.get()) {
      long bytes = client.heldBytes();
      if (bytes > 0) {
        holders.add(new Holder(client, bytes));
      }
    }
    holders.sort(Comparator.comparingLong(Holder::bytes).reversed());
    return holders;
  }
}
