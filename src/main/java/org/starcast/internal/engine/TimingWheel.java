package org.starcast.internal.engine;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.starcast.internal.logging.LogMessage;

/**
 * One timer thread for all clients: a hashed wheel (Varghese and Lauck, scheme 6) whose entries are
 * asked, when their time comes, when they want to be asked again. An entry is therefore never moved
 * when a client is active, which costs nothing. One that is no longer wanted ends at its next turn,
 * or when it is {@linkplain #cancel cancelled}, so that it is not kept until then.
 */
final class TimingWheel {

  /** What is asked when its time has come. */
  abstract static class Entry {
    private long dueTick;
    private Entry next;
    private Entry previous;
    private boolean waits;

    /**
     * Called on the timer thread; must not block.
     *
     * @return nanoseconds until the next call, or a negative number for none
     */
    abstract long onTime(long now);
  }

  private record Request(Entry entry, long at, boolean cancels) {}

  private static final int SLOTS = 1024;

  private final long tickNanos;
  private final Entry[] slots = new Entry[SLOTS];
  private final ConcurrentLinkedQueue<Request> requests = new ConcurrentLinkedQueue<>();
  private final System.Logger log;
  private final long origin = System.nanoTime();
  private long currentTick;
  private int size;
  private volatile boolean idle;
  private volatile boolean stopped;
  private volatile Thread thread;
  private final StallDetector pulse = new StallDetector();

  TimingWheel(long tickNanos, System.Logger log) {
    this.tickNanos = tickNanos;
    this.log = log;
  }

  /** Asks the entry after this delay, rounded up to the next tick. */
  void schedule(Entry entry, long delayNanos) {
    requests.add(new Request(entry, System.nanoTime() + Math.max(0, delayNanos), false));
    if (idle) {
      LockSupport.unpark(thread);
    }
  }

  /** Forgets an entry with the next tick, if it is there; it may still be asked until then. */
  void cancel(Entry entry) {
    requests.add(new Request(entry, 0, true));
    if (idle) {
      LockSupport.unpark(thread);
    }
  }

  /** The timer thread's work, until {@link #stop}. */
  void run() {
    thread = Thread.currentThread();
    while (!stopped) {
      pulse.beat();
      turnUntil(System.nanoTime());
      if (size == 0) {
        idle = true;
        if (requests.isEmpty() && !stopped) {
          LockSupport.park(this);
        }
        idle = false;
        continue;
      }
      LockSupport.parkNanos(this, origin + currentTick * tickNanos - System.nanoTime());
    }
  }

  /** Asks all whose time has come by now; by the timer thread, or a test in its place. */
  void turnUntil(long now) {
    accept();
    long tick = (now - origin) / tickNanos;
    if (size == 0) {
      currentTick = tick;
      return;
    }
    while (currentTick <= tick) {
      turn((int) (currentTick % SLOTS), now);
      currentTick++;
    }
  }

  /** Whether it has had entries and has not turned for so long. */
  boolean stuck(long now, long nanos) {
    return pulse.stuck(!idle, now, nanos);
  }

  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
  }

  private void accept() {
    for (Request r = requests.poll(); r != null; r = requests.poll()) {
      if (!r.cancels) {
        size++;
        insert(r.entry, r.at);
      } else if (r.entry.waits) {
        size--;
        unlink(r.entry);
      }
    }
  }

  private void insert(Entry entry, long at) {
    entry.dueTick = Math.max(currentTick, (at - origin + tickNanos - 1) / tickNanos);
    link(entry, slot(entry));
  }

  private static int slot(Entry entry) {
    return (int) (entry.dueTick % SLOTS);
  }

  private void link(Entry entry, int slot) {
    entry.waits = true;
    entry.previous = null;
    entry.next = slots[slot];
    if (entry.next != null) {
      entry.next.previous = entry;
    }
    slots[slot] = entry;
  }

  private void unlink(Entry entry) {
    if (entry.next != null) {
      entry.next.previous = entry.previous;
    }
    if (entry.previous != null) {
      entry.previous.next = entry.next;
    } else {
      slots[slot(entry)] = entry.next;
    }
    release(entry);
  }

  private static void release(Entry entry) {
    entry.waits = false;
    entry.previous = null;
    entry.next = null;
  }

  private void turn(int slot, long now) {
    Entry entry = slots[slot];
    slots[slot] = null;
    while (entry != null) {
      Entry next = entry.next;
      release(entry);
      if (entry.dueTick > currentTick) {
        link(entry, slot);
      } else {
        ask(entry, now);
      }
      entry = next;
    }
  }

  private void ask(Entry entry, long now) {
    long delay = -1;
    try {
      delay = entry.onTime(now);
    } catch (RuntimeException | Error e) {
      LogMessage.TIMER_FAILED.log(log, e);
    }
    if (delay < 0) {
      size--;
    } else {
      insert(entry, now + Math.max(delay, tickNanos));
    }
  }
}
