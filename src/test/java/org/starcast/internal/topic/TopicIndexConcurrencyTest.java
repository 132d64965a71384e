package org.starcast.internal.topic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicIndexConcurrencyTest {

  private static final int ROUNDS = 4_000;

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void endThreads() throws InterruptedException {
    threads.shutdownNow();
    assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
  }

  /** A subscriber whose churn can be followed: odd while it changes, else 0 mod 4 when it is in. */
  private static final class Churner {
    final String pattern;
    final AtomicInteger phase = new AtomicInteger(2);

    Churner(String pattern) {
      this.pattern = pattern;
    }

    static boolean isSettled(int phase) {
      return phase % 2 == 0;
    }

    static boolean isIn(int phase) {
      return phase % 4 == 0;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 512})
  void matchesSeeEachChangeThatHasReturned(int cacheSize) throws Exception {
    TopicIndex<Object> index = new TopicIndex<>(cacheSize);
    List<String> topics = List.of("a.b", "a.c", "x.b", "a.b.c");
    List<String> patterns = List.of("a.b", "a.*", "*", "+.b", "a.b*");
    Object steady = "steady";
    index.subscribe(steady, CompiledPattern.of("*"), Set.of());
    index.subscribe(steady, CompiledPattern.of("a.*"), Set.of("nobody"));
    List<Churner> churners = new ArrayList<>();
    List<Future<?>> churning = new ArrayList<>();
    for (int i = 0; i < 3 * patterns.size(); i++) {
      churners.add(new Churner(patterns.get(i % patterns.size())));
    }
    for (int thread = 0; thread < 3; thread++) {
      List<Churner> own =
          churners.subList(thread * patterns.size(), (thread + 1) * patterns.size());
      boolean byRemoval = thread == 0;
      churning.add(threads.submit(churn(index, own, byRemoval)));
    }
    List<Future<?>> publishing = new ArrayList<>();
    AtomicInteger settledMatches = new AtomicInteger();
    for (int thread = 0; thread < 2; thread++) {
      publishing.add(
          threads.submit(
              () -> {
                Random random = new Random();
                while (churning.stream().anyMatch(f -> !f.isDone())) {
                  List<String> some = List.of(any(random, topics), any(random, topics));
                  List<String> published = random.nextBoolean() ? some : some.subList(0, 1);
                  settledMatches.addAndGet(check(index, steady, churners, published));
                }
                return null;
              }));
    }
    finish(churning);
    finish(publishing);
    assertThat(settledMatches.get()).isPositive();
    churners.forEach(index::remove);
    index.remove(steady);
    assertThat(index.isBare()).isTrue();
  }

  private static Callable<Void> churn(
      TopicIndex<Object> index, List<Churner> own, boolean byRemoval) {
    return () -> {
      for (int round = 0; round < ROUNDS; round++) {
        for (Churner churner : own) {
          CompiledPattern pattern = CompiledPattern.of(churner.pattern);
          boolean in = Churner.isIn(churner.phase.get());
          churner.phase.incrementAndGet();
          if (!in) {
            index.subscribe(churner, pattern, Set.of());
          } else if (byRemoval) {
            index.remove(churner);
          } else {
            index.unsubscribe(churner, pattern);
          }
          churner.phase.incrementAndGet();
          String topic = churner.pattern.equals("+.b") ? "x.b" : "a.b";
          List<Object> found = new ArrayList<>();
          index.forEachMatch(topic, null, found::add);
          if (found.contains(churner) == in) {
            throw new AssertionError(churner.pattern + (in ? " still" : " not yet") + " seen");
          }
        }
      }
      return null;
    };
  }

  /** Matches once, and judges by every churner that did not change meanwhile. */
  private static int check(
      TopicIndex<Object> index, Object steady, List<Churner> churners, List<String> topics) {
    int[] before = churners.stream().mapToInt(c -> c.phase.get()).toArray();
    Map<Object, Integer> found = new IdentityHashMap<>();
    index.forEachMatch(topics, null, s -> found.merge(s, 1, Integer::sum));
    int settled = 0;
    for (int i = 0; i < before.length; i++) {
      Churner churner = churners.get(i);
      int count = found.getOrDefault(churner, 0);
      boolean matches = topics.stream().anyMatch(t -> NaivePattern.matches(churner.pattern, t));
      boolean isSettled = Churner.isSettled(before[i]) && before[i] == churner.phase.get();
      int least = isSettled && matches && Churner.isIn(before[i]) ? 1 : 0;
      int most = matches && !(isSettled && !Churner.isIn(before[i])) ? 1 : 0;
      if (count < least || count > most) {
        throw new AssertionError(
            "%s got %s %d times, at phase %d".formatted(churner.pattern, topics, count, before[i]));
      }
      settled += isSettled ? 1 : 0;
    }
    assertThat(found.get(steady)).isEqualTo(1);
    return settled;
  }

  /** Who always mutes before it subscribes, and the reverse, never gets what it mutes. */
  @ParameterizedTest
  @ValueSource(ints = {0, 512})
  void aMatchNeverSeesHalfOfTheChanges(int cacheSize) throws Exception {
    TopicIndex<Object> index = new TopicIndex<>(cacheSize);
    CompiledPattern wanted = CompiledPattern.of("a.*");
    CompiledPattern muted = CompiledPattern.of("*.debug");
    Future<?> churning =
        threads.submit(
            () -> {
              for (int round = 0; round < 5 * ROUNDS; round++) {
                index.mute("s", muted);
                index.subscribe("s", wanted, Set.of());
                if (round % 2 == 0) {
                  index.remove("s");
                } else {
                  index.unsubscribe("s", wanted);
                  index.unmute("s", muted);
                }
              }
            });
    AtomicInteger seen = new AtomicInteger();
    List<Future<?>> publishing = new ArrayList<>();
    for (List<String> topics : List.of(List.of("a.debug"), List.of("a.b", "x.debug"))) {
      publishing.add(
          threads.submit(
              () -> {
                while (!churning.isDone()) {
                  index.forEachMatch(topics, null, s -> seen.incrementAndGet());
                }
              }));
    }
    finish(List.of(churning));
    finish(publishing);
    assertThat(seen.get()).isZero();
    assertThat(index.isBare()).isTrue();
  }

  @Test
  void changesOfManyThreadsAllCount() throws Exception {
    TopicIndex<Object> index = new TopicIndex<>(64);
    List<Future<?>> subscribing = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      int from = thread * 1_000;
      subscribing.add(
          threads.submit(
              () -> {
                for (int i = from; i < from + 1_000; i++) {
                  index.subscribe("s" + i, CompiledPattern.of("t." + i % 10), Set.of());
                }
              }));
    }
    finish(subscribing);
    assertThat(index.size()).isEqualTo(4_000);
    AtomicInteger found = new AtomicInteger();
    index.forEachMatch("t.3", null, s -> found.incrementAndGet());
    assertThat(found.get()).isEqualTo(400);
  }

  private static String any(Random random, List<String> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static void finish(List<? extends Future<?>> futures)
      throws ExecutionException, InterruptedException {
    for (Future<?> future : futures) {
      future.get();
    }
  }
}
