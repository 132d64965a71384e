package org.starcast.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.config.TopicBounds;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.NaivePattern;
import org.starcast.spi.StoredEvent;

class TopicLogsTest {

  private static final int RUNS = 2_000;

  private static StoredEvent event(long sequence, String... topics) {
    return event(sequence, 1, topics);
  }

  private static StoredEvent event(long sequence, int bytes, String... topics) {
    return new StoredEvent(
        sequence, sequence, List.of(topics), null, List.of(), new byte[bytes], bytes);
  }

  /** With keys that begin with {@code starcast.log.}. */
  private static TopicLogs<StoredEvent> logs(String... keys) {
    StarcastConfig config = config(keys);
    return new TopicLogs<>(new TopicRules(config), 0, config);
  }

  private static StarcastConfig config(String... keys) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < keys.length; i += 2) {
      values.put(
          "starcast." + (keys[i].startsWith("streams.") ? "" : "log.") + keys[i], keys[i + 1]);
    }
    return StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
  }

  private static TopicRules.Selection select(TopicRules rules, String... patterns) {
    return rules.select(List.of(patterns));
  }

  private static List<Long> sequences(List<StoredEvent> events) {
    return events.stream().map(StoredEvent::sequence).toList();
  }

  /** The sequences of all events that are kept, behind what is said of them. */
  private static List<Long> kept(TopicLogs<StoredEvent> logs) {
    return sequences(logs.contents()).stream().filter(sequence -> sequence > 0).toList();
  }

  private static List<Long> states(TopicLogs<StoredEvent> logs) {
    return sequences(logs.states());
  }

  // ---- the latest event of a topic

  @Test
  void eachTopicKeepsItsLatestInTheOrderOfEvents() {
    TopicLogs<StoredEvent> logs = logs("retain.\"price.*\"", "latest");
    logs.append(event(1, "price.a"));
    logs.append(event(2, "price.b"));
    logs.append(event(3, "other"));
    logs.append(event(4, "price.a"));

    assertThat(states(logs)).containsExactly(2L, 4L);
  }

  @Test
  void anEventOfSeveralTopicsIsThereOnce() {
    TopicLogs<StoredEvent> logs =
        logs("retain.\"price.*\"", "latest", "retain.\"stock.+\"", "latest");
    logs.append(event(1, "price.a", "stock.a"));
    logs.append(event(2, "stock.a", "other"));

    assertThat(states(logs)).containsExactly(1L, 2L);

    logs.append(event(3, "price.a", "stock.a"));

    assertThat(states(logs)).containsExactly(3L);
  }

  @Test
  void whatComesAgainReplacesNothing() {
    TopicLogs<StoredEvent> logs = logs("retain.\"*\"", "latest");
    logs.append(event(5, "a"));
    logs.append(event(3, "b"));
    logs.append(event(4, "a"));

    assertThat(states(logs)).containsExactly(3L, 5L);
  }

  @Test
  void theTopicPublishedToLongestAgoIsForgotten() {
    TopicLogs<StoredEvent> logs = logs("retain.\"*\"", "latest", "retain-topics", "2");
    logs.append(event(1, "a"));
    logs.append(event(2, "b"));
    logs.append(event(3, "a"));
    logs.append(event(4, "c"));

    assertThat(states(logs)).containsExactly(3L, 4L);
    assertThat(logs.topics()).isEqualTo(2);
  }

  @Test
  void theirBytesAreBoundedButTheNewestEventStays() {
    TopicLogs<StoredEvent> logs = logs("retain.\"*\"", "latest", "retain-bytes", "1000000");
    for (int i = 1; i <= 200; i++) {
      logs.append(event(i, 100_000, "a." + i % 100));
      assertThat(logs.states().stream().mapToLong(StoredEvent::weight).sum())
          .isLessThanOrEqualTo(1_000_000);
    }
    assertThat(states(logs)).containsExactly(192L, 193L, 194L, 195L, 196L, 197L, 198L, 199L, 200L);
    assertThat(logs.dropped()).isPositive();

    logs.append(event(201, 2_000_000, "a"));

    assertThat(states(logs)).containsExactly(201L);
  }

  // ---- histories

  @Test
  void aChattyTopicEvictsNoOther() {
    StarcastConfig config =
        config("events", "16", "topics.\"chat.*\".events", "3", "topics.\"tick\".events", "2");
    TopicRules rules = new TopicRules(config);
    TopicLogs<StoredEvent> logs = new TopicLogs<>(rules, 0, config);
    for (int i = 1; i <= 5; i++) {
      logs.append(event(i, "chat.a"));
    }
    logs.append(event(6, "orders"));
    for (int i = 7; i <= 1_000; i++) {
      logs.append(event(i, "tick"));
    }

    assertThat(sequences(logs.latest(select(rules, "chat.a"), event -> true, 99)))
        .containsExactly(3L, 4L, 5L);
    assertThat(sequences(logs.latest(select(rules, "orders"), event -> true, 99)))
        .containsExactly(6L);
    assertThat(logs.completeSince(select(rules, "chat.+"))).isEqualTo(2);
    assertThat(logs.completeSince(select(rules, "orders"))).isZero();
    assertThat(logs.completeSince(select(rules, "*"))).isEqualTo(998);
  }

  @Test
  void theMostSpecificPatternHolds() {
    StarcastConfig config =
        config(
            "topics.\"*\".events", "1",
            "topics.\"chat.*\".events", "3",
            "topics.\"chat.log\".events", "2",
            "retain.\"chat.main\"", "latest");
    TopicLogs<StoredEvent> logs = new TopicLogs<>(new TopicRules(config), 0, config);
    for (int i = 0; i < 40; i += 4) {
      logs.append(event(i + 1, "other"));
      logs.append(event(i + 2, "chat.a"));
      logs.append(event(i + 3, "chat.log"));
      logs.append(event(i + 4, "chat.main"));
    }

    assertThat(kept(logs)).containsExactly(30L, 32L, 34L, 35L, 36L, 37L, 38L, 39L, 40L);
    assertThat(states(logs)).containsExactly(40L);
  }

  @Test
  void thePatternThatTakesTheMostGivesWay() {
    TopicLogs<StoredEvent> logs =
        logs(
            "retain-bytes", "100000",
            "topics.\"chat.*\".events", "10",
            "topics.\"stream.*\".events", "1000");
    for (int i = 1; i <= 10; i++) {
      logs.append(event(i, "chat.a"));
    }
    for (int i = 11; i <= 3_000; i++) {
      logs.append(event(i, 100, "stream." + i % 50));
    }

    assertThat(logs.bytes()).isLessThanOrEqualTo(100_000);
    assertThat(kept(logs).subList(0, 10)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
  }

  @Test
  void eventsForEverybodyCountForEachTopic() {
    StarcastConfig config = config("events", "16", "topics.\"chat\".events", "1000");
    TopicRules rules = new TopicRules(config);
    TopicLogs<StoredEvent> logs = new TopicLogs<>(rules, 0, config);
    logs.append(event(1, "chat"));
    for (int i = 2; i <= 20; i++) {
      logs.append(event(i));
    }

    assertThat(logs.completeSince(select(rules, "chat"))).isEqualTo(4);
    assertThat(sequences(logs.read(select(rules, "chat"), 19, 20, 9))).containsExactly(19L, 20L);
    assertThat(logs.read(select(rules, "chat"), 4, 20, 9)).isNull();
  }

  @Test
  void whatWasThereBeforeTheStartIsNotSaidToBeComplete() {
    StarcastConfig config = config("topics.\"chat\".events", "3");
    TopicRules rules = new TopicRules(config);
    TopicLogs<StoredEvent> logs = new TopicLogs<>(rules, 2, config);
    logs.restore(List.of(event(1, "chat"), event(7, "chat"), event(9, "chat")));
    // of the log, from its first event on
    for (int i = 3; i <= 10; i++) {
      logs.append(event(i, i % 2 == 0 ? "other" : "chat"));
    }
    logs.append(event(11, "chat"));

    assertThat(logs.completeSince(select(rules, "chat"))).isEqualTo(9);
    assertThat(sequences(logs.read(select(rules, "chat"), 10, 11, 9))).containsExactly(11L);
  }

  // ---- topics that are kept by name

  private static EventLog<StoredEvent> ring(int events) {
    return new EventLog<>(0, events, Long.MAX_VALUE, 0);
  }

  private static final TopicBounds HUNDRED = new TopicBounds(100, 0, 0);

  @Test
  void whatWasPublishedBeforeTheFirstIsKeptIsStillThere() {
    StarcastConfig config = config("events", "16");
    TopicRules rules = new TopicRules(config);
    TopicLogs<StoredEvent> logs = new TopicLogs<>(rules, 0, config);
    EventLog<StoredEvent> ring = ring(16);
    for (int i = 1; i <= 5; i++) {
      StoredEvent event = event(i, i == 5 ? "stream" : "chat");
      logs.append(event);
      ring.append(event);
    }
    logs.keep("stream", HUNDRED, 4, ring);
    for (int i = 6; i <= 1_000; i++) {
      logs.append(event(i, "stream"));
    }

    assertThat(logs.completeSince(select(rules, "chat"))).isZero();
    assertThat(sequences(logs.read(select(rules, "chat"), 1, 1_000, 99)))
        .containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(logs.completeSince(select(rules, "stream"))).isEqualTo(900);
    logs.keep("other", HUNDRED, 1_000, ring);
    assertThat(logs.completeSince(select(rules, "other"))).isEqualTo(1_000);
  }

  @Test
  void beyondWhatAllMayTakeTheOnesThatHaveEndedGoFirstThenTheShareOfTheLargest() {
    StarcastConfig config =
        config("events", "100000", "topics.\"chat\".events", "9", "streams.total-bytes", "100000");
    TopicRules rules = new TopicRules(config);
    TopicLogs<StoredEvent> logs = new TopicLogs<>(rules, 0, config);
    EventLog<StoredEvent> ring = ring(16);
    long sequence = 0;
    for (String topic : List.of("small", "ended.1", "ended.2", "large")) {
      logs.keep(topic, new TopicBounds(0, 0, 0), sequence, ring);
      for (int i = 0; i < (topic.equals("small") ? 10 : 60); i++) {
        logs.append(event(++sequence, 100, topic));
      }
      if (topic.startsWith("ended")) {
        logs.forget(topic, Long.MAX_VALUE - 1, false);
      }
    }
    logs.append(event(++sequence, "chat"));
    long before = logs.completeSince(select(rules, "ended.2"));
    for (int i = 0; i < 20; i++) {
      logs.append(event(++sequence, 100, "large"));
    }

    assertThat(before).isEqualTo(70);
    assertThat(logs.completeSince(select(rules, "ended.1"))).isEqualTo(70);
    assertThat(logs.completeSince(select(rules, "small"))).isZero();
    assertThat(logs.completeSince(select(rules, "chat"))).isZero();

    for (int i = 0; i < 500; i++) {
      logs.append(event(++sequence, 100, "large"));
      assertThat(logs.bytes()).isLessThan(101_500);
    }
    assertThat(logs.completeSince(select(rules, "ended.2"))).isEqualTo(130);
    assertThat(logs.completeSince(select(rules, "small"))).isZero();
    assertThat(logs.completeSince(select(rules, "chat"))).isZero();
    assertThat(logs.completeSince(select(rules, "large"))).isGreaterThan(300);
    assertThat(logs.room("large").crowded()).isTrue();
    assertThat(logs.room("small").crowded()).isFalse();
    assertThat(logs.dropped()).isPositive();
  }

  @Test
  void oneThatWasWatchedToItsEndIsThereForWhoComesBackThoughThereIsLittleRoom() {
    StarcastConfig config = config("streams.total-bytes", "100000");
    TopicRules rules = new TopicRules(config);
    AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1_000); // it may overflow
    TopicLogs<StoredEvent> logs = new TopicLogs<>(rules, 0, config, clock::get);
    EventLog<StoredEvent> ring = ring(16);
    long sequence = 0;
    for (String topic : List.of("unwatched", "watched", "running")) {
      logs.keep(topic, new TopicBounds(0, 0, 0), sequence, ring);
      for (int i = 0; i < 40; i++) {
        logs.append(event(++sequence, 100, topic));
      }
      if (!topic.equals("running")) {
        logs.forget(topic, Long.MAX_VALUE - 1, topic.equals("watched"));
      }
    }
    for (int i = 0; i < 1_000; i++) {
      logs.append(event(++sequence, 100, "running"));
      assertThat(logs.bytes()).isLessThan(101_500);
    }
    // forgotten
    assertThat(logs.completeSince(select(rules, "unwatched"))).isEqualTo(40);
    // all of it
    assertThat(logs.completeSince(select(rules, "watched"))).isEqualTo(40);
    assertThat(logs.read(select(rules, "watched"), 41, 80, 99)).hasSize(40);

    // half a minute later it is as any other one that has ended
    clock.addAndGet(TimeUnit.SECONDS.toNanos(29));
    logs.expire(0);
    assertThat(logs.read(select(rules, "watched"), 41, 80, 99)).hasSize(40);
    clock.addAndGet(TimeUnit.SECONDS.toNanos(2));
    logs.expire(0);
    assertThat(logs.completeSince(select(rules, "watched"))).isEqualTo(80);
  }

  @Test
  void aHistoryOfTheConfigurationHoldsForATopicThatIsKeptByName() {
    StarcastConfig config = config("topics.\"a.*\".events", "2");
    TopicRules rules = new TopicRules(config);
    TopicLogs<StoredEvent> logs = new TopicLogs<>(rules, 0, config);
    logs.keep("a.1", HUNDRED, 0, ring(16));
    for (int i = 1; i <= 5; i++) {
      logs.append(event(i, "a.1"));
    }

    assertThat(logs.completeSince(select(rules, "a.1"))).isEqualTo(3);
    assertThat(logs.room("a.1").byName()).isFalse();
    assertThat(logs.room("a.2")).isNull();
  }

  // ---- against a plain model

  @Test
  void whatIsSaidToBeCompleteIs() {
    Long one = Long.getLong("starcast.test.seed");
    long first = one == null ? 1 : one;
    long runs = one == null ? (long) RUNS * Integer.getInteger("starcast.test.runs", 1) : 1;
    for (long seed = first; seed < first + runs; seed++) {
      try {
        new Model(seed).run();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + e, e);
      }
    }
  }

  /** All events, and what of them must be kept, with nothing but lists. */
  private static final class Model {
    private static final String[] TOPICS = {"a", "b.x", "b.y", "c.1", "c.2", "d"};
    private static final String[] PATTERNS = {"a", "b.*", "b.x", "c.+", "c.1", "d", "*", "*.x"};

    private final Random random;
    private final List<StoredEvent> all = new ArrayList<>();
    private final TopicRules rules;
    private TopicLogs<StoredEvent> logs;
    private final StarcastConfig config;
    private final List<StoredEvent> published = new ArrayList<>();
    private final boolean tight;
    private final boolean crowded;

    /** The latest events of all topics, as the log has them. */
    private EventLog<StoredEvent> ring = ring(16);

    private final Map<String, Integer> bounds = new TreeMap<>();
    private final Map<String, Integer> kept = new TreeMap<>();

    /** By topic, the last event that its history need not have any more. */
    private final Map<String, Long> gone = new TreeMap<>();

    /** By topic, the events that its history must have where there is memory enough. */
    private final Map<String, List<StoredEvent>> histories = new TreeMap<>();

    private long last;

    Model(long seed) {
      random = new Random(seed);
      tight = random.nextInt(3) == 0;
      List<String> keys = new ArrayList<>(List.of("events", "16", "age", "PT0S"));
      if (tight) {
        keys.addAll(List.of("retain-topics", "" + (1 + random.nextInt(4))));
      }
      crowded = random.nextInt(4) == 0;
      if (crowded) {
        keys.addAll(List.of("streams.total-bytes", "65536"));
      }
      for (int i = random.nextInt(3); i > 0; i--) {
        String pattern = PATTERNS[random.nextInt(PATTERNS.length)];
        int events = 1 + random.nextInt(6);
        if (bounds.putIfAbsent(pattern, events) == null) {
          keys.addAll(List.of("topics.\"" + pattern + "\".events", "" + events));
        }
      }
      config = config(keys.toArray(String[]::new));
      rules = new TopicRules(config);
      logs = new TopicLogs<>(rules, 0, config);
      begun = !bounds.isEmpty();
    }

    /** The bound of a topic; 0 if it has no history of its own. */
    private int bound(String topic) {
      if (kept.containsKey(topic)) {
        return kept.get(topic);
      }
      return bounds.keySet().stream()
          .filter(pattern -> NaivePattern.matches(pattern, topic))
          .max((a, b) -> a.replaceAll("[*+]", "").length() - b.replaceAll("[*+]", "").length())
          .map(bounds::get)
          .orElse(0);
    }

    void run() {
      for (int step = 0; step < 80; step++) {
        switch (random.nextInt(16)) {
          case 0 -> keep();
          case 1 -> forget();
          case 2 -> logs.expire(0);
          case 4 -> restart();
          case 3 -> {
            if (random.nextInt(10) == 0) {
              last += 1 + random.nextInt(3);
              logs.missed(last);
              all.clear();
              for (String topic : TOPICS) {
                gone.put(topic, last);
              }
              gone.put("", last);
              gone.put("*", last);
              lostUpTo = last;
              histories.clear();
            }
          }
          default -> append();
        }
        check();
      }
    }

    private void append() {
      last += 1 + random.nextInt(2);
      Set<String> topics = new HashSet<>();
      for (int i = random.nextInt(8) == 0 ? random.nextInt(3) : 1; i > 0; i--) {
        topics.add(TOPICS[random.nextInt(TOPICS.length)]);
      }
      int bytes = crowded ? random.nextInt(20_000) : 1;
      StoredEvent event = event(last, bytes, topics.toArray(String[]::new));
      all.add(event);
      published.add(event);
      logs.append(event);
      ring.append(event);
      if (topics.isEmpty()) {
        put("", 16, event);
      }
      boolean others = false;
      for (String topic : topics) {
        if (bound(topic) > 0) {
          put(topic, bound(topic), event);
        } else {
          others = true;
        }
      }
      if (others) {
        put("*", 16, event);
      }
    }

    /** What the files have: all histories, and the latest events. */
    private void restart() {
      if (!begun) {
        return;
      }
      restored = true;
      Map<String, Long> before = new TreeMap<>();
      for (String topic : TOPICS) {
        if (bound(topic) > 0) {
          before.put(topic, logs.completeSince(rules.select(List.of(topic))));
        }
      }
      List<StoredEvent> contents = logs.contents();
      long from = random.nextBoolean() ? ring.evicted() : random.nextInt(1 + (int) ring.evicted());
      from = Math.max(from, lostUpTo);
      logs = new TopicLogs<>(rules, from, config);
      logs.restore(contents, contents.stream().filter(event -> event.sequence() > 0).toList());
      before.forEach(
          (topic, since) ->
              assertThat(logs.completeSince(rules.select(List.of(topic))))
                  .as("%s after a restart", topic)
                  .isEqualTo(since));
      ring = new EventLog<>(from, 16, Long.MAX_VALUE, 0);
      for (StoredEvent event : published) {
        if (event.sequence() > from) {
          logs.append(event);
          ring.append(event);
        }
      }
    }

    private void put(String history, int bound, StoredEvent event) {
      List<StoredEvent> events = histories.computeIfAbsent(history, h -> new ArrayList<>());
      events.add(event);
      while (events.size() > bound) {
        gone.merge(history, events.remove(0).sequence(), Math::max);
      }
    }

    private void keep() {
      String topic = TOPICS[random.nextInt(TOPICS.length)];
      int events = 1 + random.nextInt(6);
      long after = random.nextBoolean() || restored ? last : 0;
      logs.keep(topic, new TopicBounds(events, 0, 0), after, ring);
      if (bound(topic) > 0 && !kept.containsKey(topic)) {
        return;
      }
      if (!begun) {
        begun = true;
        begin("*", event -> !event.topics().isEmpty());
        begin("", event -> event.topics().isEmpty());
      }
      boolean had = kept.put(topic, events) != null;
      List<StoredEvent> before = had ? histories.remove(topic) : ringed();
      if (!had) {
        gone.put(topic, Math.max(ring.evicted(), lostUpTo));
      }
      histories.remove(topic);
      gone.merge(topic, after, Math::max);
      if (before != null) {
        before.stream()
            .filter(event -> event.topics().contains(topic) && event.sequence() > after)
            .forEach(event -> put(topic, events, event));
      }
    }

    private boolean begun;
    private boolean restored;
    private long lostUpTo;

    /** From the first topic that is kept by name on, where no rule had it begin before. */
    private void begin(String history, Predicate<StoredEvent> which) {
      gone.put(history, Math.max(ring.evicted(), lostUpTo));
      histories.put(history, new ArrayList<>(ringed().stream().filter(which).toList()));
    }

    private List<StoredEvent> ringed() {
      List<StoredEvent> events = new ArrayList<>();
      for (long position = ring.tail(); position < ring.head(); position++) {
        events.add(ring.at(position));
      }
      return events;
    }

    private void forget() {
      String topic = TOPICS[random.nextInt(TOPICS.length)];
      if (random.nextInt(3) == 0) {
        logs.forget(
            topic, Long.MAX_VALUE - 1, random.nextBoolean()); // it has ended, and is there yet
        return;
      }
      logs.forget(topic, 0, false);
      if (kept.remove(topic) != null) {
        List<StoredEvent> before = histories.remove(topic);
        if (before != null && !before.isEmpty()) {
          gone.merge(topic, before.get(before.size() - 1).sequence(), Math::max);
        }
      }
    }

    private void check() {
      Set<String> patterns = new HashSet<>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        patterns.add(PATTERNS[random.nextInt(PATTERNS.length)]);
      }
      TopicRules.Selection selection = rules.select(patterns);
      long since = logs.completeSince(selection);
      if (since == Long.MAX_VALUE) {
        assertThat(begun).isFalse();
        return;
      }
      List<StoredEvent> wanted =
          all.stream()
              .filter(event -> event.sequence() > since)
              .filter(event -> isFor(event, patterns))
              .toList();
      List<StoredEvent> read = logs.read(selection, since + 1, last, 1_000);
      assertThat(read.stream().filter(event -> isFor(event, patterns)).toList())
          .as("%s since %s", patterns, since)
          .containsExactlyElementsOf(wanted);
      assertThat(read).isSortedAccordingTo((a, b) -> Long.compare(a.sequence(), b.sequence()));
      assertThat(logs.read(selection, since, last, 1)).isNull();
      int limit = random.nextInt(5);
      assertThat(logs.latest(selection, event -> isFor(event, patterns), limit))
          .containsExactlyElementsOf(
              wanted.subList(Math.max(0, wanted.size() - limit), wanted.size()));
      if (!tight && !crowded && !restored) {
        assertThat(since).as("%s", patterns).isEqualTo(since(patterns));
      }
    }

    private static boolean isFor(StoredEvent event, Set<String> patterns) {
      return event.topics().isEmpty()
          || event.topics().stream()
              .anyMatch(topic -> patterns.stream().anyMatch(p -> NaivePattern.matches(p, topic)));
    }

    /** The last event that is gone and may have been for these. */
    private long since(Set<String> patterns) {
      long since = gone.getOrDefault("", 0L);
      for (String topic : TOPICS) {
        if (patterns.stream().anyMatch(pattern -> NaivePattern.matches(pattern, topic))) {
          since = Math.max(since, gone.getOrDefault(topic, 0L));
        }
      }
      boolean others =
          patterns.stream()
              .filter(pattern -> !kept.containsKey(pattern))
              .map(CompiledPattern::of)
              .anyMatch(
                  pattern ->
                      bounds.keySet().stream()
                          .noneMatch(rule -> CompiledPattern.of(rule).contains(pattern)));
      return others ? Math.max(since, gone.getOrDefault("*", 0L)) : since;
    }
  }
}
