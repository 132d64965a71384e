package org.starcast.internal.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.Subscription.Overflow;
import org.starcast.security.TopicAuthorizer.Action;

class StarcastConfigTest {

  private static StarcastConfig read(Map<String, String> values) {
    return StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
  }

  private static StarcastConfig read(String key, String value) {
    return read(Map.of(key, value));
  }

  /** Each key that is a number: its component's name and its bounds. */
  static Stream<Arguments> numbers() {
    return Stream.of(
        Arguments.of("starcast.queue.messages", "queue.messages", 1L, 1_000_000L),
        Arguments.of("starcast.queue.bytes", "queue.bytes", 1_024L, 1L << 30),
        Arguments.of("starcast.queue.total-bytes", "queue.totalBytes", 1L << 20, 1L << 40),
        Arguments.of("starcast.message.max-bytes", "limits.messageBytes", 1_024L, 64L << 20),
        Arguments.of("starcast.max-clients", "limits.clients", 1L, 10_000_000L),
        Arguments.of(
            "starcast.max-clients-per-principal", "limits.clientsPerPrincipal", 1L, 10_000_000L),
        Arguments.of(
            "starcast.max-clients-per-address", "limits.clientsPerAddress", 1L, 10_000_000L),
        Arguments.of(
            "starcast.max-connects-per-principal", "limits.connectsPerPrincipal", 0L, 10_000_000L),
        Arguments.of(
            "starcast.max-connects-per-address", "limits.connectsPerAddress", 0L, 10_000_000L),
        Arguments.of("starcast.max-patterns-per-client", "limits.patternsPerClient", 1L, 10_000L),
        Arguments.of("starcast.max-globs-per-client", "limits.globsPerClient", 0L, 10_000L),
        Arguments.of("starcast.max-senders-per-client", "limits.sendersPerClient", 1L, 10_000L),
        Arguments.of(
            "starcast.presence.max-topics-per-client", "presence.topicsPerClient", 1L, 10_000L),
        Arguments.of(
            "starcast.presence.max-messages-per-minute", "presence.messages", 1L, 10_000_000L),
        Arguments.of("starcast.streams.max", "streams.max", 1L, 1_000_000L),
        Arguments.of("starcast.durable-streams.max", "durableStreams.max", 1L, 1_000_000L),
        Arguments.of("starcast.durable-streams.bytes", "durableStreams.bytes", 65_536L, 1L << 40),
        Arguments.of("starcast.topic-cache", "limits.topicCache", 0L, 1L << 20),
        Arguments.of("starcast.drain-threads", "writer.drainThreads", 1L, 64L),
        Arguments.of("starcast.batch-bytes", "writer.batchBytes", 1_024L, 4L << 20),
        Arguments.of("starcast.gzip.level", "writer.gzipLevel", 1L, 9L),
        Arguments.of("starcast.gzip.min-bytes", "writer.gzipMinBytes", 0L, 1L << 20),
        Arguments.of("starcast.gzip.histories", "writer.gzipHistories", 0L, 4_096L),
        Arguments.of("starcast.log.events", "log.events", 16L, 10_000_000L),
        Arguments.of("starcast.log.bytes", "log.bytes", 65_536L, 1L << 40),
        Arguments.of("starcast.log.retain-topics", "log.retainTopics", 1L, 1_000_000L),
        Arguments.of("starcast.log.retain-bytes", "log.retainBytes", 65_536L, 1L << 40),
        Arguments.of("starcast.streams.items", "streams.items", 1L, 10_000_000L),
        Arguments.of("starcast.streams.bytes", "streams.bytes", 1_024L, 1L << 40),
        Arguments.of("starcast.streams.total-bytes", "streams.totalBytes", 65_536L, 1L << 40),
        Arguments.of("starcast.initial.bytes", "log.initialBytes", 65_536L, 1L << 40));
  }

  /** Each key that is a duration, its bounds, and whether zero means never. */
  static Stream<Arguments> durations() {
    return Stream.of(
        Arguments.of("starcast.heartbeat", "writer.heartbeat", "PT0.1S", "PT1H", true),
        Arguments.of("starcast.send-timeout", "writer.sendTimeout", "PT0.1S", "PT1H", false),
        Arguments.of(
            "starcast.max-connection-age", "writer.maxConnectionAge", "PT1S", "P30D", true),
        Arguments.of("starcast.retry", "writer.retry", "PT0.1S", "PT1H", false),
        Arguments.of("starcast.drain-window", "writer.drainWindow", "PT0S", "PT10M", true),
        Arguments.of("starcast.log.age", "log.age", "PT1S", "P30D", true),
        Arguments.of("starcast.initial.max-age", "log.initialAge", "PT0.1S", "PT1M", true),
        Arguments.of("starcast.log.sync", "log.sync", "PT0S", "PT1M", true),
        Arguments.of("starcast.streams.keep", "streams.keep", "PT1S", "P30D", false),
        Arguments.of(
            "starcast.durable-streams.poll-timeout",
            "durableStreams.pollTimeout",
            "PT1S",
            "PT1M",
            false),
        Arguments.of("starcast.presence.grace", "presence.grace", "PT0S", "PT5M", true),
        Arguments.of("starcast.presence.away", "presence.away", "PT1S", "P1D", true));
  }

  /** Each key that is true or false. */
  static Stream<Arguments> switches() {
    return Stream.of(
        Arguments.of("starcast.gzip", "writer.gzip"),
        Arguments.of("starcast.gap.reload", "log.reloadAfterGap"),
        Arguments.of("starcast.tracing.deliver", "tracingDeliver"),
        Arguments.of("starcast.endpoint.enabled", "endpoint.stream"),
        Arguments.of("starcast.endpoint.publish.enabled", "endpoint.publish"),
        Arguments.of("starcast.endpoint.monitor.enabled", "endpoint.monitor"),
        Arguments.of("starcast.endpoint.contract.enabled", "endpoint.contract"),
        Arguments.of("starcast.endpoint.durable-streams.enabled", "endpoint.durableStreams"),
        Arguments.of("starcast.endpoint.registry.enabled", "endpoint.registry"),
        Arguments.of("starcast.presence.enabled", "presence.enabled"),
        Arguments.of("starcast.security.query-token", "security.queryToken"));
  }

  /** A component of a component, such as {@code queue.messages}. */
  private static Object component(Record config, String path) {
    String[] names = path.split("\\.", 2);
    Object value =
        Arrays.stream(config.getClass().getRecordComponents())
            .filter(component -> component.getName().equals(names[0]))
            .map(
                component -> {
                  try {
                    return component.getAccessor().invoke(config);
                  } catch (ReflectiveOperationException e) {
                    throw new AssertionError(e);
                  }
                })
            .findFirst()
            .orElseThrow();
    return names.length == 1 ? value : component((Record) value, names[1]);
  }

  /** The paths of all components that are not records themselves. */
  private static Stream<String> paths(Class<?> type) {
    return Arrays.stream(type.getRecordComponents())
        .flatMap(
            component ->
                component.getType().isRecord() && component.getType() != BackplaneConfig.class
                    ? paths(component.getType()).map(path -> component.getName() + "." + path)
                    : Stream.of(component.getName()));
  }

  private static void assertRefused(String key, String value, String... named) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(key, value))
        .satisfies(
            e -> {
              assertThat(e.getMessage()).startsWith(key + ": must be ");
              assertThat(e.getMessage()).contains(named);
            });
  }

  @ParameterizedTest
  @MethodSource("numbers")
  void numbersAreTakenWithinTheirBoundsAndRefusedBeyond(
      String key, String name, long min, long max) {
    assertThat(((Number) component(read(key, "" + min), name)).longValue()).isEqualTo(min);
    assertThat(((Number) component(read(key, " " + max + " "), name)).longValue()).isEqualTo(max);
    String bounds = min + " to " + max;
    for (long value : new long[] {min - 1, max + 1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      assertRefused(key, "" + value, bounds, "is " + value);
    }
    for (String value : new String[] {"many", "1.5", "", "1e3", "0x10", "1_000"}) {
      assertRefused(key, value, "a whole number", "is '" + value + "'");
    }
  }

  @Test
  void messagesMustBeLongEnoughForTheMonitor() {
    Map<String, String> least =
        Map.of("starcast.endpoint.monitor.enabled", "true", "starcast.message.max-bytes", "8192");
    assertThat(read(least).limits().messageBytes()).isEqualTo(8192);
    Map<String, String> less =
        Map.of("starcast.endpoint.monitor.enabled", "true", "starcast.message.max-bytes", "8191");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(less))
        .withMessageStartingWith("starcast.message.max-bytes: must be 8192 to ")
        .withMessageContaining("starcast.endpoint.monitor.enabled");
  }

  @ParameterizedTest
  @MethodSource("durations")
  void durationsAreTakenWithinTheirBoundsAndRefusedBeyond(
      String key, String name, String min, String max, boolean zero) {
    Duration least = Duration.parse(min);
    Duration most = Duration.parse(max);
    assertThat(component(read(key, min), name)).isEqualTo(least);
    assertThat(component(read(key, max), name)).isEqualTo(most);
    String bounds = min + " to " + max;
    for (Duration value :
        new Duration[] {most.plusNanos(1), Duration.ofDays(10_000), Duration.ofNanos(-1)}) {
      assertRefused(key, value.toString(), bounds, "is " + value);
    }
    if (!least.isZero()) {
      Duration value = least.minusNanos(1);
      assertRefused(key, value.toString(), bounds, "is " + value);
    }
    if (zero) {
      assertThat(component(read(key, "PT0S"), name)).isEqualTo(Duration.ZERO);
    } else {
      assertRefused(key, "PT0S", bounds, "is PT0S");
    }
    for (String value : new String[] {"15", "15s", "", "soon"}) {
      assertRefused(key, value, "an ISO 8601 duration", "is '" + value + "'");
    }
  }

  @ParameterizedTest
  @MethodSource("switches")
  void switchesAreWhatMicroProfileTakesForTrueAndItsOpposites(String key, String name) {
    for (String value : new String[] {"true", " TRUE ", "1", "Yes", "y", "on"}) {
      assertThat(component(read(key, value), name)).as(value).isEqualTo(true);
    }
    for (String value : new String[] {" false ", "FALSE", "0", "No", "n", "off"}) {
      assertThat(component(read(key, value), name)).as(value).isEqualTo(false);
    }
    for (String value : new String[] {"ja", "tru", "2", ""}) {
      assertRefused(key, value, "true", "false", "is '" + value + "'");
    }
  }

  @Test
  void theLogMayBeOff() {
    assertThat(read("starcast.log.events", "0").log().events()).isZero();
  }

  @Test
  void theFileStoreNeedsADirectoryAndALog() {
    Map<String, String> file =
        Map.of("starcast.log.store", "file", "starcast.log.directory", "some/where");
    assertThat(read(file).log().directory()).contains(Path.of("some/where"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read("starcast.log.store", "file"))
        .withMessageStartingWith("starcast.log.directory: must be given");
    Map<String, String> off = new HashMap<>(file);
    off.put("starcast.log.events", "0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(off))
        .withMessageStartingWith("starcast.log.events: must not be 0");
    Map<String, String> behind = new HashMap<>(file);
    behind.put("starcast.backplane.local.delivery-thread", "true");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(behind))
        .withMessageStartingWith("starcast.backplane.local.delivery-thread: must be false when");
    assertRefused("starcast.log.store", "disk", "memory or file", "is 'disk'");
  }

  @Test
  void topicsWithAHistoryOfTheirOwnAreNamedByTheirPatterns() {
    Map<String, String> values =
        Map.of(
            "starcast.log.topics.\"chat.*\".events", "1000",
            "starcast.log.topics.\"chat.*\".age", "P1D",
            "starcast.log.topics.orders.bytes", "65536",
            "%dev.starcast.log.topics.\"dev.*\".events", "7");
    assertThat(read(values).log().topics())
        .containsOnly(
            Map.entry("chat.*", new TopicBounds(1000, 0, 86_400_000)),
            Map.entry("orders", new TopicBounds(0, 65_536, 0)));
    assertThat(unknown(values)).isEmpty();
    String events = "starcast.log.topics.\"chat.*\".events";
    assertRefused(events, "0", "must be 1 to 10000000, is 0");
    assertRefused(events, "many", "must be a whole number, is 'many'");
    assertRefused("starcast.log.topics.\"chat.*\".age", "1 day", "must be an ISO 8601 duration");
    assertRefused("starcast.log.topics.\"chat.*\".bytes", "12", "must be 1024 to ");
    assertRefused("starcast.log.topics.\"chat.*\".count", "5", ".events, .bytes or .age");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read("starcast.log.topics.\"chat..*\".events", "5"))
        .withMessageStartingWith("starcast.log.topics.\"chat..*\".events: pattern: ");
    assertRefused("%dev.starcast.log.topics.\"chat.*\".event", "5", ".events, .bytes or .age");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(Map.of(events, "5", "starcast.log.events", "0")))
        .withMessageStartingWith("starcast.log.events: must not be 0");
  }

  @Test
  void topicsToRetainAreNamedByTheirPatterns() {
    Map<String, String> values =
        Map.of(
            "starcast.log.retain.\"price.*\"", "latest",
            "starcast.log.retain.state", "latest",
            "starcast.log.retain-topics", "5");
    assertThat(read(values).log().retained()).containsExactlyInAnyOrder("price.*", "state");
    assertRefused("starcast.log.retain.state", "all", "latest", "is 'all'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read("starcast.log.retain.\"a..b\"", "latest"))
        .withMessageStartingWith("starcast.log.retain.\"a..b\": pattern: ");
  }

  @Test
  void theOverflowPolicyIsOneOfFour() {
    String key = "starcast.queue.overflow";
    assertThat(read(key, "drop-oldest").queue().overflow()).isEqualTo(Overflow.DROP_OLDEST);
    assertThat(read(key, " Coalesce").queue().overflow()).isEqualTo(Overflow.COALESCE);
    assertThat(read(key, "DISCONNECT").queue().overflow()).isEqualTo(Overflow.DISCONNECT);
    assertThat(read(key, "catch-up").queue().overflow()).isEqualTo(Overflow.CATCH_UP);
    assertRefused(
        key, "drop-newest", "CATCH_UP, DISCONNECT, DROP_OLDEST or COALESCE", "is 'drop-newest'");
  }

  @Test
  void thePolicyIsReadTheSameInAnyLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("tr"));
      assertThat(read("starcast.queue.overflow", "disconnect").queue().overflow())
          .isEqualTo(Overflow.DISCONNECT);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void theWriterIsOneOfTwo() {
    assertThat(read("starcast.writer", "portable").writer().type()).isEqualTo("portable");
    assertRefused("starcast.writer", "servlet", "auto or portable", "is 'servlet'");
  }

  @Test
  void theRoleOfTheRegistryIsAnyTextButNotNone() {
    String key = "starcast.endpoint.registry.role";
    assertThat(read(key, " operators ").endpoint().registryRole()).isEqualTo("operators");
    assertThat(read(key, "*").endpoint().registryRole()).isEqualTo("*");
    for (String value : new String[] {"", " ", "x".repeat(257), "a\nb"}) {
      assertRefused(key, value, "1 to 256 characters");
    }
  }

  @Test
  void everyComponentIsCoveredHere() {
    Set<String> covered =
        new HashSet<>(
            Set.of(
                "queue.overflow",
                "writer.type",
                "endpoint.registryRole",
                "security.rules",
                "security.origins",
                "log.topics",
                "log.retained",
                "log.store",
                "log.directory",
                "backplane"));
    Stream.of(numbers(), durations(), switches())
        .flatMap(arguments -> arguments)
        .forEach(arguments -> covered.add((String) arguments.get()[1]));
    assertThat(paths(StarcastConfig.class)).containsExactlyInAnyOrderElementsOf(covered);
  }

  @Test
  void theDefaultsAreThoseOfTheDocumentation() {
    StarcastConfig config = StarcastConfig.defaults();
    long quarter = Runtime.getRuntime().maxMemory() / 4;
    int half = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    assertThat(config)
        .isEqualTo(
            new StarcastConfig(
                new StarcastConfig.Queue(
                    1_024, 1 << 20, Overflow.CATCH_UP, Math.max(1 << 20, quarter)),
                new StarcastConfig.Log(
                    10_000,
                    Math.min(64 << 20, quarter / 2),
                    Duration.ofMinutes(10),
                    Map.of(),
                    List.of(),
                    10_000,
                    Math.min(64 << 20, quarter / 2),
                    "memory",
                    Optional.empty(),
                    Duration.ofMillis(500),
                    false,
                    Duration.ofSeconds(1),
                    16 << 20),
                new StarcastConfig.Limits(
                    512 << 10, 10_000, 100, 1_000, 600, 0, 100, 32, 100, 10_000),
                new StarcastConfig.Writer(
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(30),
                    Duration.ZERO,
                    Duration.ofSeconds(2),
                    Math.min(8, half),
                    64 << 10,
                    Duration.ofSeconds(1),
                    true,
                    6,
                    256,
                    32,
                    "auto"),
                new StarcastConfig.Endpoint(
                    false, false, false, false, false, false, "starcast-admin"),
                new StarcastConfig.Security(List.of(), false, List.of()),
                new StarcastConfig.Presence(false, Duration.ofSeconds(5), Duration.ZERO, 16, 1_000),
                new StarcastConfig.Streams(
                    1_000,
                    Duration.ofMinutes(10),
                    10_000,
                    4 << 20,
                    Math.min(64 << 20, quarter / 2)),
                new StarcastConfig.DurableStreams(
                    1_000, Math.min(64 << 20, quarter / 2), Duration.ofSeconds(20)),
                new BackplaneConfig(
                    "local",
                    "buffer",
                    10_000,
                    16 << 20,
                    Duration.ofMinutes(1),
                    Duration.ofSeconds(10),
                    false,
                    1_000_000,
                    16 << 20,
                    false,
                    new BackplaneConfig.Nats(
                        List.of(URI.create("nats://127.0.0.1:4222")),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        "STARCAST",
                        "starcast",
                        OptionalLong.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        OptionalLong.empty()),
                    new BackplaneConfig.Postgresql(
                        "java:comp/DefaultDataSource",
                        "starcast",
                        false,
                        Duration.ofMillis(200),
                        Duration.ofHours(1),
                        1_000_000,
                        1 << 30,
                        Duration.ofMinutes(5))),
                false));
  }

  @Test
  void theBackplaneIsRead(@TempDir Path directory) throws IOException {
    Path seed = Files.writeString(directory.resolve("seed.nk"), "SUA");
    Map<String, String> values = new HashMap<>();
    values.put("starcast.backplane", "nats");
    values.put("starcast.backplane.when-away", "fail");
    values.put("starcast.backplane.nats.servers", "tls://a.example:4222, nats://u:p@b.example");
    values.put("starcast.backplane.nats.nkey", seed.toString());
    values.put("starcast.backplane.nats.password", "secret");
    values.put("starcast.backplane.nats.subject-prefix", "shop.events");
    values.put("starcast.backplane.nats.replicas", "3");
    values.put("starcast.backplane.nats.storage", "memory");
    values.put("starcast.backplane.nats.max-age", "PT24H");
    values.put("starcast.backplane.nats.max-bytes", "2097152");
    BackplaneConfig backplane = read(values).backplane();
    assertThat(backplane.failsWhenAway()).isTrue();
    assertThat(backplane.nats().servers())
        .containsExactly(URI.create("tls://a.example:4222"), URI.create("nats://u:p@b.example"));
    assertThat(backplane.nats().nkey()).contains(seed);
    assertThat(backplane.nats().subjectPrefix()).isEqualTo("shop.events");
    assertThat(backplane.nats().replicas()).hasValue(3);
    assertThat(backplane.nats().storage()).contains("memory");
    assertThat(backplane.nats().maxAge()).contains(Duration.ofDays(1));
    assertThat(backplane.nats().maxBytes()).hasValue(2 << 20);
    assertThat(read(values).toString()).doesNotContain("secret").doesNotContain("u:p");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          starcast.backplane                     | kafka           | local, nats or postgresql
          starcast.backplane.when-away           | wait            | buffer or fail
          starcast.backplane.nats.servers        | http://a:1      | number 1
          starcast.backplane.postgresql.schema   | Shop            | a-z 0-9 _
          starcast.backplane.nats.servers        | nats://a, b c   | number 2
          starcast.backplane.nats.credentials    | no/such/file    | a file that can be read
          starcast.backplane.nats.stream         | a.b             | 1 to 64 characters
          starcast.backplane.nats.subject-prefix | a..b            | 1 to 64 characters
          starcast.backplane.nats.subject-prefix | a.>             | 1 to 64 characters
          starcast.backplane.nats.replicas       | 6               | 1 to 5
          starcast.backplane.nats.storage        | disk            | file or memory
          starcast.backplane.nats.max-age        | PT1S            | PT1M to P365D
          """)
  void aBackplaneThatCannotBeIsRefused(String key, String value, String problem) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(key, value))
        .withMessageStartingWith(key + ": ")
        .withMessageContaining(problem);
  }

  @Test
  void theStreamOfNatsIsTheOnlyStore(@TempDir Path directory) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(Map.of("starcast.backplane", "nats", "starcast.log.events", "0")))
        .withMessageStartingWith("starcast.log.events: must not be 0 when");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                read(
                    Map.of(
                        "starcast.backplane", "nats",
                        "starcast.log.store", "file",
                        "starcast.log.directory", directory.toString())))
        .withMessageStartingWith("starcast.log.store: must be memory when");
  }

  @Test
  void rulesAreReadAndABrokenOneNamesItsKey() {
    assertThat(
            read(Map.of("starcast.security.rules.\"orders.*\".subscribe", "clerk"))
                .security()
                .rules())
        .containsExactly(new Rule("orders.*", Action.SUBSCRIBE, Set.of("clerk")));
    for (String key :
        List.of(
            "starcast.security.rules.\"a..b\".subscribe",
            "starcast.security.rules.\"a\".read",
            "starcast.security.rules.subscribe",
            "starcast.security.rules.\"{x}\".publish")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> read(key, "clerk"))
          .withMessageStartingWith(key + ": ");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                StarcastConfig.read(
                    key -> Optional.empty(), List.of("starcast.security.rules.a.publish")))
        .withMessageStartingWith("starcast.security.rules.a.publish: must be roles");
  }

  /** A source as Payara's: profiles are in the names, and looked at when a value is asked for. */
  private static StarcastConfig readIn(String profile, Map<String, String> values) {
    return StarcastConfig.read(value(profile, values), values.keySet());
  }

  private static List<String> unknown(Map<String, String> values) {
    return StarcastConfig.unknown(value("prod", values), values.keySet());
  }

  private static Function<String, Optional<String>> value(
      String profile, Map<String, String> values) {
    return key ->
        Stream.of("%" + profile + "." + key, key, ConfigNames.environmentForm(key))
            .map(values::get)
            .filter(Objects::nonNull)
            .filter(value -> !value.isEmpty())
            .findFirst();
  }

  @Test
  void aRuleOfTheActiveProfileIsInForceAndOneOfAnotherIsNot() {
    Map<String, String> values =
        Map.of(
            "%prod.starcast.security.rules.\"orders.*\".subscribe", "clerk",
            "%dev.starcast.security.rules.\"*\".subscribe", "*",
            "%prod.starcast.log.retain.\"price.*\"", "latest",
            "%dev.starcast.log.retain.\"stock.*\"", "latest");
    assertThat(readIn("prod", values).security().rules())
        .containsExactly(new Rule("orders.*", Action.SUBSCRIBE, Set.of("clerk")));
    assertThat(readIn("prod", values).log().retained()).containsExactly("price.*");
    assertThat(readIn("dev", values).security().rules())
        .containsExactly(new Rule("*", Action.SUBSCRIBE, Set.of("*")));
    assertThat(unknown(values)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "starcast.security.rule.1",
        "starcast.security.rules",
        "starcast.securty.rules.\"a\".subscribe",
        "starcast.security",
        "starcast.security.query_token",
        "starcast.rules.\"a\".subscribe",
        "starcast.topics.\"a.*\".publish",
        "starcast.authorizer",
        "Starcast.Security.Rules.\"a\".subscribe",
        "starcats.security.rules.\"a\".subscribe",
        "%dev.starcast.security.rules.\"a\".read",
        "%dev.starcast.security.rules.\"a..b\".subscribe",
        "%dev.starcast.securty.rules.\"a\".subscribe",
        "STARCAST_SECURITY_RULES__A__SUBSCRIBE",
        "_PROD_STARCAST_SECURITY_RULES__A__SUBSCRIBE",
        "starcast_security_rules_a_subscribe",
        "Starcast_Security_Query_Token",
      })
  void whatLooksLikeARuleAndIsNoneIsRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> readIn("prod", Map.of(name, "clerk")))
        .withMessageStartingWith(name + ": ");
  }

  @Test
  void aRuleOfAnotherProfileMustHaveRoles() {
    String name = "%dev.starcast.security.rules.\"a\".subscribe";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> readIn("prod", Map.of(name, "")))
        .withMessageStartingWith(name + ": must be roles");
  }

  @Test
  void anEnvironmentVariableStandsForTheKeyThatItIsMadeOf() {
    Map<String, String> values =
        Map.of(
            "STARCAST_LOG_RETAIN_TOPICS", "500",
            "STARCAST_SECURITY_QUERY_TOKEN", "TRUE",
            "_PROD_STARCAST_LOG_RETAIN_BYTES", "70000",
            "starcast.security.rules.\"orders.*\".subscribe", "clerk",
            "STARCAST_SECURITY_RULES__ORDERS____SUBSCRIBE", "manager");
    StarcastConfig config =
        StarcastConfig.read(
            key ->
                key.startsWith("starcast.security.rules")
                    ? Optional.of("manager")
                    : value("prod", values).apply(key),
            values.keySet());
    assertThat(config.log().retainTopics()).isEqualTo(500);
    assertThat(config.log().retained()).isEmpty();
    assertThat(config.security().queryToken()).isTrue();
    assertThat(config.security().rules())
        .containsExactly(new Rule("orders.*", Action.SUBSCRIBE, Set.of("manager")));
    assertThat(unknown(values)).isEmpty();
  }

  @Test
  void aPatternThatAnEnvironmentVariableOfAnotherKeyStandsForNeedsQuotes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read("starcast.log.retain.topics", "latest"))
        .withMessageStartingWith("starcast.log.retain.topics: ")
        .withMessageContaining("quotes");
    assertThat(read("starcast.log.retain.\"topics\"", "latest").log().retained())
        .containsExactly("topics");
  }

  @Test
  void otherNamesThatAreNotKnownAreReportedWithTheNearest() {
    assertThat(
            unknown(
                Map.of(
                    "starcast.heartbeet", "PT1S",
                    "STARCAST_QUEUE_MESSAGE", "5",
                    "%dev.starcast.max-client", "5",
                    "starcast.frobnicate", "x",
                    "other.heartbeat", "x",
                    "PATH", "/bin",
                    "_", "/usr/bin/java",
                    ".", "x")))
        .containsExactlyInAnyOrder(
            "starcast.heartbeet is not a key; the nearest is starcast.heartbeat",
            "STARCAST_QUEUE_MESSAGE is not a key; the nearest is starcast.queue.messages",
            "%dev.starcast.max-client is not a key; the nearest is starcast.max-clients",
            "starcast.frobnicate is not a key");
  }

  @Test
  void originsAreThoseThatBrowsersSend() {
    assertThat(
            read("starcast.cors.origins", "https://shop.example, http://127.0.0.1:8080")
                .security()
                .origins())
        .containsExactly("https://shop.example", "http://127.0.0.1:8080");
    assertThat(read("starcast.cors.origins", " ").security().origins()).isEmpty();
    for (String broken :
        List.of(
            "*",
            "null",
            "shop.example",
            "https://shop.example/",
            "https://*.example",
            "https://Shop.example",
            "https://shop.example:443",
            "http://shop.example:80",
            "https://a@shop.example",
            "ftp://shop.example",
            "https://shop.example,",
            "https://shop.example https://b.example")) {
      assertThatIllegalArgumentException()
          .as(broken)
          .isThrownBy(() -> read("starcast.cors.origins", broken))
          .withMessageStartingWith("starcast.cors.origins: must be origins");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"many\nlines\u0000", "\u001b[31mred"})
  void whatIsShownOfAValueCannotForgeALogLine(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read("starcast.queue.messages", value))
        .satisfies(e -> assertThat(e.getMessage()).matches("[\\x20-\\x7e]*"));
  }

  @Test
  void aLongValueIsShownInPart() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read("starcast.writer", "x".repeat(10_000)))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
  }
}
