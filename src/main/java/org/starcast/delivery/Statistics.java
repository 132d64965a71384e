package org.starcast.delivery;

import java.util.concurrent.atomic.LongAdder;
import org.starcast.CloseReason;
import org.starcast.OverflowPolicy;

/** Counts since the start. Thread-safe. */
final class Statistics {

  final LongAdder published = new LongAdder();
  final LongAdder matched = new LongAdder();
  final LongAdder written = new LongAdder();
  final LongAdder writes = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder discarded = new LongAdder();
  final LongAdder heartbeats = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder opened = new LongAdder();
  final LongAdder replayed = new LongAdder();
  final LongAdder gaps = new LongAdder();
  final LongAdder behind = new LongAdder();
  private final LongAdder[] dropped = adders(OverflowPolicy.values().length);
  private final LongAdder[] closed = adders(CloseReason.values().length);

  private static LongAdder[] adders(int n) {
    LongAdder[] adders = new LongAdder[n];
    for (int i = 0; i < n; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }

  void written(int frames, int length) {
    written.add(frames);
    writes.increment();
    bytes.add(length);
  }

  void dropped(OverflowPolicy policy) {
    dropped[policy.ordinal()].increment();
  }

  void discarded(int frames) {
    discarded.add(frames);
  }

  void heartbeat() {
    heartbeats.increment();
  }

  void closed(CloseReason reason) {
    closed[reason.ordinal()].increment();
  }

  long dropped() {
    long sum = 0;
    for (LongAdder adder : dropped) {
      sum += adder.sum();
    }
    return sum;
  }

  long closedBecause(CloseReason reason) {
    return closed[reason.ordinal()].sum();
  }
}
