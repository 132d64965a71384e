package org.starcast.bench.war;

import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Sources that each give so many items a second, all by one thread, that of {@link #run}: as
 * another service would send them. A source that is not asked gives its items later.
 */
final class PacedItems {

  private static final long PASS_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long LEAD_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long MOST_LATE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** One source, for one subscriber. */
  final class Paced implements Flow.Publisher<String>, Flow.Subscription {
    private final long offset;
    private final AtomicLong wanted = new AtomicLong();
    private volatile Flow.Subscriber<? super String> subscriber;
    private volatile boolean cancelled;
    private long given;

    private Paced(long offset) {
      this.offset = offset;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super String> subscriber) {
      subscriber.onSubscribe(this);
      this.subscriber = subscriber;
    }

    @Override
    public void request(long n) {
      wanted.addAndGet(n);
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    private boolean isOver() {
      return cancelled || given == items;
    }

    /** Gives what is due and asked for. */
    private void give(long start) {
      long due = start + offset + given * periodNanos;
      for (long now = System.nanoTime();
          !isOver() && now >= due && subscriber != null && wanted.get() > 0;
          now = System.nanoTime()) {
        mostLate = Math.max(mostLate, now - due);
        wanted.decrementAndGet();
        given++;
        subscriber.onNext("seq=" + given + " ts=" + due + " " + padding);
        if (given == items) {
          subscriber.onComplete();
        }
        due += periodNanos;
      }
    }
  }

  private final List<Paced> sources;
  private final int items;
  private final long periodNanos;
  private final String padding;
  private long mostLate;

  /**
   * Gives nothing yet.
   *
   * @param items how many each gives
   */
  PacedItems(int sources, int perSecond, int items, int size) {
    this.items = items;
    this.periodNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.padding = "x".repeat(size);
    this.sources =
        IntStream.range(0, sources).mapToObj(i -> new Paced(i * periodNanos / sources)).toList();
  }

  Flow.Publisher<String> source(int i) {
    return sources.get(i);
  }

  /**
   * Gives all items, each when it is due.
   *
   * @return how many were given
   */
  long run() {
    long start = System.nanoTime() + LEAD_NANOS;
    long end = start + items * periodNanos + MOST_LATE_NANOS;
    boolean more = true;
    while (more && System.nanoTime() < end) {
      LockSupport.parkNanos(PASS_NANOS);
      more = false;
      for (Paced source : sources) {
        source.give(start);
        more |= !source.isOver();
      }
    }
    return sources.stream().mapToLong(source -> source.given).sum();
  }

  /** By how much an item was late at most: as its source was not asked, or had no processor. */
  long mostLateMillis() {
    return TimeUnit.NANOSECONDS.toMillis(mostLate);
  }
}
