package org.starcast.stream;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A clock that stands still until a test moves it. */
final class ManualTimer implements Timer {

  private record Entry(long at, Runnable action) {}

  private final List<Entry> entries = new ArrayList<>();
  private long now;

  @Override
  public synchronized long now() {
    return now;
  }

  @Override
  public synchronized Runnable after(long delayNanos, Runnable action) {
    Entry entry = new Entry(now + delayNanos, action);
    entries.add(entry);
    return () -> cancel(entry);
  }

  private synchronized void cancel(Entry entry) {
    entries.remove(entry);
  }

  synchronized int armed() {
    return entries.size();
  }

  /** Moves the clock and runs what is due, outside of the lock. */
  void advance(Duration by) {
    List<Entry> due;
    synchronized (this) {
      now += by.toNanos();
      due = entries.stream().filter(e -> e.at <= now).sorted(byTime()).toList();
      entries.removeAll(due);
    }
    due.forEach(entry -> entry.action.run());
  }

  private static Comparator<Entry> byTime() {
    return Comparator.comparingLong(Entry::at);
  }
}
