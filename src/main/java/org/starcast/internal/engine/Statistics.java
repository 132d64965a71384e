package org.starcast.internal.engine;

import java.util.concurrent.atomic.LongAdder;
import org.starcast.CloseReason;
import org.starcast.RefusalReason;

/** Counts since the start. Thread-safe. */
final class Statistics {

  final LongAdder published = new LongAdder();
  final LongAdder matched = new LongAdder();
  final LongAdder direct = new LongAdder();
  final LongAdder delivered = new LongAdder();
  final LongAdder written = new LongAdder();
  final LongAdder writes = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder dropped = new LongAdder();
  final LongAdder coalesced = new LongAdder();
  final LongAdder missed = new LongAdder();
  final LongAdder discarded = new LongAdder();
  final LongAdder heartbeats = new LongAdder();
  final LongAdder opened = new LongAdder();
  final LongAdder replayed = new LongAdder();
  final LongAdder gaps = new LongAdder();
  final LongAdder behind = new LongAdder();
  final LongAdder resumed = new LongAdder();
  final LongAdder notResumed = new LongAdder();
  final Latencies latencies = new Latencies();
  private final LongAdder[] refused = adders(RefusalReason.values().length);
  private final LongAdder[] closed = adders(CloseReason.values().length);

  static LongAdder[] adders(int n) {
    LongAdder[] adders = new LongAdder[n];
    for (int i = 0; i < n; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }

  void written(int frames, int counted, int length) {
    written.add(frames);
    delivered.add(counted);
    writes.increment();
    bytes.add(length);
  }

  void heartbeat() {
    heartbeats.increment();
  }

  void closed(CloseReason reason) {
    closed[reason.ordinal()].increment();
  }

  void refused(RefusalReason reason) {
    refused[reason.ordinal()].increment();
  }

  long refusedBecause(RefusalReason reason) {
    return refused[reason.ordinal()].sum();
  }

  long closedBecause(CloseReason reason) {
    return closed[reason.ordinal()].sum();
  }
}
