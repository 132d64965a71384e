package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.starcast.internal.backplane.BackplaneContract.envelope;
import static org.starcast.internal.backplane.BackplaneContract.get;
import static org.starcast.internal.backplane.BackplaneContract.numbers;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starcast.internal.backplane.BackplaneContract.Node;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.spi.StoredEvent;

/**
 * A database whose clock is set, while nodes follow it. Theirs decides nothing, which {@code
 * ArchitectureTest} holds.
 */
class PostgresClockTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration HOUR = Duration.ofHours(1);

  @AutoClose private static PostgresServer server;
  private static int tests;

  @AutoClose private final PostgresNodes nodes = new PostgresNodes();

  @BeforeAll
  static void startServer() {
    server = PostgresServer.withClock();
  }

  @BeforeEach
  void anotherSchema() {
    tests++;
    server.clock(Duration.ZERO);
  }

  private static StarcastConfig config() {
    return Settings.config(
        Map.of(
            "starcast.backplane",
            "postgresql",
            "starcast.backplane.postgresql.create",
            "true",
            "starcast.backplane.postgresql.schema",
            "clock_" + tests,
            "starcast.backplane.postgresql.max-age",
            "PT30M"));
  }

  private Node node() {
    return nodes.node(config(), server.dataSource());
  }

  private static PostgresCleaner cleaner() {
    PostgresDatabase database =
        new PostgresDatabase(server.dataSource(), config().backplane().postgresql());
    return new PostgresCleaner(
        database, config().backplane().postgresql(), new RecordingReceiver());
  }

  /** Until so many are left: nodes clean as well, and one at a time deletes. */
  private static void cleanTo(int rows) {
    await()
        .atMost(LONG)
        .untilAsserted(
            () -> {
              cleaner().clean(() -> true);
              assertThat(rows()).isEqualTo(rows);
            });
  }

  private static long rows() {
    return server.number("SELECT count(*) FROM clock_%d.event".formatted(tests));
  }

  private static void assertAllCame(int count, Node... nodes) {
    for (Node node : nodes) {
      node.receiver().awaitEvents(count);
      assertThat(node.receiver().data()).isEqualTo(numbers(0, count));
      assertThat(node.receiver().epochs()).hasSize(1);
      assertThat(node.receiver().calls("missed")).isEmpty();
      assertThat(node.backplane().status().outages()).isZero();
    }
  }

  @Test
  void anHourForwardDeletesWhatIsTooOldByThenAndNodesThatFollowMissNothing() throws SQLException {
    Node one = node();
    Node two = node();
    List<Long> before = one.publishAll("a", 0, 10);
    assertAllCame(10, one, two);

    server.clock(HOUR);
    List<Long> after = one.publishAll("a", 10, 20);
    cleanTo(10);
    assertAllCame(20, one, two);
    await().atMost(LONG).until(() -> one.backplane().oldest() == after.get(0));
    assertThat(get(one.backplane().read(before.get(0), after.get(9))))
        .extracting(StoredEvent::sequence)
        .isEqualTo(after);

    server.clock(Duration.ZERO);
    one.publishAll("a", 20, 30);
    cleaner().clean(() -> true);

    assertThat(rows()).isEqualTo(20);
    assertAllCame(30, one, two);
  }

  @Test
  void anHourBackKeepsWhatThereIsForSoMuchLongerAndNothingElse() throws SQLException {
    Node one = node();
    Node two = node();
    one.publishAll("a", 0, 10);

    server.clock(HOUR.negated());
    one.publishAll("a", 10, 20);
    cleaner().clean(() -> true);
    server.clock(HOUR.negated().plus(Duration.ofMinutes(29)));
    cleaner().clean(() -> true);

    assertThat(rows()).isEqualTo(20);
    assertAllCame(20, one, two);

    // what came before has a later time, and goes all the same: the order decides
    server.clock(HOUR.negated().plus(Duration.ofMinutes(31)));
    List<Long> last = two.publishAll("a", 20, 30);
    cleanTo(10);
    assertAllCame(30, one, two);
    await().atMost(LONG).until(() -> one.backplane().oldest() == last.get(0));
  }

  @Test
  void aCallThatIsRepeatedAfterAnHourForwardOrBackAppendsNothingTwice() throws SQLException {
    Node node = node();
    PostgresDatabase database =
        new PostgresDatabase(server.dataSource(), config().backplane().postgresql());
    List<PostgresDatabase.Entry> call =
        List.of(new PostgresDatabase.Entry(1, null, envelope("0", "a")));
    UUID appender = UUID.randomUUID();
    Connection connection = database.connect();
    try {
      var first = database.append(connection, Long.MAX_VALUE, appender, call).sequences();
      for (Duration ahead : List.of(HOUR, HOUR.negated(), Duration.ZERO)) {
        server.clock(ahead);
        cleaner().clean(() -> false);
        node.publishAll("b", 0, 1); // so that there is something later
        database.append(connection, Long.MAX_VALUE, appender, call);
      }

      assertThat(first).hasSize(1);
      assertThat(
              server.number(
                  "SELECT count(*) FROM clock_%d.event WHERE topics = '{a}'".formatted(tests)))
          .isLessThanOrEqualTo(1);
    } finally {
      database.close(connection, false);
    }
  }

  @Test
  void noTransactionIsYoungerThanNothingWhenTheClockIsSetBack() throws SQLException {
    node();
    PostgresCleaner cleaner = cleaner();
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("DECLARE c CURSOR FOR SELECT 1");

      server.clock(HOUR.negated());
      cleaner.clean(() -> true);
      assertThat(cleaner.oldestTransaction()).isZero();

      server.clock(HOUR);
      cleaner.clean(() -> true);
      assertThat(cleaner.oldestTransaction()).isGreaterThanOrEqualTo(HOUR);
    }
  }
}
