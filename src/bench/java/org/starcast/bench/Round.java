package org.starcast.bench;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One measured round: from just before the first event is published to the last event at the last
 * stream.
 *
 * @param deliveries events that reached a stream
 * @param seconds the time it took
 * @param cpuSeconds the server's processor time meanwhile
 * @param bytes what came over the connections
 * @param latencies from the time in the event to its being read
 * @param disorder events that came after a later one
 * @param problem why it does not count, or null: every stream must have had each of its events once
 *     and, where that was asked for, in order
 */
record Round(
    long deliveries,
    double seconds,
    double cpuSeconds,
    long bytes,
    Histogram latencies,
    long disorder,
    String problem) {

  private static final int QUIET_SECONDS = 5;

  /** What a stream must have got. */
  record Expected(long events, long keySum) {
    Expected plus(long key) {
      return new Expected(events + 1, keySum + EventStream.mix(key));
    }
  }

  /** Publishes, and tells what each stream must get; a null sum: what the other streams get. */
  interface Publishing {
    Expectation run() throws IOException;
  }

  /** By the stream's index. */
  interface Expectation {
    long events(int stream);

    /** The sum of the keys, or null if only the server knows it: then all streams must agree. */
    Long keySum(int stream);

    static Expectation same(Expected expected) {
      return new Expectation() {
        @Override
        public long events(int stream) {
          return expected.events();
        }

        @Override
        public Long keySum(int stream) {
          return expected.keySum();
        }
      };
    }

    static Expectation count(long events) {
      return new Expectation() {
        @Override
        public long events(int stream) {
          return events;
        }

        @Override
        public Long keySum(int stream) {
          return null;
        }
      };
    }
  }

  /**
   * Runs a round on open streams.
   *
   * @param seconds how long the last event may take after the last publish
   * @param inOrder whether disorder is a problem
   */
  static Round run(Server server, Swarm swarm, long seconds, boolean inOrder, Publishing publishing)
      throws IOException {
    swarm.reset();
    double cpuBefore = server.cpuSeconds();
    long bytesBefore = swarm.bytes();
    long start = System.nanoTime();
    Expectation expectation = publishing.run();
    List<EventStream> readers = swarm.streams().stream().filter(s -> !s.stalled).toList();
    long total = readers.stream().mapToLong(s -> expectation.events(s.index)).sum();
    awaitAll(server, swarm, total, seconds);
    double cpu = server.cpuSeconds() - cpuBefore;
    long end = Math.max(start + 1, swarm.lastEventNanos());
    // a duplicate of the last event would come now
    Swarm.await(() -> swarm.events() > total, 100, TimeUnit.MILLISECONDS);
    swarm.settle();
    long disorder = readers.stream().mapToLong(s -> s.disorder).sum();
    String problem = problem(readers, expectation, total, swarm, inOrder ? disorder : 0);
    return new Round(
        swarm.events(),
        (end - start) / 1e9,
        cpu,
        swarm.bytes() - bytesBefore,
        swarm.latencies(),
        disorder,
        problem);
  }

  /** Until all is there, the time is over, or nothing has come for some seconds. */
  private static void awaitAll(Server server, Swarm swarm, long total, long seconds) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    long seen = -1;
    while (swarm.events() != seen && System.nanoTime() < end && server.alive()) {
      seen = swarm.events();
      long before = seen;
      Swarm.await(() -> swarm.events() >= total, 2, TimeUnit.SECONDS);
      if (swarm.events() >= total) {
        return;
      }
      Swarm.await(() -> swarm.events() != before, QUIET_SECONDS, TimeUnit.SECONDS);
    }
  }

  double rate() {
    return deliveries / seconds;
  }

  double cpuMicrosPerDelivery() {
    return cpuSeconds * 1e6 / deliveries;
  }

  double bytesPerDelivery() {
    return (double) bytes / deliveries;
  }

  double millis(double percentile) {
    return latencies.percentile(percentile) / 1e6;
  }

  private static String problem(
      List<EventStream> readers, Expectation expectation, long total, Swarm swarm, long disorder) {
    long got = 0;
    long wrong = 0;
    long gaps = 0;
    long malformed = 0;
    long lost = 0;
    Long agreed = null;
    for (EventStream stream : readers) {
      Long sum = expectation.keySum(stream.index);
      if (sum == null) {
        agreed = agreed == null ? stream.keySum : agreed;
        sum = agreed;
      }
      got += stream.events;
      wrong += stream.events == expectation.events(stream.index) && stream.keySum == sum ? 0 : 1;
      gaps += stream.gaps;
      malformed += stream.malformed;
      lost += stream.state == EventStream.State.OPEN ? 0 : 1;
    }
    if (wrong + disorder + gaps + malformed + lost == 0) {
      return null;
    }
    String why = "%,d of %,d events; %,d streams wrong".formatted(got, total, wrong);
    why += disorder == 0 ? "" : "; %,d out of order".formatted(disorder);
    why += gaps == 0 ? "" : "; %,d gaps".formatted(gaps);
    why += malformed == 0 ? "" : "; %,d malformed".formatted(malformed);
    return why + (lost == 0 ? "" : "; %,d lost (%s)".formatted(lost, swarm.firstFailure()));
  }
}
