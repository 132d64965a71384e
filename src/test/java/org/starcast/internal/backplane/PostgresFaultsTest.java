package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.starcast.internal.backplane.BackplaneContract.envelope;
import static org.starcast.internal.backplane.BackplaneContract.get;
import static org.starcast.internal.backplane.BackplaneContract.numbers;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.LogRecord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;
import org.starcast.internal.backplane.BackplaneContract.Node;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;

/** A database that is killed, put back, slow, or not as it should be. */
class PostgresFaultsTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @AutoClose private static PostgresServer server;
  private static int tests;

  @AutoClose private final PostgresNodes nodes = new PostgresNodes();

  @BeforeAll
  static void startServer() {
    server = PostgresServer.running();
  }

  @BeforeEach
  void anotherSchema() {
    tests++;
  }

  private static String schema() {
    return "faults_" + tests;
  }

  private static Map<String, String> keys() {
    return Map.of(
        "starcast.backplane",
        "postgresql",
        "starcast.backplane.postgresql.create",
        "true",
        "starcast.backplane.postgresql.schema",
        schema());
  }

  private Node starting(String... settings) {
    return starting(server.dataSource(), settings);
  }

  private Node starting(DataSource source, String... settings) {
    return nodes.starting(Settings.config(keys(), settings), source);
  }

  private Node node(String... settings) {
    Node node = starting(settings);
    get(node.started());
    return node;
  }

  @Test
  void aCrashOfTheDatabaseLosesNothingAndDoublesNothing() {
    Node one = node();
    Node two = node();
    List<CompletionStage<Long>> stages = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      stages.add((i % 2 == 0 ? one : two).publish("a", "" + i));
      if (i == 1_500) {
        // while calls are under way
        await().atMost(LONG).until(() -> one.backplane().status().stored() > 0);
        server.kill();
      }
    }
    await().atMost(LONG).until(() -> !one.backplane().status().available());
    server.start();

    stages.forEach(BackplaneContract::get);

    one.receiver().awaitEvents(3_000);
    two.receiver().awaitEvents(3_000);
    assertThat(one.receiver().data())
        .containsExactlyInAnyOrderElementsOf(numbers(0, 3_000))
        .isEqualTo(two.receiver().data());
    for (int parity = 0; parity < 2; parity++) {
      int odd = parity;
      assertThat(
              one.receiver().data().stream()
                  .map(Integer::valueOf)
                  .filter(number -> number % 2 == odd)
                  .toList())
          .isSorted();
    }
    assertThat(one.receiver().epochs()).hasSize(1).isEqualTo(two.receiver().epochs());
    assertThat(one.receiver().calls("missed")).isEmpty();
  }

  @Test
  void aTransactionThatTakesLongHoldsNothingBackAndComesWhenItHasCommitted() throws Exception {
    Node one = node();
    Node two = node();
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(
          "INSERT INTO %s.outbox (topics, excepted, body) VALUES ('{a}', '{}', 'data: late\n')"
              .formatted(schema()));
      one.publishAll("a", 0, 100);
      two.receiver().awaitEvents(100);

      connection.commit(); // by nobody who would tell a node
    }

    for (Node node : List.of(one, two)) {
      node.receiver().awaitEvents(101);
      assertThat(node.receiver().data()).endsWith("99", "late");
      assertThat(node.receiver().calls("missed")).isEmpty();
    }
    assertThat(server.number("SELECT count(*) FROM %s.outbox".formatted(schema()))).isZero();
  }

  @Test
  void aTransactionThatStaysOpenSlowsNoCallDownAndIsWarnedOfOnce() throws Exception {
    Node node = node("starcast.backplane.postgresql.long-transaction", "PT1S");
    try (LogCapture log = new LogCapture(PostgresBackplane.class);
        Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      statement.execute(
          "INSERT INTO %s.outbox (topics, excepted, body) VALUES ('{a}', '{}', 'data: late\n')"
              .formatted(schema()));
      String process = "process " + connection.unwrap(PGConnection.class).getBackendPID() + ",";

      commitEach(1_500);
      long before = pagesOfACall();
      commitEach(3_000);

      assertThat(pagesOfACall()).isLessThan(before + 10);
      node.receiver().awaitEvents(9_016);
      await().atMost(LONG).until(() -> !node.backplane().status().oldestTransaction().isZero());
      await()
          .atMost(LONG)
          .untilAsserted(
              () ->
                  assertThat(messages(log, "STARCAST-3019"))
                      .singleElement()
                      .asString()
                      .contains(process));

      connection.commit();

      // its id is far before what was taken by then
      node.receiver().awaitEvents(9_017);
      assertThat(node.receiver().data()).endsWith("late");
      await().atMost(LONG).until(() -> node.backplane().status().oldestTransaction().isZero());
      assertThat(messages(log, "STARCAST-3019")).hasSize(1);
    }
  }

  /** Nothing is found by looking now and then, but what has committed before the node starts. */
  private static final String[] RARELY = {"starcast.backplane.postgresql.poll-interval", "PT1M"};

  private static String insert(int from, int to) {
    return """
        INSERT INTO %s.outbox (topics, excepted, body)
        SELECT '{a}', '{}', convert_to('data: ' || n || E'\\n', 'UTF8')
        FROM generate_series(%d, %d) n ORDER BY n
        """
        .formatted(schema(), from, to - 1);
  }

  private static void committed(Node node) {
    ((Backplane.Transactional) node.backplane()).committed();
  }

  @Test
  void whatOneTransactionPublishesKeepsItsOrderThoughLaterOnesWereTakenBeforeIt() throws Exception {
    Node one = node(RARELY);
    Node two = node(RARELY);
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(insert(0, 3_000));
      server.execute(insert(3_000, 3_500));
      committed(one);
      one.receiver().awaitEvents(500);

      connection.commit();
    }
    // calls of this node begin a thousand ids before what it took last: within that transaction
    committed(one);

    one.receiver().awaitEvents(3_500);
    two.receiver().awaitEvents(3_500);
    List<String> all = new ArrayList<>(numbers(3_000, 3_500));
    all.addAll(numbers(0, 3_000));
    assertThat(one.receiver().data()).isEqualTo(all).isEqualTo(two.receiver().data());
  }

  @Test
  void aCallThatBeginsWithinATransactionTakesItsFirstEventsFirst() throws Exception {
    Node node = node(RARELY);
    get(node.publish("a", "first"));
    node.receiver().awaitEvents(1); // so it has looked, and will not soon
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(insert(0, 3));
      server.execute(insert(3, 4));
      statement.execute("SAVEPOINT more");
      statement.execute(insert(4, 6));
      connection.commit();
    }

    server.execute("SELECT " + call().replaceFirst("[(]SELECT last_value[^)]*[)]", "4"));

    // what another transaction has before that is not looked for
    node.receiver().awaitEvents(7);
    assertThat(node.receiver().data()).containsExactly("first", "0", "1", "2", "4", "5", "y");
    assertThat(server.number("SELECT count(*) FROM %s.outbox".formatted(schema()))).isOne();
  }

  @Test
  void whatIsPublishedWithoutATransactionLooksForNothingInTheOutbox() {
    Node node = node(RARELY);
    node.publishAll("a", 0, 1);
    node.receiver().awaitEvents(1); // so it has looked, and will not soon
    server.execute(insert(100, 101)); // and nobody tells

    node.publishAll("a", 1, 10);

    assertThat(server.number("SELECT count(*) FROM %s.outbox".formatted(schema()))).isOne();
    committed(node);
    node.receiver().awaitEvents(11);
    assertThat(node.receiver().data()).endsWith("9", "100");
  }

  @Test
  void idsOfTheOutboxAreLookedForFromTheStartInAnotherEpoch() {
    Node node = node(RARELY);
    String restart = "ALTER TABLE %s.outbox ALTER id RESTART WITH %d";
    server.execute(restart.formatted(schema(), 1_000_000));
    server.execute(insert(0, 10));
    committed(node);
    node.receiver().awaitEvents(10);

    server.execute(
        """
        DELETE FROM %1$s.event WHERE sequence > 5;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
        """
            .formatted(schema()));
    server.execute(restart.formatted(schema(), 1));
    await().atMost(LONG).until(() -> node.receiver().epochs().size() == 2);
    node.publishAll("a", 10, 11); // nothing is looked for because a call has failed
    node.receiver().awaitEvents(11);
    server.execute(insert(11, 12));
    committed(node);

    node.receiver().awaitEvents(12);
    assertThat(node.receiver().data()).endsWith("10", "11");
  }

  @Test
  void aDatabaseThatCanBeReachedButNotReadIsAwayAndSaidSoOnce() {
    AtomicInteger connections = new AtomicInteger();
    PGSimpleDataSource counting =
        new PGSimpleDataSource() {
          @Override
          public Connection getConnection() throws SQLException {
            connections.incrementAndGet();
            return super.getConnection();
          }
        };
    counting.setUrl(server.url());
    Node node = starting(counting, "starcast.backplane.postgresql.poll-interval", "PT0.1S");
    get(node.started());
    get(node.publish("a", "0"));
    try (LogCapture log = new LogCapture(PostgresBackplane.class)) {
      server.execute("ALTER TABLE %1$s.event RENAME TO gone".formatted(schema()));
      await().atMost(LONG).until(() -> !node.backplane().status().available());
      int before = connections.get();

      await().atMost(LONG).until(() -> connections.get() >= before + 4);

      assertThat(node.backplane().status().available()).isFalse();
      assertThat(node.backplane().status().outages()).isEqualTo(1);
      assertThat(messages(log, "STARCAST-3016")).hasSize(1);
      assertThat(messages(log, "STARCAST-3017")).isEmpty();

      server.execute("ALTER TABLE %1$s.gone RENAME TO event".formatted(schema()));

      await().atMost(LONG).until(() -> node.backplane().status().available());
      assertThat(messages(log, "STARCAST-3017")).hasSize(1);
    }
    get(node.publish("a", "1"));
    node.receiver().awaitEvents(2);
    assertThat(node.receiver().data()).isEqualTo(numbers(0, 2));
  }

  /** So that somebody's events are not taken, as by a constraint of the administrator's. */
  private static String refuse() {
    return "ALTER TABLE %s.event ADD CHECK (sender <> 'refused')".formatted(schema());
  }

  @Test
  void anEventThatIsRefusedLeavesWhatIsInTheOutboxToTheNextCall() throws Exception {
    Node node = node(RARELY);
    get(node.publish("a", "0"));
    node.receiver().awaitEvents(1);
    server.execute(refuse());
    CompletionStage<Long> refused;
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SELECT FROM %s.ordering FOR UPDATE".formatted(schema()));
      CompletionStage<Long> held = node.publish("a", "1"); // what comes now is one call
      await()
          .atMost(LONG)
          .until(() -> server.number("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0);
      server.execute(insert(2, 4));
      committed(node);
      refused =
          node.backplane()
              .append(
                  OutgoingEvent.of(
                      List.of("a"),
                      "refused",
                      List.of(),
                      null,
                      null,
                      "data: bad\n".getBytes(StandardCharsets.UTF_8)));
      connection.rollback();
      get(held);
    }

    assertThatThrownBy(() -> get(refused)).hasStackTraceContaining("does not take it");
    node.receiver().awaitEvents(4);
    assertThat(node.receiver().data()).isEqualTo(numbers(0, 4));
    assertThat(node.backplane().status().failed()).isEqualTo(1);
    assertThat(node.backplane().status().outages()).isZero();
  }

  /** Of the schema of this test, whose tables it has made. */
  private static PostgresDatabase database(StarcastConfig config) throws SQLException {
    PostgresDatabase database =
        new PostgresDatabase(server.dataSource(), config.backplane().postgresql());
    Connection connection = database.connect();
    database.prepare(connection);
    database.close(connection, false);
    return database;
  }

  @Test
  void transactionsThatKeepTheDatabaseFromCleaningUpNowAndThenAreWarnedOfOnceEach()
      throws Exception {
    StarcastConfig config =
        Settings.config(keys(), "starcast.backplane.postgresql.long-transaction", "PT1S");
    PostgresCleaner cleaner =
        new PostgresCleaner(
            database(config), config.backplane().postgresql(), new RecordingReceiver());
    String role = "gone_" + tests;
    server.execute("CREATE ROLE %s LOGIN".formatted(role));
    PGSimpleDataSource source = server.dataSource();
    source.setUser(role);
    try (LogCapture log = new LogCapture(PostgresBackplane.class);
        Connection one = source.getConnection();
        Connection two = server.dataSource().getConnection();
        Statement first = one.createStatement();
        Statement second = two.createStatement()) {
      server.execute("DROP ROLE " + role); // it has no name any more
      one.setAutoCommit(false);
      two.setAutoCommit(false);
      first.execute("DECLARE c CURSOR FOR SELECT 1");
      cleanUntilWarned(cleaner, log, 1);
      assertThat(messages(log, "STARCAST-3019").get(0)).contains("user ?");

      first.execute("CLOSE c"); // it goes on, and holds nothing back
      second.execute("DECLARE c CURSOR FOR SELECT 1");
      cleanUntilWarned(cleaner, log, 2);
      Duration age = cleaner.oldestTransaction();
      first.execute("DECLARE c CURSOR FOR SELECT 1");
      second.execute("CLOSE c");
      cleaner.clean(() -> true);
      first.execute("CLOSE c");
      second.execute("DECLARE c CURSOR FOR SELECT 1");
      cleaner.clean(() -> true);

      assertThat(messages(log, "STARCAST-3019")).hasSize(2).doesNotHaveDuplicates();
      assertThat(cleaner.oldestTransaction()).isGreaterThanOrEqualTo(age);

      one.commit();
      two.commit();
      cleaner.clean(() -> true);
      assertThat(cleaner.oldestTransaction()).isLessThan(age);
    }
  }

  private static void cleanUntilWarned(PostgresCleaner cleaner, LogCapture log, int times) {
    await()
        .atMost(LONG)
        .until(
            () -> {
              cleaner.clean(() -> true);
              return messages(log, "STARCAST-3019").size() == times;
            });
  }

  @Test
  void anEventWhoseKeyIsNotKeptAnyMoreHasNoSequenceWhenItsCallIsRepeated() throws Exception {
    PostgresDatabase database = database(Settings.config(keys()));
    OutgoingEvent keyed =
        OutgoingEvent.of(
            List.of("a"),
            null,
            List.of(),
            null,
            "key",
            "data: x\n".getBytes(StandardCharsets.UTF_8));
    List<PostgresDatabase.Entry> call = List.of(new PostgresDatabase.Entry(1, null, keyed));
    UUID node = UUID.randomUUID();
    Connection connection = database.connect();
    try {
      assertThat(database.append(connection, Long.MAX_VALUE, node, call).sequences())
          .containsExactly(Map.entry(1L, 1L));
      assertThat(database.append(connection, Long.MAX_VALUE, node, call).sequences())
          .containsExactly(Map.entry(1L, 1L));
      server.execute("DELETE FROM %s.event".formatted(schema()));

      assertThat(database.append(connection, Long.MAX_VALUE, node, call).sequences()).isEmpty();
    } finally {
      database.close(connection, false);
    }
  }

  /** A call that appends an event of a node, behind what the last 1,000 ids of the outbox have. */
  private static String call() {
    return """
        %1$s.append((SELECT last_value - 1000 FROM %1$s.outbox_id_seq), gen, ARRAY[
            (SELECT coalesce(max(c.number), 0) + 1 FROM %1$s.call c WHERE c.node = gen)],
          '{NULL}', '{a}', '{NULL}', '{""}', '{NULL}', '{NULL}', ARRAY['data: y\n'::bytea])
        """
        .formatted(schema())
        .replace("gen", "'00000000-0000-0000-0000-000000000001'");
  }

  /** Transactions that publish an event each, which is appended with another one. */
  private static void commitEach(int transactions) {
    server.execute(
        """
        DO $$ BEGIN
          FOR i IN 1..%d LOOP
            INSERT INTO %s.outbox (topics, excepted, body) VALUES ('{a}', '{}', 'data: x\n');
            COMMIT;
            PERFORM %s;
            COMMIT;
          END LOOP;
        END $$
        """
            .formatted(transactions, schema(), call()));
  }

  /** How many pages one call looks at, when it has been planned. */
  private static long pagesOfACall() throws SQLException {
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      for (int i = 0; i < 7; i++) {
        statement.execute("SELECT " + call());
      }
      ResultSet plan = statement.executeQuery("EXPLAIN (ANALYZE, BUFFERS) SELECT " + call());
      while (plan.next()) {
        Matcher pages = Pattern.compile("Buffers: shared hit=(\\d+)").matcher(plan.getString(1));
        if (pages.find()) {
          return Long.parseLong(pages.group(1));
        }
      }
      throw new IllegalStateException("no pages");
    }
  }

  private static List<String> messages(LogCapture log, String code) {
    return log.records().stream()
        .map(LogRecord::getMessage)
        .filter(message -> message.startsWith(code))
        .toList();
  }

  @Test
  void whatARolledBackTransactionPublishedIsNotThere() throws Exception {
    Node node = node();
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(
          "INSERT INTO %s.outbox (topics, excepted, body) VALUES ('{a}', '{}', 'data: never\n')"
              .formatted(schema()));
      connection.rollback();
    }

    node.publishAll("a", 0, 10);

    node.receiver().awaitEvents(10);
    assertThat(node.receiver().data()).isEqualTo(numbers(0, 10));
  }

  @Test
  void aDataSourceThatIsInNoTransactionIsRefused() {
    Node node = node();

    assertThatThrownBy(
            () ->
                ((Backplane.Transactional) node.backplane())
                    .appendInTransaction(List.of(envelope("x", "a"))))
        .isInstanceOf(BackplaneException.class)
        .hasMessageContaining("starcast.backplane.postgresql.data-source");
    assertThat(server.number("SELECT count(*) FROM %s.outbox".formatted(schema()))).isZero();
  }

  @Test
  void aDatabaseThatHasLostWhatWasReadBeginsAnotherEpoch() {
    Node one = node();
    Node two = node();
    one.publishAll("a", 0, 10);
    two.receiver().awaitEvents(10);

    // as a replica that had not got all
    server.execute(
        """
        DELETE FROM %1$s.event WHERE sequence > 5;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
        """
            .formatted(schema()));

    for (Node node : List.of(one, two)) {
      await().atMost(LONG).until(() -> node.receiver().epochs().size() == 2);
    }
    one.publishAll("a", 10, 20);
    two.receiver().awaitEvents(20);
    assertThat(one.receiver().epochs()).isEqualTo(two.receiver().epochs());
    assertThat(two.receiver().data()).endsWith("19");
  }

  @Test
  void whatIsTooOldIsDeletedButForTheStatesAndANodeThatWasAwayIsToldSo() {
    String[] settings = {"starcast.log.events", "16"};
    Node node = node(settings);
    List<Long> sequences = node.publishAll("a", 0, 100);
    node.receiver().awaitEvents(100);

    server.execute(
        "UPDATE %s.event SET time = now() - interval '2 hours' WHERE sequence <= %d"
            .formatted(schema(), sequences.get(59)));

    await().atMost(LONG).until(() -> node.backplane().oldest() == sequences.get(60));
    await()
        .atMost(LONG)
        .until(() -> server.number("SELECT count(*) FROM %s.event".formatted(schema())) == 40);
    assertThat(get(node.backplane().read(sequences.get(0), sequences.get(59)))).isEmpty();
    assertThat(get(node.backplane().read(sequences.get(0), sequences.get(99)))).hasSize(40);
    assertThat(get(node.publish("a", "more"))).isEqualTo(sequences.get(99) + 1);
  }

  @Test
  void anEventThatTheDatabaseDoesNotTakeFailsAlone() {
    Node node = node();
    List<CompletionStage<Long>> stages = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      stages.add(node.publish("a", "" + i));
      if (i == 100) {
        server.execute(refuse());
        OutgoingEvent bad =
            OutgoingEvent.of(
                List.of("a"),
                "refused",
                List.of(),
                null,
                null,
                "data: bad\n".getBytes(StandardCharsets.UTF_8));
        CompletionStage<Long> refused = node.backplane().append(bad);
        assertThatThrownBy(() -> get(refused))
            .hasStackTraceContaining("the database does not take it");
      }
    }

    stages.forEach(BackplaneContract::get);
    node.receiver().awaitEvents(200);
    assertThat(node.receiver().data()).isEqualTo(numbers(0, 200));
    assertThat(node.backplane().status().failed()).isEqualTo(1);
  }

  @Test
  void whatCanBeReadButNotStoredIsAwayAndSaidSoOncePerOutage() {
    Node node = node();
    get(node.publish("a", "0"));
    server.execute(
        """
        CREATE FUNCTION %1$s.full() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE 'No space left on device' USING ERRCODE = '53100'; END $$
        """
            .formatted(schema()));
    String fill =
        "CREATE TRIGGER full_disk BEFORE INSERT ON %1$s.event EXECUTE FUNCTION %1$s.full()"
            .formatted(schema());
    try (LogCapture log = new LogCapture(PostgresBackplane.class)) {
      for (int outage = 1; outage <= 2; outage++) {
        int outages = outage;
        server.execute(fill);

        CompletionStage<Long> stored = node.publish("a", "" + outage);

        await().atMost(LONG).until(() -> node.backplane().status().repeated() >= 5 * outages);
        assertThat(node.backplane().status().available()).isFalse();
        assertThat(node.backplane().status().outages()).isEqualTo(outages);
        assertThat(messages(log, "STARCAST-3016"))
            .hasSize(outages)
            .allMatch(message -> message.contains("No space left on device"));

        server.execute("DROP TRIGGER full_disk ON %s.event".formatted(schema()));

        get(stored);
        await().atMost(LONG).until(() -> node.backplane().status().available());
        assertThat(messages(log, "STARCAST-3020")).hasSize(outages);
      }
    }
    node.receiver().awaitEvents(3);
    assertThat(node.receiver().data()).isEqualTo(numbers(0, 3));
    assertThat(node.receiver().epochs()).hasSize(1);
  }

  @Test
  void aCallThatIsCancelledByAStatementTimeoutIsRepeatedAndAppendsNothingTwice() throws Exception {
    PGSimpleDataSource impatient = server.dataSource();
    impatient.setOptions("-c statement_timeout=300");
    Node node = starting(impatient);
    get(node.started());
    List<CompletionStage<Long>> stages = new ArrayList<>();
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SELECT FROM %s.ordering FOR UPDATE".formatted(schema()));
      for (int i = 0; i < 10; i++) {
        stages.add(node.publish("a", "" + i));
      }
      await().atMost(LONG).until(() -> node.backplane().status().repeated() > 0);
      assertThat(node.backplane().status().available()).isFalse();
      connection.rollback();
    }

    stages.forEach(BackplaneContract::get);
    node.receiver().awaitEvents(10);
    assertThat(node.receiver().data()).isEqualTo(numbers(0, 10));
  }

  @Test
  void anExhaustedPoolFailsWhatNeedsAnotherConnectionAndTheRestGoesOn() throws Exception {
    PostgresPool pool = new PostgresPool(server, 3);
    Node node = starting(pool);
    get(node.started());
    List<Long> sequences = node.publishAll("a", 0, 10);
    // the backplane has two, the application the third
    Connection application =
        await().atMost(LONG).ignoreExceptions().until(pool::getConnection, c -> true);

    CompletionStage<?> read = node.backplane().read(sequences.get(0), sequences.get(9));
    assertThatThrownBy(() -> get(read)).hasStackTraceContaining("no connection is left");
    node.publishAll("a", 10, 20);
    node.receiver().awaitEvents(20);
    application.close();

    await()
        .atMost(LONG)
        .ignoreExceptions()
        .until(() -> get(node.backplane().read(sequences.get(0), sequences.get(9))).size() == 10);
    assertThat(node.receiver().data()).isEqualTo(numbers(0, 20));
  }

  @Test
  void aNodeStartsWhenThePoolHasConnectionsForIt() throws Exception {
    PostgresPool pool = new PostgresPool(server, 3);
    List<Connection> application = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      application.add(pool.getConnection());
    }
    Node node;
    try (LogCapture log = new LogCapture(PostgresBackplane.class)) {
      node = starting(pool);
      await().atMost(LONG).until(() -> !messages(log, "STARCAST-3016").isEmpty());
      assertThat(node.started().toCompletableFuture()).isNotDone();
    }
    for (Connection connection : application) {
      connection.close();
    }

    get(node.started());
    assertThat(node.publishAll("a", 0, 10)).hasSize(10);
  }

  @Test
  void withoutNotificationsNodesPoll() {
    // its connections do not show the driver
    Node one = starting(new PostgresPool(server, 8));
    Node two = starting(new PostgresPool(server, 8));
    get(one.started());
    get(two.started());

    one.publishAll("a", 0, 100);
    get(two.backplane().command("mark", new byte[0]));
    two.publishAll("a", 100, 200);

    for (Node node : List.of(one, two)) {
      node.receiver().awaitEvents(200);
      assertThat(node.receiver().data()).isEqualTo(numbers(0, 200));
    }
  }

  @Test
  void pollingIsEnoughThroughPgBouncerInTransactionMode() throws Exception {
    try (PgBouncer bouncer = PgBouncer.running(server)) {
      Node one = starting(bouncer.dataSource());
      Node two = starting(bouncer.dataSource());
      get(one.started());
      get(two.started());
      List<CompletionStage<Long>> stages = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        stages.add((i % 2 == 0 ? one : two).publish("a", "" + i));
      }
      stages.forEach(BackplaneContract::get);

      one.receiver().awaitEvents(200);
      two.receiver().awaitEvents(200);
      assertThat(one.receiver().data())
          .containsExactlyInAnyOrderElementsOf(numbers(0, 200))
          .isEqualTo(two.receiver().data());
    }
  }

  @Test
  void withoutTablesTheStartFailsWithTheKey() {
    Node node = starting("starcast.backplane.postgresql.create", "false");

    assertThatThrownBy(() -> get(node.started()))
        .hasRootCauseInstanceOf(IllegalArgumentException.class)
        .hasStackTraceContaining("starcast.backplane.postgresql.schema: the tables are not there");
  }
}
