package org.starcast.internal.log;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.log.TopicRules.Selection;
import org.starcast.spi.StoredEvent;

/**
 * What clients cost that ask for what the histories of topics have: of one topic, and of all by a
 * wildcard, which is what a hostile one asks for.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HistoriesBenchmark {

  private static final int EVENTS = 10;
  private static final int SLICE = 256;

  @Param({"100", "10000"})
  int topics;

  private TopicLogs<StoredEvent> logs;
  private Selection one;
  private Selection all;
  private long last;

  /** As many events of each topic, in turn. */
  @Setup
  public void fill() {
    Map<String, String> values =
        Map.of(
            "starcast.log.topics.\"chat.*\".events",
            Integer.toString(EVENTS),
            "starcast.log.retain-bytes",
            "1000000000");
    StarcastConfig config =
        StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
    TopicRules rules = new TopicRules(config);
    logs = new TopicLogs<>(rules, 0, config);
    byte[] body = new byte[100];
    for (int i = 0; i < topics * EVENTS; i++) {
      logs.append(
          new StoredEvent(
              ++last, last, List.of("chat." + i % topics), null, List.of(), body, body.length));
    }
    one = rules.select(List.of("chat.7"));
    all = rules.select(List.of("chat.*"));
  }

  /** The next events of one topic. */
  @Benchmark
  public Object sliceOfOne() {
    return logs.read(one, 1, last, SLICE);
  }

  /** The next events of all of them, from the first on. */
  @Benchmark
  public Object sliceOfAll() {
    return logs.read(all, 1, last, SLICE);
  }

  /** Of a client that has missed little. */
  @Benchmark
  public Object lastOfAll() {
    return logs.read(all, last - SLICE + 1, last, SLICE);
  }

  /** What a connect with {@code history=} asks for. */
  @Benchmark
  public Object latestOfAll() {
    return logs.latest(all, event -> true, SLICE);
  }
}
