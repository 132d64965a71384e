package org.starcast.internal.engine;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.starcast.spi.Backplane;
import org.starcast.spi.StoredEvent;

/**
 * Events that the log has let go of, read from the backplane a page at a time. Clients that come
 * back together ask for the same pages, so each is read once, and kept while there is room.
 * Thread-safe; never waits.
 */
final class ReplayCache {

  /** The most pages that are read at once: each may be as large as its events are. */
  static final int MAX_READS = 8;

  /** The most sequences of a page, a power of two: pages begin at multiples of it. */
  static final int SEQUENCES = 256;

  /**
   * A page.
   *
   * @param upTo the last sequence that it is about
   * @param oldest the oldest sequence that could be read when it was: what is before that is lost
   * @param events what is there, by rising sequence
   */
  record Page(long upTo, long oldest, List<Frame> events) {

    long weight() {
      long weight = 0;
      for (Frame event : events) {
        weight += event.weight();
      }
      return weight;
    }
  }

  private final Backplane backplane;
  private final long maxBytes;

  /** By first sequence; the one that was asked for longest ago first. */
  private final Map<Long, CompletableFuture<Page>> pages = new LinkedHashMap<>(16, 0.75f, true);

  private long bytes;

  /** Reads that wait for others to end, and how many are under way. */
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

  private int reads;
  private boolean beginning;

  ReplayCache(Backplane backplane, long maxBytes) {
    this.backplane = backplane;
    this.maxBytes = maxBytes;
  }

  /** The beginning of the page that has this sequence. */
  static long begin(long sequence) {
    return sequence & -SEQUENCES;
  }

  /**
   * A page, or the promise of it.
   *
   * @param from its first sequence: a {@link #begin}, or the one behind another page
   * @param most no sequence behind this is asked for
   */
  CompletableFuture<Page> page(long from, long most) {
    CompletableFuture<Page> promise;
    synchronized (this) {
      CompletableFuture<Page> known = pages.get(from);
      if (known != null) {
        return known;
      }
      promise = new CompletableFuture<>();
      pages.put(from, promise);
    }
    long to = Math.min(from | SEQUENCES - 1, most);
    synchronized (this) {
      waiting.add(() -> read(from, to, promise));
    }
    beginReads();
    return promise;
  }

  /** Begins those that wait and may begin; a thread that is at it already does it for others. */
  private void beginReads() {
    synchronized (this) {
      if (beginning) {
        return;
      }
      beginning = true;
    }
    for (Runnable read = nextRead(); read != null; read = nextRead()) {
      read.run();
    }
  }

  private synchronized Runnable nextRead() {
    Runnable next = reads < MAX_READS ? waiting.poll() : null;
    reads += next == null ? 0 : 1;
    beginning = next != null;
    return next;
  }

  private void read(long from, long to, CompletableFuture<Page> promise) {
    CompletionStage<List<StoredEvent>> read;
    try {
      read = backplane.read(from, to);
    } catch (RuntimeException e) {
      read = CompletableFuture.failedStage(e);
    }
    read.whenComplete(
        (events, failure) -> {
          done(from, to, promise, events, failure);
          synchronized (this) {
            reads--;
          }
          beginReads();
        });
  }

  private void done(
      long from,
      long to,
      CompletableFuture<Page> promise,
      List<StoredEvent> events,
      Throwable failure) {
    if (failure != null) {
      synchronized (this) {
        pages.remove(from, promise);
      }
      promise.completeExceptionally(failure);
      return;
    }
    // there may be more than it could read at once
    long upTo = events.isEmpty() ? to : events.get(events.size() - 1).sequence();
    Page page = new Page(upTo, backplane.oldest(), events.stream().map(Frame::kept).toList());
    synchronized (this) {
      if (events.isEmpty()) {
        // it weighs nothing, and of ids that clients make up there is no end; nor must it be so for
        // ever, as what nobody had stored yet may come
        pages.remove(from, promise);
      } else if (pages.get(from) == promise) {
        bytes += page.weight();
      }
    }
    // a page that is done has been counted
    promise.complete(page);
    shrink();
  }

  private synchronized void shrink() {
    Iterator<CompletableFuture<Page>> oldest = pages.values().iterator();
    while (bytes > maxBytes && oldest.hasNext()) {
      CompletableFuture<Page> page = oldest.next();
      if (page.isDone()) {
        oldest.remove();
        bytes -= page.join().weight();
      }
    }
  }

  /** Forgets all. */
  synchronized void clear() {
    pages.clear();
    bytes = 0;
  }
}
