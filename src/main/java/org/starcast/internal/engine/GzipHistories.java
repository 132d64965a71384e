package org.starcast.internal.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.Deflater;

/**
 * The compressors of {@link GzipHistory histories}, a bounded number: whoever needs one when all
 * have been made gets that which was used least recently. Each has about 260 KiB of memory outside
 * of the heap. Thread-safe.
 */
final class GzipHistories {

  private final int level;
  private final int most;
  private final AtomicLong numbers = new AtomicLong();

  // guarded by this

  /** Those that nobody uses at the moment, the least recently used first. */
  private final Map<GzipHistory, Deflater> idle = new LinkedHashMap<>();

  private int made;
  private boolean ended;

  /**
   * Has made none yet.
   *
   * @param level the compression level
   * @param most the most compressors; 0 for no histories
   */
  GzipHistories(int level, int most) {
    this.level = level;
    this.most = most;
  }

  /** Whether there are any. */
  boolean areKept() {
    return most > 0;
  }

  long nextNumber() {
    return numbers.getAndIncrement();
  }

  /** The compressor of a history, which it gives back; null if it has none any more. */
  synchronized Deflater take(GzipHistory history) {
    return idle.remove(history);
  }

  /**
   * A compressor that remembers nothing.
   *
   * @param from whose it is to be, if that has one; or null
   * @return null if all are in use
   */
  synchronized Deflater takeAny(GzipHistory from) {
    if (ended) {
      return null;
    }
    Deflater known = from == null ? null : idle.remove(from);
    if (known != null) {
      known.reset();
      return known;
    }
    if (made < most) {
      made++;
      return new Deflater(level, true);
    }
    var oldest = idle.values().iterator();
    if (!oldest.hasNext()) {
      return null;
    }
    Deflater taken = oldest.next();
    oldest.remove();
    taken.reset();
    return taken;
  }

  synchronized void giveBack(GzipHistory history, Deflater deflater) {
    if (ended) {
      deflater.end();
    } else {
      idle.put(history, deflater);
    }
  }

  /** Frees a compressor that has failed. */
  synchronized void discard(Deflater deflater) {
    deflater.end();
    made--;
  }

  /** How many compressors there are. */
  synchronized int made() {
    return made;
  }

  /** Frees all, also those that are in use, when these are given back. */
  synchronized void end() {
    ended = true;
    idle.values().forEach(Deflater::end);
    idle.clear();
  }
}
