package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.starcast.internal.backplane.BackplaneContract.get;
import static org.starcast.internal.backplane.BackplaneContract.numbers;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.starcast.internal.backplane.BackplaneContract.Node;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.spi.StoredEvent;

/** What the database keeps, and for how long; of tables that psql has made. */
class PostgresRetentionTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final String POSTGRESQL = "starcast.backplane.postgresql.";

  @AutoClose private static PostgresServer server;

  @AutoClose private final PostgresNodes nodes = new PostgresNodes();
  private RecordingReceiver receiver;

  @BeforeAll
  static void startServer() {
    server = PostgresServer.running();
  }

  @BeforeEach
  void tables() {
    server.execute("DROP SCHEMA IF EXISTS starcast CASCADE");
    server.psql(Path.of("src/main/resources/org/starcast/postgresql/starcast-1.sql"));
    receiver = new RecordingReceiver();
  }

  private static StarcastConfig config(String... settings) {
    return Settings.config(Map.of("starcast.backplane", "postgresql"), settings);
  }

  private Node node(String... settings) {
    return node(server.dataSource(), settings);
  }

  private Node node(DataSource source, String... settings) {
    return nodes.node(config(settings), source);
  }

  /** Rows, by their sequences, of so many bytes each. */
  private static void store(int from, int to, String age, int bytes) {
    server.execute(
        """
        INSERT INTO starcast.event (sequence, time, total, topics, excepted, body)
        SELECT n, clock_timestamp() - interval '%s', n * %d, '{a}', '{}',
          convert_to('data: ' || repeat('x', %d) || E'\\n', 'UTF8')
        FROM generate_series(%d, %d) n
        """
            .formatted(age, bytes, bytes - 7, from, to - 1));
  }

  private void clean(String... settings) throws SQLException {
    PostgresDatabase database =
        new PostgresDatabase(server.dataSource(), config(settings).backplane().postgresql());
    new PostgresCleaner(database, config(settings).backplane().postgresql(), receiver)
        .clean(() -> true);
  }

  /** Until so many are left: where nodes clean as well, one at a time deletes. */
  private void cleanTo(int rows) {
    await()
        .atMost(LONG)
        .untilAsserted(
            () -> {
              clean();
              assertThat(rows()).isEqualTo(rows);
            });
  }

  private static long rows() {
    return server.number("SELECT count(*) FROM starcast.event");
  }

  private static long floor() {
    return server.number("SELECT floor FROM starcast.ordering");
  }

  @Test
  void byAgeInBatchesAndSequencesGoOnThoughNothingIsLeft() throws SQLException {
    store(1, 25_001, "2 hours", 10);

    clean();

    assertThat(rows()).isZero();
    assertThat(floor()).isEqualTo(25_000);
    assertThat(get(node().publish("a", "next"))).isEqualTo(25_001);
  }

  @Test
  void byCount() throws SQLException {
    store(1, 5_001, "2 minutes", 10);

    clean(POSTGRESQL + "max-events", "1000");

    assertThat(rows()).isEqualTo(1_000);
    assertThat(floor()).isEqualTo(4_000);
  }

  @Test
  void byBytes() throws SQLException {
    store(1, 3_001, "2 minutes", 1_024);

    clean(POSTGRESQL + "max-bytes", "1048576");

    assertThat(rows()).isEqualTo(1_024);
    assertThat(floor()).isEqualTo(3_000 - 1_024);
  }

  @Test
  void nothingInItsFirstMinute() throws SQLException {
    store(1, 5_001, "50 seconds", 1_024);

    clean(POSTGRESQL + "max-events", "1000", POSTGRESQL + "max-bytes", "1048576");

    assertThat(rows()).isEqualTo(5_000);
    assertThat(floor()).isZero();
  }

  @Test
  void severalNodesThatCleanAtTheSameTimeWaitForNothingAndDeleteTheSame() throws Exception {
    store(1, 25_001, "2 hours", 10);
    store(25_001, 25_011, "0 hours", 10);
    List<Thread> threads = new ArrayList<>();
    List<Exception> failures = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 4; i++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  clean();
                } catch (SQLException e) {
                  failures.add(e);
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }

    clean(); // of what others were at when one ended

    assertThat(failures).isEmpty();
    assertThat(rows()).isEqualTo(10);
    assertThat(floor()).isEqualTo(25_000);
  }

  @Test
  void theLatestEventOfATopicToRetainOutlivesTheOthersAndANodeThatStartsHasIt() {
    String[] settings = {"starcast.log.retain.\"state.*\"", "latest", "starcast.log.events", "16"};
    Node node = node(settings);
    get(node.publish("state.a", "old"));
    long latest = get(node.publish("state.a", "new"));
    List<Long> sequences = node.publishAll("noise", 0, 100);
    node.receiver().awaitEvents(102);
    List<StoredEvent> states =
        node.receiver().calls("received").stream()
            .map(RecordingReceiver.Call::event)
            .filter(event -> event.sequence() == latest)
            .toList();
    node.receiver().keep(states); // it cleans, too
    receiver.keep(states);
    server.execute(
        "UPDATE starcast.event SET time = time - interval '2 hours' WHERE sequence <= "
            + sequences.get(59));

    cleanTo(41);
    assertThat(floor()).isEqualTo(sequences.get(59));
    Node other = node(settings);
    assertThat(other.receiver().states(0))
        .extracting(event -> RecordingReceiver.field("data", event))
        .containsExactly("new");
    assertThat(other.receiver().data()).isEqualTo(numbers(84, 100));
    // and who knows of a later one lets this one go
    receiver.keep(List.of());
    cleanTo(40);
  }

  /** Connections that can be refused, and have a name by which they are broken. */
  private static final class Interrupted extends PGSimpleDataSource {
    private static final long serialVersionUID = 1L;

    private volatile boolean refuses;

    Interrupted() {
      setUrl(server.url());
      setApplicationName("interrupted");
    }

    @Override
    public Connection getConnection() throws SQLException {
      if (refuses) {
        throw new SQLException("refused");
      }
      return super.getConnection();
    }

    void interrupt() {
      refuses = true;
      server.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE application_name = 'interrupted'");
    }
  }

  @Test
  void aNodeThatWasAwayForLongerThanEventsAndCommandsAreKeptIsToldWhatItMissed() {
    Interrupted source = new Interrupted();
    Node away = node(source);
    Node other = node();
    other.publishAll("a", 0, 10);
    away.receiver().awaitEvents(10);
    source.interrupt();
    await().atMost(LONG).until(() -> !away.backplane().status().available());
    get(other.backplane().command("mark", new byte[0]));
    List<Long> missed = other.publishAll("a", 10, 20);
    List<Long> kept = other.publishAll("a", 20, 30);
    long last = missed.get(9);
    server.execute(
        "UPDATE starcast.event SET time = time - interval '2 hours' WHERE sequence <= " + last);
    cleanTo(10);

    source.refuses = false;

    away.receiver().awaitEvents(20);
    List<String> after =
        away.receiver().calls().stream().skip(11).map(RecordingReceiver.Call::line).toList();
    String epoch = away.receiver().epochs().get(0);
    assertThat(after).hasSize(11).startsWith("missed " + epoch + "-" + last + " ");
    assertThat(away.receiver().data().subList(10, 20)).isEqualTo(numbers(20, 30));
    assertThat(away.receiver().last()).isEqualTo(kept.get(9));
    assertThat(away.receiver().epochs()).hasSize(1).isEqualTo(other.receiver().epochs());
    assertThat(other.receiver().calls("missed")).isEmpty();
  }
}
