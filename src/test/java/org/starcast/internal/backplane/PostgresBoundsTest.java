package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.starcast.internal.backplane.BackplaneContract.get;
import static org.starcast.internal.backplane.BackplaneContract.numbers;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.LogRecord;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.internal.backplane.BackplaneContract.Node;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/** What the tables, or a node that reads them, could not take. */
class PostgresBoundsTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final String[] NONE = {};

  @AutoClose private static PostgresServer server;
  private static int tests;

  @AutoClose private final PostgresNodes nodes = new PostgresNodes();
  private TransactionSource source;

  @BeforeAll
  static void startServer() {
    server = PostgresServer.running();
  }

  @BeforeEach
  void anotherSchema() {
    tests++;
    source = new TransactionSource(server.url());
  }

  private static String schema() {
    return "bounds_" + tests;
  }

  private Node node(String... settings) {
    Map<String, String> keys =
        Map.of(
            "starcast.backplane",
            "postgresql",
            "starcast.backplane.postgresql.create",
            "true",
            "starcast.backplane.postgresql.schema",
            schema());
    return nodes.node(Settings.config(keys, settings), source);
  }

  /** Publishes in a transaction of its own, which is rolled back if that fails. */
  private void commit(Node node, OutgoingEvent... events) throws SQLException {
    Backplane.Transactional backplane = (Backplane.Transactional) node.backplane();
    try (Connection connection = source.begin()) {
      try {
        backplane.appendInTransaction(List.of(events));
        connection.commit();
      } catch (RuntimeException e) {
        connection.rollback();
        throw e;
      } finally {
        source.end();
      }
    }
    backplane.committed();
  }

  private static byte[] body(String data) {
    return ("data: " + data + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static OutgoingEvent event(
      List<String> topics, String sender, List<String> except, String coalesce, String key) {
    return OutgoingEvent.of(topics, sender, except, coalesce, key, body("x"));
  }

  private static Arguments refused(String name, String problem, OutgoingEvent event) {
    return Arguments.of(Named.of(problem, event), name + ": ");
  }

  static Stream<Arguments> outOfBounds() {
    List<String> a = List.of("a");
    String nul = "a\0b";
    String lone = "a\ud800";
    String tooLong = "x".repeat(257);
    return Stream.of(
        refused("topic", "NUL", event(List.of(nul), null, List.of(), null, null)),
        refused("topic", "a lone surrogate", event(List.of(lone), null, List.of(), null, null)),
        refused("topic", "257 characters", event(List.of(tooLong), null, List.of(), null, null)),
        refused("topic", "a line break", event(List.of("a\nb"), null, List.of(), null, null)),
        refused("topic", "17 topics", event(segments(17), null, List.of(), null, null)),
        refused("sender", "NUL", event(a, nul, List.of(), null, null)),
        refused("sender", "a lone surrogate", event(a, lone, List.of(), null, null)),
        refused("sender", "257 characters", event(a, tooLong, List.of(), null, null)),
        refused("except", "NUL", event(a, null, List.of(nul), null, null)),
        refused("except", "a line break", event(a, null, List.of("a\nb"), null, null)),
        refused("except", "257 clients", event(a, null, segments(257), null, null)),
        refused("coalesce", "a lone surrogate", event(a, null, List.of(), lone, null)),
        refused("coalesce", "257 characters", event(a, null, List.of(), tooLong, null)),
        refused("key", "nothing", event(a, null, List.of(), null, "")),
        refused("key", "a space", event(a, null, List.of(), null, "a b")),
        refused("key", "a dot at its end", event(a, null, List.of(), null, "a.")),
        refused("key", "more than an index takes", event(a, null, List.of(), null, key(3_000))),
        refused(
            "event",
            "a name of the library's",
            OutgoingEvent.of(
                a,
                null,
                List.of(),
                null,
                null,
                "event: starcast-client\ndata: x\n".getBytes(StandardCharsets.UTF_8))));
  }

  private static List<String> segments(int count) {
    return IntStream.range(0, count).mapToObj(i -> "s" + i).toList();
  }

  /** One that is hardly shorter when it is compressed. */
  private static String key(int length) {
    return new Random(1)
        .ints(length, '0', 'z')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  @ParameterizedTest
  @MethodSource("outOfBounds")
  void whatIsOutOfBoundsIsRefusedBeforeItIsStored(OutgoingEvent event, String start)
      throws SQLException {
    Node node = node();

    assertThatThrownBy(() -> get(node.backplane().append(event)))
        .cause()
        .cause()
        .isInstanceOf(BackplaneException.class)
        .hasMessageStartingWith(start)
        .hasCauseInstanceOf(IllegalArgumentException.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> commit(node, BackplaneContract.envelope("first", "a"), event))
        .withMessageStartingWith(start);

    commit(node, BackplaneContract.envelope("0", "a"));
    node.receiver().awaitEvents(1);
    get(node.publish("a", "1"));
    node.receiver().awaitEvents(2);
    assertThat(node.receiver().data()).isEqualTo(numbers(0, 2));
    assertThat(node.backplane().status().repeated()).isZero();
  }

  @Test
  void whatIsAtTheBoundsIsStoredEitherWay() throws SQLException {
    Node node = node();
    List<String> topics =
        IntStream.range(0, 16).mapToObj(i -> "\u20ac".repeat(255) + (char) ('a' + i)).toList();
    List<String> except =
        IntStream.range(0, 256).mapToObj(i -> "\u20ac".repeat(253) + (100 + i)).toList();
    String text = "\u20ac".repeat(256);

    get(node.backplane().append(event(topics, text, except, text, key(255) + "A")));
    commit(node, event(topics, text, except, text, key(255) + "B"));

    Node other = node();
    for (Node each : List.of(node, other)) {
      each.receiver().awaitEvents(2);
      for (OutgoingEvent stored : each.receiver().envelopes()) {
        assertThat(stored.topics()).isEqualTo(topics);
        assertThat(stored.sender()).isEqualTo(text);
        assertThat(stored.except()).containsExactlyElementsOf(except);
        assertThat(stored.coalesceKey()).isEqualTo(text);
      }
      assertThat(each.receiver().envelopes())
          .extracting(OutgoingEvent::key)
          .containsExactly(key(255) + "A", key(255) + "B");
    }
  }

  private static String insert(String topics, String excepted, String key, String body) {
    return "INSERT INTO %s.outbox (topics, excepted, key, body) VALUES (%s, %s, %s, %s)"
        .formatted(schema(), topics, excepted, key, body);
  }

  private static final String BODY = "'data: x\n'";

  @Test
  void whatTheTableOfEventsOrANodeCouldNotTakeTheOutboxDoesNot() {
    node();
    for (String statement :
        List.of(
            insert("'{a}'", "'{}'", "'" + key(3_000) + "'", BODY),
            insert("'{a,NULL}'", "'{}'", "NULL", BODY),
            insert("'{{a},{b}}'", "'{}'", "NULL", BODY),
            insert("'{a}'", "'{NULL}'", "NULL", BODY),
            insert("'{a}'", "'{}'", "NULL", "convert_to(repeat('x', 67108865), 'UTF8')"))) {
      assertThatThrownBy(() -> server.execute(statement))
          .as(statement.substring(0, 80))
          .cause()
          .isInstanceOf(SQLException.class)
          .extracting(e -> ((SQLException) e).getSQLState())
          .isIn("23514", "0A000"); // a check; or that it does not look into arrays of arrays
    }
    assertThat(server.number("SELECT count(*) FROM %s.outbox".formatted(schema()))).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"latest", "none"})
  void whatSomebodyElseHasStoredAndIsMalformedAllNodesLeaveOutAndSaySo(String retained) {
    String[] settings =
        retained.equals("none")
            ? NONE
            : new String[] {"starcast.log.retain.\"*\"", retained, "starcast.log.events", "16"};
    Node node = node(settings);
    Node other = node(settings);
    long first = get(node.publish("a", "0"));
    try (LogCapture log = new LogCapture(PostgresBackplane.class)) {
      List<String> bad =
          List.of(
              insert("'{}'", "'{}'", "NULL", "'no field\n'"),
              insert("'{a}'", "'{}'", "NULL", "'data: no line'"),
              insert("'{a}'", "'{}'", "NULL", "'data: \\377\n'"),
              insert("'{a}'", "'{}'", "NULL", "'event: starcast-client\ndata: x\n'"),
              insert(
                  "'{a}'",
                  "'{}'",
                  "NULL",
                  "convert_to('data: ' || repeat('x', 524288) || E'\\n', 'UTF8')"),
              insert("'{a.*}'", "'{}'", "NULL", BODY),
              insert("'{\"\"}'", "'{}'", "NULL", BODY),
              insert("'{a}'", "'{\"\"}'", "NULL", BODY),
              insert("'{a}'", "'{}'", "'a key'", BODY),
              insert("array_fill('a'::text, ARRAY[17])", "'{}'", "NULL", BODY));
      bad.forEach(server::execute);
      server.execute(insert("'{a}'", "'{}'", "NULL", "'data: 1\n'"));

      for (Node each : List.of(node, other)) {
        each.receiver().awaitEvents(2);
        assertThat(each.receiver().data()).isEqualTo(numbers(0, 2));
        assertThat(each.receiver().calls("missed")).isEmpty();
        assertThat(each.backplane().status().skipped()).isEqualTo(bad.size());
        assertThat(each.backplane().status().outages()).isZero();
      }
      assertThat(messages(log, "STARCAST-3002")).hasSize(2); // once a minute, on each node
      long last = get(node.publish("a", "2"));
      // the first slice has but malformed ones
      assertThat(get(node.backplane().read(first + 1, last)))
          .extracting(StoredEvent::sequence)
          .containsExactly(last - 1, last);
    }
    node.publishAll("b", 0, 20);
    node(settings); // starts, with states from before
  }

  private static List<String> messages(LogCapture log, String code) {
    return log.records().stream()
        .map(LogRecord::getMessage)
        .filter(message -> message.startsWith(code))
        .toList();
  }

  /** Which nobody can insert unless the table is another than ours. */
  @Test
  void aRowThatCannotBeMovedIsSaidAndTakenWhenItCanHoweverMuchElseComes() throws Exception {
    Node node = node();
    server.execute("ALTER TABLE %s.outbox DROP CONSTRAINT outbox_key_check".formatted(schema()));
    AtomicBoolean over = new AtomicBoolean();
    try (LogCapture log = new LogCapture(PostgresBackplane.class);
        Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      CompletableFuture<Void> steady =
          CompletableFuture.runAsync(
              () -> {
                // so many wait at any time that there is always one
                Queue<CompletionStage<Long>> waiting = new ArrayDeque<>();
                while (!over.get()) {
                  waiting.add(node.publish("b", "steady"));
                  if (waiting.size() == 64) {
                    BackplaneContract.get(waiting.remove());
                  }
                }
                waiting.forEach(BackplaneContract::get);
              });
      try {
        statement.execute(insert("'{a}'", "'{}'", "'" + key(6_000) + "'", "'data: late\n'"));
        commit(node, BackplaneContract.envelope("later", "a"));
        await().atMost(LONG).until(() -> messages(log, "STARCAST-3021").size() == 1);

        statement.execute(
            "UPDATE %s.outbox SET key = NULL WHERE key IS NOT NULL".formatted(schema()));

        await()
            .atMost(LONG)
            .until(() -> node.receiver().data().containsAll(List.of("late", "later")));
        await().atMost(LONG).until(() -> node.backplane().status().available());
        assertThat(steady).isNotDone();
      } finally {
        over.set(true);
      }
      steady.get(1, TimeUnit.MINUTES);
      assertThat(node.backplane().status().failed()).isZero();
    }
  }

  @Test
  void aRowThatCannotBeMovedIsSaidAndHoldsBackNoEventsButThoseOfTransactions() throws Exception {
    Node node = node("starcast.backplane.when-away", "fail");
    server.execute("ALTER TABLE %s.outbox DROP CONSTRAINT outbox_key_check".formatted(schema()));
    try (LogCapture log = new LogCapture(PostgresBackplane.class);
        Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(insert("'{a}'", "'{}'", "'" + key(6_000) + "'", "'data: late\n'"));
      commit(node, BackplaneContract.envelope("later", "a"));

      await().atMost(LONG).until(() -> !node.backplane().status().available());
      node.publishAll("a", 0, 200);
      node.receiver().awaitEvents(200);
      assertThat(node.receiver().data()).isEqualTo(numbers(0, 200));
      assertThat(messages(log, "STARCAST-3021")).singleElement().asString().contains("index");
      assertThat(node.backplane().status().available()).isFalse();

      statement.execute(
          "UPDATE %s.outbox SET key = NULL WHERE key IS NOT NULL".formatted(schema()));

      node.receiver().awaitEvents(202);
      // of two transactions, whose order nobody promises
      assertThat(node.receiver().data().subList(200, 202))
          .containsExactlyInAnyOrder("late", "later");
      await().atMost(LONG).until(() -> node.backplane().status().available());
      assertThat(messages(log, "STARCAST-3020")).hasSize(1);
      assertThat(messages(log, "STARCAST-3016")).isEmpty();
      assertThat(node.backplane().status().failed()).isZero();
    }
  }
}
