package org.starcast.bench.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicIndex;

/**
 * The topic index with 100,000 subscriptions over 100,000 patterns: 80 % literal ({@code
 * shop.7.order.42}), 10 % with a prefix ({@code shop.7.cart-42*}), 5 % with {@code +} and 5 % with
 * {@code *}; in addition one subscriber of {@code *}, so that every topic matches several patterns.
 * Compare {@code cacheSize} 0 with the others: no line may be slower with a cache.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class TopicIndexBenchmark {

  private static final int PATTERNS = 100_000;
  private static final int SHOPS = 100;

  /** The index, full. */
  @State(Scope.Benchmark)
  public static class Full {

    /** How many resolved topics are kept. */
    @Param({"0", "4096"})
    public int cacheSize;

    TopicIndex<Object> index;

    /** As the engine does: who publishes waits for who published before. */
    final ReentrantLock order = new ReentrantLock();

    /** 1,000 topics: all of them fit into the cache. */
    String[] few = new String[1_000];

    /** 100,000 topics: hardly any is in the cache when it comes again. */
    String[] many = new String[PATTERNS];

    /** Subscribes. */
    @Setup(Level.Trial)
    public void fill() {
      index = new TopicIndex<>(cacheSize);
      for (int i = 0; i < PATTERNS; i++) {
        index.subscribe(new Object(), CompiledPattern.of(pattern(i)), Set.of());
      }
      index.subscribe(new Object(), CompiledPattern.of("*"), Set.of());
      for (int i = 0; i < many.length; i++) {
        many[i] = "shop." + i % SHOPS + ".order." + i;
      }
      for (int i = 0; i < few.length; i++) {
        few[i] = many[i * (PATTERNS / few.length) + i % SHOPS];
      }
    }
  }

  /** One topic with 10,000 subscribers of its own, who all share another pattern too. */
  @State(Scope.Benchmark)
  public static class Wide {

    /** How many resolved topics are kept. */
    @Param({"0", "4096"})
    public int cacheSize;

    /** Whether each subscriber matches twice. */
    @Param({"false", "true"})
    public boolean twice;

    TopicIndex<Object> index;

    /** Subscribes. */
    @Setup(Level.Trial)
    public void fill() {
      index = new TopicIndex<>(cacheSize);
      for (int i = 0; i < 10_000; i++) {
        Object subscriber = new Object();
        index.subscribe(subscriber, CompiledPattern.of("news.*"), Set.of());
        if (twice) {
          index.subscribe(subscriber, CompiledPattern.of("news.sport"), Set.of());
        }
      }
      index.subscribe(new Object(), CompiledPattern.of("*"), Set.of());
    }
  }

  /** 10,000 patterns that begin alike and differ in what stands before their star. */
  @State(Scope.Benchmark)
  public static class Globs {

    /** How many resolved topics are kept. */
    @Param({"0", "4096"})
    public int cacheSize;

    TopicIndex<Object> index;

    /** A topic for each. */
    String[] topics = new String[10_000];

    /** Subscribes. */
    @Setup(Level.Trial)
    public void fill() {
      index = new TopicIndex<>(cacheSize);
      for (int i = 0; i < topics.length; i++) {
        index.subscribe(new Object(), CompiledPattern.of("chat.room-" + i + "-*"), Set.of());
        topics[i] = "chat.room-" + i + "-7";
      }
    }
  }

  private static String pattern(int i) {
    int shop = i % SHOPS;
    switch (i / SHOPS % 20) {
      case 0:
      case 1:
        return "shop." + shop + ".cart-" + i + "*";
      case 2:
        return "shop.+.order." + i;
      case 3:
        return "*.order." + i;
      default:
        return "shop." + shop + ".order." + i;
    }
  }

  /** Topics that come again and again. */
  @Benchmark
  public void publishFewTopics(Full full, Blackhole hole) {
    String topic = full.few[ThreadLocalRandom.current().nextInt(full.few.length)];
    full.index.forEachMatch(topic, null, hole::consume);
  }

  /** Many more topics than the cache holds. */
  @Benchmark
  public void publishManyTopics(Full full, Blackhole hole) {
    String topic = full.many[ThreadLocalRandom.current().nextInt(full.many.length)];
    full.index.forEachMatch(topic, null, hole::consume);
  }

  /** Topics that nobody has ever heard of; making the string is in the time. */
  @Benchmark
  public void publishNewTopics(Full full, Blackhole hole) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    String topic = "shop." + random.nextInt(SHOPS) + ".order.new" + random.nextInt();
    full.index.forEachMatch(topic, null, hole::consume);
  }

  /** A message with three topics. */
  @Benchmark
  public void publishThreeTopicsAtOnce(Full full, Blackhole hole) {
    int i = ThreadLocalRandom.current().nextInt(full.few.length - 2);
    full.index.forEachMatch(
        List.of(full.few[i], full.few[i + 1], full.few[i + 2]), null, hole::consume);
  }

  /** Eight publishers, of which one goes on at a time. */
  @Benchmark
  @Threads(8)
  public void publishByEight(Full full, Blackhole hole) {
    full.order.lock();
    try {
      publishFewTopics(full, hole);
    } finally {
      full.order.unlock();
    }
  }

  /** Publishing while another thread subscribes and unsubscribes as fast as it can. */
  @Benchmark
  @Group("churn")
  @GroupThreads(1)
  public void publishUnderChurn(Full full, Blackhole hole) {
    publishFewTopics(full, hole);
  }

  /** Sixteen subscribers come, with a pattern each that is a topic or has a wildcard, and go. */
  @Benchmark
  @Group("churn")
  @GroupThreads(1)
  public void churn(Full full) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    List<Object> come = new ArrayList<>(16);
    for (int i = 0; i < 16; i++) {
      Object subscriber = new Object();
      CompiledPattern pattern = CompiledPattern.of(pattern(random.nextInt(PATTERNS)));
      full.index.subscribe(subscriber, pattern, Set.of());
      come.add(subscriber);
    }
    come.forEach(full.index::remove);
  }

  /** A topic that one of 10,000 globs matches. */
  @Benchmark
  public void publishAmongGlobs(Globs globs, Blackhole hole) {
    String topic = globs.topics[ThreadLocalRandom.current().nextInt(globs.topics.length)];
    globs.index.forEachMatch(topic, null, hole::consume);
  }

  /** A glob comes, is published to, and goes. */
  @Benchmark
  public void globComesAndGoes(Globs globs, Blackhole hole) {
    int i = ThreadLocalRandom.current().nextInt(globs.topics.length);
    Object subscriber = new Object();
    globs.index.subscribe(subscriber, CompiledPattern.of("chat.room-" + i + "*"), Set.of());
    globs.index.forEachMatch(globs.topics[i], null, hole::consume);
    globs.index.remove(subscriber);
  }

  /** All of 10,000 subscribers. */
  @Benchmark
  public void publishToTenThousand(Wide wide, Blackhole hole) {
    wide.index.forEachMatch("news.sport", null, hole::consume);
  }

  /** Each of 10,000 subscribers is looked at; one comes and goes before. */
  @Benchmark
  public void publishToTenThousandAfterAChange(Wide wide, Blackhole hole) {
    Object subscriber = new Object();
    wide.index.subscribe(subscriber, CompiledPattern.of("news.*"), Set.of());
    wide.index.remove(subscriber);
    wide.index.forEachMatch("news.sport", null, hole::consume);
  }

  /** Runs all, briefly; arguments are regular expressions that choose some. */
  public static void main(String[] args) throws RunnerException {
    OptionsBuilder options = new OptionsBuilder();
    for (String include : args.length > 0 ? args : new String[] {""}) {
      options.include(TopicIndexBenchmark.class.getSimpleName() + ".*" + include);
    }
    new Runner(options.build()).run();
  }
}
