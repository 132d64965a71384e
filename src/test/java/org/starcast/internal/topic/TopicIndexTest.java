package org.starcast.internal.topic;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.awaitility.Awaitility.await;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicIndexTest {

  private final TopicIndex<Object> index = new TopicIndex<>(64);

  private void subscribe(Object subscriber, String pattern, String... senders) {
    index.subscribe(subscriber, CompiledPattern.of(pattern), Set.of(senders));
  }

  private void unsubscribe(Object subscriber, String pattern) {
    index.unsubscribe(subscriber, CompiledPattern.of(pattern));
  }

  private void mute(Object subscriber, String pattern) {
    index.mute(subscriber, CompiledPattern.of(pattern));
  }

  private List<Object> matches(String sender, String... topics) {
    List<Object> found = new ArrayList<>();
    index.forEachMatch(List.of(topics), sender, found::add);
    return found;
  }

  @Test
  void findsThoseWhosePatternMatches() {
    subscribe("literal", "orders.created");
    subscribe("many", "orders.*");
    subscribe("one", "orders.+");
    subscribe("glob", "orders.cr*");
    subscribe("all", "*");
    subscribe("other", "orders.deleted");
    assertThat(matches(null, "orders.created"))
        .containsExactlyInAnyOrder("literal", "many", "one", "glob", "all");
    assertThat(matches(null, "orders.eu.created")).containsExactlyInAnyOrder("many", "all");
    assertThat(matches(null, "orders")).containsExactly("all");
  }

  @Test
  void showsASubscriberOnceHoweverManyPatternsAndTopicsMatch() {
    subscribe("s", "*");
    subscribe("s", "a.*");
    subscribe("s", "a.b");
    subscribe("s", "*.*");
    subscribe("s", "c");
    assertThat(matches(null, "a.b")).containsExactly("s");
    assertThat(matches(null, "a.b", "c", "a.b", "x.y.z")).containsExactly("s");
  }

  @Test
  void wantsOnlyTheSendersOfThePatternsThatMatch() {
    subscribe("s", "a", "x", "y");
    subscribe("s", "*", "z");
    subscribe("any", "a");
    assertThat(matches("x", "a")).containsExactlyInAnyOrder("s", "any");
    assertThat(matches("z", "a")).containsExactlyInAnyOrder("s", "any");
    assertThat(matches("q", "a")).containsExactly("any");
    assertThat(matches(null, "a")).containsExactly("any");
    assertThat(matches("x", "b")).isEmpty();
    assertThat(matches("x", "b", "a")).containsExactlyInAnyOrder("s", "any");
    subscribe("s", "*");
    assertThat(matches("q", "a")).containsExactlyInAnyOrder("s", "any");
  }

  @Test
  void findsThoseOfWhicheverSender() {
    subscribe("s", "a", "x");
    subscribe("t", "a");
    subscribe("muted", "a");
    mute("muted", "*");
    List<Object> found = new ArrayList<>();
    index.forEachOn("a", found::add);
    assertThat(found).containsExactlyInAnyOrder("s", "t");
    assertThat(matches("whoever", "a")).containsExactly("t");
  }

  @Test
  void replacesTheSendersOfAPattern() {
    subscribe("s", "a", "x");
    subscribe("s", "a", "y");
    assertThat(matches("x", "a")).isEmpty();
    assertThat(matches("y", "a")).containsExactly("s");
    subscribe("s", "a");
    assertThat(matches("x", "a")).containsExactly("s");
    assertThat(index.size()).isEqualTo(1);
  }

  @Test
  void muteWinsOverEveryTopicOfTheMessage() {
    subscribe("s", "*");
    subscribe("t", "a.b");
    mute("s", "a.debug");
    mute("t", "x.*");
    assertThat(matches(null, "a.debug")).isEmpty();
    assertThat(matches(null, "a.b")).containsExactlyInAnyOrder("s", "t");
    assertThat(matches(null, "a.b", "a.debug")).containsExactly("t");
    assertThat(matches(null, "a.b", "x.y")).containsExactly("s");
    index.unmute("s", CompiledPattern.of("a.debug"));
    assertThat(matches(null, "a.debug")).containsExactly("s");
  }

  @Test
  void muteAloneShowsNobody() {
    mute("s", "*");
    assertThat(matches(null, "a")).isEmpty();
    assertThat(matches(null, "a", "b")).isEmpty();
  }

  @Test
  void comparesSubscribersByIdentity() {
    String one = new String("same");
    String other = new String("same");
    subscribe(one, "a");
    subscribe(other, "a");
    assertThat(matches(null, "a")).hasSize(2);
    index.remove(one);
    assertThat(matches(null, "a")).hasSize(1).first().isSameAs(other);
  }

  @Test
  void changesShowAtOnceInTopicsThatAreCached() {
    for (int i = 0; i < 5; i++) {
      assertThat(matches(null, "a.b")).isEmpty();
      subscribe("s", "a.*");
      assertThat(matches(null, "a.b")).containsExactly("s");
      mute("s", "+.b");
      assertThat(matches(null, "a.b")).isEmpty();
      index.unmute("s", CompiledPattern.of("+.b"));
      assertThat(matches(null, "a.b")).containsExactly("s");
      unsubscribe("s", "a.*");
    }
    assertThat(index.cached()).isEqualTo(1);
  }

  @Test
  void ignoresRemovalsOfWhatIsNotThere() {
    unsubscribe("s", "a");
    index.unmute("s", CompiledPattern.of("a"));
    index.remove("s");
    subscribe("s", "a.b");
    unsubscribe("s", "a");
    unsubscribe("s", "a.b.c");
    unsubscribe("t", "a.b");
    index.unmute("s", CompiledPattern.of("a.b"));
    assertThat(matches(null, "a.b")).containsExactly("s");
    assertThat(index.size()).isEqualTo(1);
  }

  @Test
  void countsPatternsAndMutes() {
    subscribe("s", "a");
    subscribe("s", "a", "sender");
    subscribe("s", "b");
    subscribe("t", "a");
    mute("s", "a");
    mute("s", "a");
    assertThat(index.size()).isEqualTo(4);
    index.remove("s");
    assertThat(index.size()).isEqualTo(1);
    unsubscribe("t", "a");
    assertThat(index.size()).isZero();
  }

  @Test
  void cutsOffWhatIsLeftEmpty() {
    List<String> patterns =
        List.of("*", "a", "a.b.c.d", "a.b.+", "a.*.c", "x*.y", "x*z.y", "*x.*", "+", "a.b.q*");
    for (String pattern : patterns) {
      subscribe("s", pattern);
      mute("s", pattern);
      subscribe("t", pattern);
    }
    for (String pattern : patterns) {
      unsubscribe("s", pattern);
      index.unmute("s", CompiledPattern.of(pattern));
    }
    assertThat(index.isBare()).isFalse();
    assertThat(matches(null, "a.b.c.d")).containsExactly("t");
    index.remove("t");
    assertThat(index.isBare()).isTrue();
    assertThat(index.size()).isZero();
    subscribe("s", "a.b.c.d");
    unsubscribe("s", "a.b.c.d");
    assertThat(index.isBare()).isTrue();
  }

  @Test
  void theActionMayChangeTheIndex() {
    subscribe("s", "a");
    subscribe("t", "a");
    List<Object> found = new ArrayList<>();
    index.forEachMatch(
        List.of("a"),
        null,
        s -> {
          found.add(s);
          index.remove("s");
          index.remove("t");
          subscribe("u", "a");
        });
    assertThat(found).hasSize(1);
    assertThat(matches(null, "a")).containsExactly("u");
  }

  @Test
  void refusesWhatCannotBe() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> index.forEachMatch(List.of(), null, s -> {}))
        .withMessage("topics: has none, at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TopicIndex<>(-1))
        .withMessage("cacheSize: must be 0 to 1048576, is -1");
    assertThatNullPointerException()
        .isThrownBy(() -> subscribe(null, "a"))
        .withMessage("subscriber");
    assertThatNullPointerException()
        .isThrownBy(() -> index.subscribe("s", null, Set.of()))
        .withMessage("pattern");
    assertThatNullPointerException()
        .isThrownBy(() -> index.subscribe("s", CompiledPattern.of("a"), null))
        .withMessage("senders");
    assertThat(index.size()).isZero();
  }

  @Test
  void changesElsewhereLeaveACachedTopicAsItIs() {
    subscribe("s", "a.b");
    subscribe("s", "a.*");
    index.resolve("a.b");
    List<TopicNode<Object>> cached = index.resolve("a.b");
    subscribe("t", "c.d");
    subscribe("t", "c.*");
    subscribe("t", "a.c");
    subscribe("t", "a.b.c");
    mute("t", "a.c");
    assertThat(index.resolve("a.b")).isSameAs(cached);
    subscribe("t", "*.c");
    subscribe("t", "a.bb*");
    unsubscribe("t", "*.c");
    assertThat(index.resolve("a.b")).isEqualTo(cached);
    subscribe("t", "*.b");
    assertThat(index.resolve("a.b")).isNotEqualTo(cached);
  }

  @Test
  void whoComesToAPatternThatOthersHaveLeavesACachedTopicAsItIs() {
    subscribe("s", "a.b");
    subscribe("s", "*");
    mute("s", "a.*");
    index.resolve("a.b");
    List<TopicNode<Object>> cached = index.resolve("a.b");
    subscribe("t", "*");
    subscribe("t", "a.b", "x");
    mute("t", "a.*");
    index.unmute("s", CompiledPattern.of("a.*"));
    assertThat(index.resolve("a.b")).isSameAs(cached);
    assertThat(matches(null, "a.b")).containsExactly("s");
    index.remove("s");
    assertThat(index.resolve("a.b")).isSameAs(cached);
    assertThat(matches("x", "a.b")).isEmpty();
    index.remove("t");
    assertThat(index.resolve("a.b")).isEmpty();
  }

  @Test
  void topicsSeenOnceDoNotGetIntoTheCacheNorPushOthersOut() {
    subscribe("s", "*");
    index.resolve("hot");
    List<TopicNode<Object>> cached = index.resolve("hot");
    for (int i = 0; i < 10_000; i++) {
      assertThat(matches(null, "cold." + i)).containsExactly("s");
    }
    assertThat(index.resolve("hot")).isSameAs(cached);
    assertThat(index.cached()).isEqualTo(1);
  }

  /** A star in every place, and the places of them in every order that a hundred patterns give. */
  @Test
  void hostilePatternsCannotMakeALookupExplode() {
    Random random = new Random(7);
    List<String> alphabet = List.of("*", "+", "a", "a*", "*a", "*a*");
    int nodes = 1;
    for (int p = 0; p < 100; p++) {
      List<String> segments = new ArrayList<>();
      for (int s = 0; s < 16; s++) {
        segments.add(p == 0 || random.nextInt(3) > 0 ? "*" : alphabet.get(random.nextInt(6)));
      }
      subscribe("s" + p, String.join(".", segments));
      nodes += 16;
    }
    String topic = String.join(".", Collections.nCopies(16, "a"));
    // each node once a segment at most, and what it tries of its children with wildcards inside
    assertThat(index.steps(topic)).isBetween(100, 2 * nodes * 16);
    assertThat(matches(null, topic)).contains("s0");
  }

  @Test
  void theCacheIsBounded() {
    subscribe("s", "*");
    for (int i = 0; i < 5_000; i++) {
      matches(null, "t." + i % 500);
      matches(null, "t." + i % 500);
    }
    assertThat(index.cached()).isBetween(32, 64);
  }

  @Test
  void letsRemovedSubscribersGoThoughTheyAreCached() {
    Object one = new Object();
    Object other = new Object();
    WeakReference<Object> removed = new WeakReference<>(one);
    WeakReference<Object> unsubscribed = new WeakReference<>(other);
    subscribe(one, "a");
    subscribe(one, "*");
    subscribe(other, "a");
    assertThat(matches(null, "a")).hasSize(2);
    assertThat(matches(null, "a")).hasSize(2);
    index.remove(one);
    unsubscribe(other, "a");
    assertThat(index.cached()).isEqualTo(1);
    one = null;
    other = null;
    await()
        .until(
            () -> {
              System.gc();
              return removed.get() == null && unsubscribed.get() == null;
            });
  }

  @Test
  void findsSegmentsMadeToCollide() {
    List<String> segments = new ArrayList<>(List.of(""));
    for (int i = 0; i < 10; i++) {
      List<String> longer = new ArrayList<>();
      for (String segment : segments) {
        longer.add(segment + "Aa");
        longer.add(segment + "BB");
      }
      segments = longer;
    }
    assertThat(segments.stream().mapToInt(String::hashCode).distinct()).hasSize(1);
    for (String segment : segments) {
      subscribe(segment, "a." + segment);
      subscribe(segment, segment + "*");
    }
    for (String segment : segments) {
      assertThat(matches(null, "a." + segment)).containsExactly(segment);
      assertThat(matches(null, segment + "x")).containsExactly(segment);
      index.remove(segment);
    }
    assertThat(index.isBare()).isTrue();
  }

  @Test
  void looksAtEachNodeOncePerSegmentAtMostWhateverThePatterns() {
    List<String> patterns = CompiledPatternTest.sequences(List.of("*", "a", "+", "a*"), 6);
    for (String pattern : patterns) {
      subscribe(pattern, pattern);
    }
    String topic = String.join(".", Collections.nCopies(16, "a"));
    // one pattern ends in each node; each has one child with a wildcard inside, which costs a
    // lookup of its prefix and a try
    assertThat(index.steps(topic)).isBetween(patterns.size(), 16 * (patterns.size() + 1) * 3);
    assertThat(matches(null, topic)).contains("*", "*.*", "*.a.*.a.*.a", "a.*.*.*.*.a*");
  }

  @Test
  void oneHostilePatternCostsItsLengthTimesTheTopics() {
    subscribe("s", "*.*.*.a.*.*.*.a.*.*.*.a.*.*.*.b");
    subscribe("s", "*.a*a*a*b.*.a*a*a*b.*.a*a*a*b.*.a*a*a*b");
    String topic = String.join(".", Collections.nCopies(16, "a".repeat(15)));
    assertThat(index.steps(topic)).isLessThanOrEqualTo(16 * (1 + 16 + 3 * 8));
    assertThat(matches(null, topic)).isEmpty();
  }

  @Test
  void manyPatternsWithAPrefixDoNotSlowEachOtherDown() {
    for (int i = 0; i < 10_000; i++) {
      subscribe(i, "chat.room" + (10_000 + i) + "-*");
    }
    assertThat(matches(null, "chat.room10042-x")).containsExactly(42);
    assertThat(index.steps("chat.room10042-x")).isLessThan(10);
  }

  /** What 1,000 clients with 32 globs each may subscribe to, so that a publication looks at all. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "*%sx",
        "*.*%s",
        "+.*%s",
        "orders.*%sx",
        "orders.created*%s",
        "orders.c*%s*d",
        "*%s*",
        "orders.*%s*",
        "orders.*%s*a*",
        "orders.*e*%s*",
        "orders.create*%s*d"
      })
  void hostileGlobsDoNotCostLinearWork(String form) {
    List<String> segments = List.of("orders", "created", "eu");
    int most = 0;
    Object[] subscribers = new Object[32_000];
    for (int i = 0; i < subscribers.length; i++) {
      subscribers[i] = new Object();
      subscribe(subscribers[i], form.formatted(Integer.toString(i + 100_000, 36)));
    }
    for (int depth = 1; depth <= segments.size(); depth++) {
      most = Math.max(most, index.steps(String.join(".", segments.subList(0, depth))));
    }
    assertThat(most).isLessThan(100);
    List.of(subscribers).forEach(index::remove);
    assertThat(index.isBare()).isTrue();
  }

  @Test
  void aChangeThatCannotTouchATopicLeavesItResolved() {
    subscribe("s", "a.*");
    subscribe("s", "a.b");
    matches(null, "a.b");
    matches(null, "a.b");
    long hits = index.hits();
    long misses = index.misses();
    for (int i = 0; i < 100; i++) {
      subscribe("t" + i, "c.*");
      subscribe("t" + i, "c.*" + i);
      subscribe("t" + i, "a.c");
      mute("t" + i, "c.+");
      assertThat(matches(null, "a.b")).containsExactly("s");
      index.remove("t" + i);
      assertThat(matches(null, "a.b")).containsExactly("s");
    }
    assertThat(index.hits()).isEqualTo(hits + 200);
    assertThat(index.misses()).isEqualTo(misses);
  }

  /** Else 10,000 clients with two patterns would take hundreds of megabytes. */
  @Test
  void resolvedTopicsShareTheSubscribersOfOverlappingPatterns() {
    for (int i = 0; i < 10_000; i++) {
      Object subscriber = new Object();
      subscribe(subscriber, "*");
      subscribe(subscriber, "a.*");
    }
    for (int i = 0; i < 200; i++) {
      assertThat(matches(null, "a." + i % 20)).hasSize(10_000);
    }
    assertThat(index.cached()).isGreaterThan(10);
    assertThat(index.cachedBytes()).isLessThan(index.cached() * 1_000L);
  }

  @Test
  void whatResolvedTopicsTakeIsBoundedInBytes() {
    long most = 1 << 14;
    TopicIndex<Object> bounded = new TopicIndex<>(1_000, most);
    for (int i = 0; i < 50; i++) {
      bounded.subscribe(i, CompiledPattern.of("*"), Set.of());
      bounded.subscribe(i, CompiledPattern.of("all*" + i + "*"), Set.of());
    }
    int found = 0;
    for (int i = 0; i < 300; i++) {
      List<Object> of = new ArrayList<>();
      bounded.forEachMatch("a." + i / 3, null, of::add);
      found += of.size();
      assertThat(bounded.cachedBytes()).isBetween(0L, most);
    }
    assertThat(found).isEqualTo(300 * 50);
    assertThat(bounded.cached()).isBetween(1, 60);
    long hits = bounded.hits();
    assertThat(hits).isEqualTo(100);
    // one that would take most of it
    String all = IntStream.range(0, 50).mapToObj(i -> "-" + i).collect(joining("", "all", ""));
    for (int i = 0; i < 10; i++) {
      assertThat(bounded.resolve(all)).hasSize(51);
    }
    assertThat(bounded.hits()).isEqualTo(hits);
    bounded.resolve("a.99");
    assertThat(bounded.hits()).isEqualTo(hits + 1);
  }

  @Test
  void tellsHowManyAreOnATopic() {
    subscribe("s", "a.*");
    subscribe("s", "a.b", "x");
    subscribe("t", "*", "x");
    subscribe("u", "a.b");
    mute("u", "*.b");
    for (int i = 0; i < 3; i++) {
      assertThat(index.countOn("a.b")).isEqualTo(2);
      assertThat(index.countOn("b")).isEqualTo(1);
      matches(null, "a.b");
    }
  }

  @Test
  void walksTenThousandSubscribersOfSeveralPatterns() {
    List<Object> all = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      all.add(i);
      subscribe(all.get(i), "*");
      if (i % 3 == 0) {
        subscribe(all.get(i), "a.*", "x");
      }
      if (i % 100 == 0) {
        mute(all.get(i), "a.b");
      }
    }
    List<Object> expected =
        IntStream.range(0, 10_000).filter(i -> i % 100 != 0).<Object>mapToObj(all::get).toList();
    assertThat(matches(null, "a.b")).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(matches("x", "c", "a.b")).containsExactlyInAnyOrderElementsOf(expected);
  }

  /** Random changes, each followed by matches that are compared with a model that is all loops. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 1_000})
  void behavesLikeTheDefinition(int cacheSize) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    TopicIndex<Integer> tested = new TopicIndex<>(cacheSize);
    Model model = new Model();
    Integer[] subscribers = IntStream.range(0, 12).boxed().toArray(Integer[]::new);
    int shown = 0;
    int changes = 1_500 * Integer.getInteger("starcast.test.runs", 1);
    for (int change = 0; change < changes; change++) {
      Integer subscriber = subscribers[random.nextInt(subscribers.length)];
      String pattern = randomText(random, List.of("a", "b", "ab", "*", "+", "a*", "*b"), 4);
      switch (random.nextInt(20)) {
        case 0:
          tested.remove(subscriber);
          model.patterns.remove(subscriber);
          model.mutes.remove(subscriber);
          break;
        case 1:
        case 2:
          tested.mute(subscriber, CompiledPattern.of(pattern));
          model.mutesOf(subscriber).add(pattern);
          break;
        case 3:
        case 4:
        case 5:
          String muted = any(random, model.mutesOf(subscriber), pattern);
          tested.unmute(subscriber, CompiledPattern.of(muted));
          model.mutesOf(subscriber).remove(muted);
          break;
        case 6:
        case 7:
        case 8:
        case 9:
        case 10:
          String held = any(random, model.patternsOf(subscriber).keySet(), pattern);
          tested.unsubscribe(subscriber, CompiledPattern.of(held));
          model.patternsOf(subscriber).remove(held);
          break;
        default:
          Set<String> senders = new TreeSet<>();
          for (int i = random.nextInt(3); i > 0; i--) {
            senders.add("s" + random.nextInt(3));
          }
          tested.subscribe(subscriber, CompiledPattern.of(pattern), senders);
          model.patternsOf(subscriber).put(pattern, senders);
      }
      assertThat(tested.size()).as("seed %d", seed).isEqualTo(model.size());
      for (int check = 0; check < 5; check++) {
        List<String> topics = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
          topics.add(randomText(random, List.of("a", "b", "ab"), 4));
        }
        String sender = random.nextInt(4) == 0 ? null : "s" + random.nextInt(3);
        List<Integer> found = new ArrayList<>();
        tested.forEachMatch(topics, sender, found::add);
        Collections.sort(found);
        List<Integer> expected = model.matches(topics, sender);
        shown += expected.size();
        if (!found.equals(expected)) {
          throw new AssertionError(
              "seed %d, cache %d, topics %s, sender %s: found %s, expected %s"
                  .formatted(seed, cacheSize, topics, sender, found, expected));
        }
      }
    }
    assertThat(shown).isGreaterThan(2 * changes);
    for (Integer subscriber : subscribers) {
      tested.remove(subscriber);
    }
    assertThat(tested.isBare()).as("seed %d", seed).isTrue();
  }

  private static String any(Random random, Set<String> held, String otherwise) {
    return held.isEmpty() ? otherwise : List.copyOf(held).get(random.nextInt(held.size()));
  }

  private static String randomText(Random random, List<String> alphabet, int longest) {
    List<String> segments = new ArrayList<>();
    for (int i = random.nextInt(longest); i >= 0; i--) {
      segments.add(alphabet.get(random.nextInt(alphabet.size())));
    }
    return String.join(".", segments);
  }

  private static final class Model {

    final Map<Integer, Map<String, Set<String>>> patterns = new TreeMap<>();
    final Map<Integer, Set<String>> mutes = new TreeMap<>();
    private static final Map<String, Boolean> KNOWN = new ConcurrentHashMap<>();

    Map<String, Set<String>> patternsOf(Integer subscriber) {
      return patterns.computeIfAbsent(subscriber, s -> new TreeMap<>());
    }

    Set<String> mutesOf(Integer subscriber) {
      return mutes.computeIfAbsent(subscriber, s -> new TreeSet<>());
    }

    int size() {
      return patterns.values().stream().mapToInt(Map::size).sum()
          + mutes.values().stream().mapToInt(Set::size).sum();
    }

    List<Integer> matches(List<String> topics, String sender) {
      List<Integer> found = new ArrayList<>();
      patterns.forEach(
          (subscriber, held) -> {
            boolean wanted = false;
            boolean muted = false;
            for (String topic : topics) {
              for (Map.Entry<String, Set<String>> entry : held.entrySet()) {
                boolean fromThere =
                    entry.getValue().isEmpty()
                        || sender != null && entry.getValue().contains(sender);
                wanted |= fromThere && matches(entry.getKey(), topic);
              }
              for (String mute : mutesOf(subscriber)) {
                muted |= matches(mute, topic);
              }
            }
            if (wanted && !muted) {
              found.add(subscriber);
            }
          });
      return found;
    }

    private boolean matches(String pattern, String topic) {
      return KNOWN.computeIfAbsent(
          pattern + " " + topic, key -> NaivePattern.matches(pattern, topic));
    }
  }
}
