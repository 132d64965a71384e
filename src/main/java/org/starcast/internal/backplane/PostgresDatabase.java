package org.starcast.internal.backplane;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.starcast.internal.config.BackplaneConfig;
import org.starcast.spi.OutgoingEvent;

/**
 * The statements of the backplane: all SQL but that of {@code starcast-1.sql}, which makes the
 * tables. Each is a transaction of its own, in READ COMMITTED, but {@link #insert}. Thread-safe; a
 * connection is used by one thread at a time.
 *
 * <p>Over 500 lines, as the text of each statement stands beside what is read of it.
 */
final class PostgresDatabase {

  /** The most rows that one statement gives. */
  private static final int ROWS = 1_000;

  /** The most bytes of bodies that one statement gives, unless the first row alone has more. */
  private static final int BYTES = 4 << 20;

  private static final int READ_ROWS = 256;
  private static final int READ_BYTES = 256 << 10;

  /** How many rows are deleted at a time. */
  private static final int EXPIRED_ROWS = 10_000;

  /** Nothing younger is deleted, as keys have to be known for a while. */
  private static final String KEPT_AT_LEAST = "interval '1 minute'";

  private static final int NETWORK_TIMEOUT_MILLIS = 15_000;

  private static final String COLUMNS =
      "e.sequence, (extract(epoch FROM e.time) * 1000000)::bigint AS micros, e.node, e.number,"
          + " e.command, e.topics, e.sender, e.excepted, e.coalesce_key, e.key, e.body";

  private final DataSource source;
  private final BackplaneConfig.Postgresql settings;
  private final String schema;

  // what connections of the pool are like, when they are not in a transaction
  private volatile boolean autoCommit = true;
  private volatile int isolation = Connection.TRANSACTION_READ_COMMITTED;
  private volatile int networkTimeout;

  /** Of the settings. */
  PostgresDatabase(DataSource source, BackplaneConfig.Postgresql settings) {
    this.source = source;
    this.settings = settings;
    this.schema = settings.schema();
  }

  /**
   * A row of the order.
   *
   * @param micros when it was stored, in microseconds since 1970
   * @param node who appended it, or null
   * @param number as its how manieth; 0 without a node
   * @param command the type of a command; null for an event
   */
  record Row(
      long sequence,
      long micros,
      UUID node,
      long number,
      String command,
      List<String> topics,
      String sender,
      List<String> excepted,
      String coalesceKey,
      String key,
      byte[] body) {

    /**
     * The event, to be given its place.
     *
     * @param maxBytes the most bytes of its frame
     * @throws IllegalArgumentException if it is malformed: somebody else has stored it
     */
    OutgoingEvent event(int maxBytes) {
      return EventBounds.event(topics, sender, excepted, coalesceKey, key, body, maxBytes);
    }

    /** When it was stored, in milliseconds since 1970. */
    long millis() {
      return micros / 1000;
    }
  }

  /**
   * A part of the order, as it is at one moment.
   *
   * @param last the latest sequence that there is
   * @param floor up to which sequence events are no longer kept, but for states
   * @param whole whether there are no more rows than these
   * @param micros when the row that was asked for was stored; 0 if it is not there
   */
  record Slice(String epoch, long last, long floor, boolean whole, long micros, List<Row> rows) {}

  /**
   * What is to be appended.
   *
   * @param command the type of a command, or null
   * @param event what else it is; of a command, the body
   */
  record Entry(long number, String command, OutgoingEvent event) {}

  /** A connection of the backplane's own. */
  Connection connect() throws SQLException {
    Connection connection = source.getConnection();
    boolean broken = true;
    try {
      autoCommit = connection.getAutoCommit();
      isolation = connection.getTransactionIsolation();
      networkTimeout = connection.getNetworkTimeout();
      connection.setAutoCommit(true);
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      connection.setNetworkTimeout(Runnable::run, NETWORK_TIMEOUT_MILLIS);
      broken = false;
      return connection;
    } finally {
      if (broken) {
        close(connection, true);
      }
    }
  }

  /** Gives a connection back as it was; one that is broken is dropped. */
  void close(Connection connection, boolean broken) {
    try (connection) {
      if (broken) {
        connection.abort(Runnable::run);
      } else {
        connection.setTransactionIsolation(isolation);
        connection.setAutoCommit(autoCommit);
        connection.setNetworkTimeout(Runnable::run, networkTimeout);
      }
    } catch (SQLException | RuntimeException e) {
      // it is gone, then
    }
  }

  /**
   * Checks that the tables are there, or makes them where that is asked for.
   *
   * @throws IllegalArgumentException if it cannot work as it is configured; begins with the key
   */
  void prepare(Connection connection) throws SQLException {
    String product = connection.getMetaData().getDatabaseProductName();
    if (!product.equals("PostgreSQL")) {
      throw new IllegalArgumentException(
          "starcast.backplane.postgresql.data-source: must be of PostgreSQL, is of " + product);
    }
    if (isThere(connection)) {
      return;
    }
    if (!settings.create()) {
      throw new IllegalArgumentException(
          "starcast.backplane.postgresql.schema: the tables are not there, in the schema "
              + schema
              + ": run org/starcast/postgresql/starcast-1.sql, which is in the jar, or set"
              + " starcast.backplane.postgresql.create");
    }
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      // of several nodes that start, one makes them
      statement.execute("SELECT pg_advisory_xact_lock(hashtext('starcast ' || '" + schema + "'))");
      if (!isThere(connection)) {
        statement.execute(
            script()
                .replace("starcast.", schema + ".")
                .replace("EXISTS starcast;", "EXISTS " + schema + ";")
                .replace("'starcast'", "'" + schema + "'"));
      }
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private boolean isThere(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT to_regclass(?)")) {
      statement.setString(1, schema + ".ordering");
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return result.getString(1) != null;
      }
    }
  }

  private static String script() {
    try (InputStream in =
        PostgresDatabase.class.getResourceAsStream("/org/starcast/postgresql/starcast-1.sql")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- appending

  /**
   * What a call has appended.
   *
   * @param sequences by numbers; without an entry that was repeated and is not kept any more
   * @param outboxTo the highest id that was taken from the outbox; 0 if nothing was there
   * @param more whether there may be more in the outbox
   */
  record Appended(Map<Long, Long> sequences, long outboxTo, boolean more) {}

  /**
   * Gives what committed transactions have left its place, up to 1,000, and then these.
   *
   * @param outboxAfter ids of the outbox up to there are not looked for, but those of transactions
   *     that have others behind it
   */
  Appended append(Connection connection, long outboxAfter, UUID node, List<Entry> entries)
      throws SQLException {
    String call = "SELECT * FROM " + schema + ".append(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    try (PreparedStatement statement = connection.prepareStatement(call)) {
      statement.setLong(1, outboxAfter);
      statement.setObject(2, node);
      List<Array> arrays = new ArrayList<>();
      arrays.add(array(connection, "bigint", entries, Entry::number));
      arrays.add(array(connection, "text", entries, Entry::command));
      arrays.add(array(connection, "text", entries, entry -> lines(entry.event.topics())));
      arrays.add(array(connection, "text", entries, entry -> entry.event.sender()));
      arrays.add(array(connection, "text", entries, entry -> lines(entry.event.except())));
      arrays.add(array(connection, "text", entries, entry -> entry.event.coalesceKey()));
      arrays.add(array(connection, "text", entries, entry -> entry.event.key()));
      byte[][] bodies = entries.stream().map(entry -> body(entry.event)).toArray(byte[][]::new);
      arrays.add(connection.createArrayOf("bytea", bodies));
      for (int i = 0; i < arrays.size(); i++) {
        statement.setArray(3 + i, arrays.get(i));
      }
      Map<Long, Long> sequences = new HashMap<>();
      long outboxTo = 0;
      boolean more = false;
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          long number = result.getLong(1);
          if (result.wasNull()) {
            outboxTo = result.getLong(2);
            more = result.getBoolean(3);
          } else {
            long sequence = result.getLong(2);
            if (!result.wasNull()) { // with a key that is not kept any more
              sequences.put(number, sequence);
            }
          }
        }
      }
      return new Appended(sequences, outboxTo, more);
    }
  }

  private static Array array(
      Connection connection, String type, List<Entry> entries, Function<Entry, Object> value)
      throws SQLException {
    return connection.createArrayOf(type, entries.stream().map(value).toArray());
  }

  /** None of them has a line break in it. */
  private static String lines(Collection<String> texts) {
    return String.join("\n", texts);
  }

  private static byte[] body(OutgoingEvent event) {
    return Arrays.copyOf(event.bytes(), event.bodyLength());
  }

  /**
   * Leaves events in the outbox, in the transaction of the calling thread, which the data source's
   * connections are in.
   *
   * @throws SQLException also if they are in none: it would be stored whatever becomes of it
   */
  void insert(List<OutgoingEvent> events) throws SQLException {
    String insert =
        "INSERT INTO "
            + schema
            + ".outbox (topics, sender, excepted, coalesce_key, key, body)"
            + " VALUES (?, ?, ?, ?, ?, ?)";
    try (Connection connection = source.getConnection();
        PreparedStatement statement = connection.prepareStatement(insert)) {
      if (connection.getAutoCommit() || !autoCommit) {
        throw new SQLException(
            "starcast.backplane.postgresql.data-source: its connections are not in the transaction"
                + " of the calling thread");
      }
      for (OutgoingEvent event : events) {
        statement.setArray(1, connection.createArrayOf("text", event.topics().toArray()));
        statement.setString(2, event.sender());
        statement.setArray(3, connection.createArrayOf("text", event.except().toArray()));
        statement.setString(4, event.coalesceKey());
        statement.setString(5, event.key());
        statement.setBytes(6, body(event));
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  // ---- reading

  /**
   * What comes behind a sequence: commands, too, and states that are kept though they are old.
   *
   * @param known the sequence of a row of which it is asked when it was stored
   */
  Slice follow(Connection connection, long after, long known) throws SQLException {
    return slice(connection, after, Long.MAX_VALUE, known, "", ROWS, BYTES);
  }

  /** Events from one sequence to another: a few. */
  Slice read(Connection connection, long from, long to) throws SQLException {
    String kept = " AND e.sequence > o.floor AND e.command IS NULL";
    return slice(connection, from - 1, to, 0, kept, READ_ROWS, READ_BYTES);
  }

  private Slice slice(
      Connection connection, long after, long upTo, long known, String more, int rows, int bytes)
      throws SQLException {
    String range =
        "FROM %s.event e WHERE e.sequence > ? AND e.sequence <= ?".formatted(schema) + more;
    String select =
        ("SELECT o.epoch, greatest(o.floor, (SELECT max(sequence) FROM %s.event)) AS last, o.floor"
                + ", s.*, (SELECT (extract(epoch FROM k.time) * 1000000)::bigint FROM %s.event k"
                + " WHERE k.sequence = ?) AS known"
                + " FROM %s.ordering o LEFT JOIN LATERAL (SELECT "
                + COLUMNS
                + " %s AND e.total <= (SELECT e.total + %d %s ORDER BY e.sequence LIMIT 1)"
                + " ORDER BY e.sequence LIMIT %d) s ON true ORDER BY s.sequence")
            .formatted(schema, schema, schema, range, bytes, range, rows);
    try (PreparedStatement statement = connection.prepareStatement(select)) {
      statement.setLong(1, known);
      for (int i = 2; i <= 5; i += 2) {
        statement.setLong(i, after);
        statement.setLong(i + 1, upTo);
      }
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        String epoch = result.getString("epoch");
        long last = result.getLong("last");
        long floor = result.getLong("floor");
        long micros = result.getLong("known");
        List<Row> found = new ArrayList<>();
        if (result.getObject("sequence") != null) {
          do {
            found.add(row(result));
          } while (result.next());
        }
        boolean whole = found.isEmpty() || found.get(found.size() - 1).sequence() == last;
        return new Slice(epoch, last, floor, whole, micros, found);
      }
    }
  }

  private static Row row(ResultSet result) throws SQLException {
    return new Row(
        result.getLong("sequence"),
        result.getLong("micros"),
        result.getObject("node", UUID.class),
        result.getLong("number"),
        result.getString("command"),
        texts(result, "topics"),
        result.getString("sender"),
        texts(result, "excepted"),
        result.getString("coalesce_key"),
        result.getString("key"),
        result.getBytes("body"));
  }

  private static List<String> texts(ResultSet result, String column) throws SQLException {
    return List.of((String[]) result.getArray(column).getArray());
  }

  /**
   * The latest events of topics, up to a sequence, by rising sequence.
   *
   * @param topics which ones
   * @param most the most topics; the latest are taken
   */
  List<Row> latest(Connection connection, Predicate<String> topics, long upTo, int most)
      throws SQLException {
    String select =
        "SELECT max(e.sequence) AS sequence, t.topic FROM %s.event e, unnest(e.topics) t (topic)"
                .formatted(schema)
            + " WHERE e.command IS NULL AND e.sequence <= ? GROUP BY t.topic ORDER BY 1 DESC";
    List<Long> sequences = new ArrayList<>();
    connection.setAutoCommit(false); // as only then the driver reads part by part
    try (PreparedStatement statement = connection.prepareStatement(select)) {
      statement.setFetchSize(ROWS);
      statement.setLong(1, upTo);
      try (ResultSet result = statement.executeQuery()) {
        while (sequences.size() < most && result.next()) {
          if (topics.test(result.getString(2))) {
            sequences.add(result.getLong(1));
          }
        }
      }
      connection.commit();
    } finally {
      connection.setAutoCommit(true);
    }
    return rows(connection, sequences);
  }

  private List<Row> rows(Connection connection, List<Long> sequences) throws SQLException {
    List<Row> rows = new ArrayList<>();
    String select =
        "SELECT %s FROM %s.event e WHERE e.sequence = ANY (?) ORDER BY e.sequence"
            .formatted(COLUMNS, schema);
    try (PreparedStatement statement = connection.prepareStatement(select)) {
      statement.setArray(1, connection.createArrayOf("bigint", sequences.toArray()));
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          rows.add(row(result));
        }
      }
    }
    return rows;
  }

  // ---- keeping order

  /** Begins another epoch, unless another node has done so. */
  void renew(Connection connection, String epoch) throws SQLException {
    String update =
        "UPDATE %s.ordering SET epoch = left(replace(gen_random_uuid()::text, '-', ''), 20)"
                .formatted(schema)
            + " WHERE epoch = ?";
    try (PreparedStatement statement = connection.prepareStatement(update)) {
      statement.setString(1, epoch);
      statement.executeUpdate();
    }
  }

  /**
   * Deletes some of what is too old, or too much.
   *
   * @param states the sequences of events that are kept all the same
   * @return whether there may be more of it
   */
  boolean expire(Connection connection, Collection<Long> states) throws SQLException {
    String raise =
        """
        UPDATE %1$s.ordering o SET floor = f.sequence FROM (
          SELECT e.sequence FROM (
            SELECT e.sequence, e.time, e.total FROM %1$s.event e
            WHERE e.sequence > (SELECT floor FROM %1$s.ordering) ORDER BY e.sequence LIMIT %2$d
          ) e, (
            SELECT sequence, total FROM %1$s.event ORDER BY sequence DESC LIMIT 1
          ) l
          WHERE e.time < now() - %3$s AND (e.time < now() - ? * interval '1 millisecond'
            OR e.sequence <= l.sequence - ? OR e.total <= l.total - ?)
          ORDER BY e.sequence DESC LIMIT 1
        ) f WHERE o.floor < f.sequence
        """
            .formatted(schema, EXPIRED_ROWS, KEPT_AT_LEAST);
    try (PreparedStatement statement = connection.prepareStatement(raise)) {
      statement.setLong(1, settings.maxAge().toMillis());
      statement.setLong(2, settings.maxEvents());
      statement.setLong(3, settings.maxBytes());
      statement.executeUpdate();
    }
    // of several nodes one deletes, and the others wait for nothing
    String delete =
        """
        WITH turn AS MATERIALIZED (
          SELECT pg_try_advisory_xact_lock(hashtext('starcast %1$s')) AS mine)
        DELETE FROM %1$s.event WHERE (SELECT mine FROM turn) AND sequence IN (
          SELECT e.sequence FROM %1$s.event e
          WHERE e.sequence <= (SELECT floor FROM %1$s.ordering) AND e.sequence <> ALL (?)
          ORDER BY e.sequence LIMIT %2$d)
        """
            .formatted(schema, EXPIRED_ROWS);
    try (PreparedStatement statement = connection.prepareStatement(delete)) {
      statement.setArray(1, connection.createArrayOf("bigint", states.toArray()));
      if (statement.executeUpdate() == EXPIRED_ROWS) {
        return true;
      }
    }
    String calls =
        """
        DELETE FROM %1$s.call c WHERE c.seen < now() - interval '1 day' OR EXISTS (
          SELECT FROM %1$s.call n WHERE n.node = c.node AND n.number > c.number)
        """
            .formatted(schema);
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(calls);
    }
    return false;
  }

  /** Whether committed transactions have left something that has no sequence yet. */
  boolean isOutboxFilled(Connection connection) throws SQLException {
    String select = "SELECT EXISTS (SELECT FROM %s.outbox)".formatted(schema);
    try (PreparedStatement statement = connection.prepareStatement(select);
        ResultSet result = statement.executeQuery()) {
      result.next();
      return result.getBoolean(1);
    }
  }

  /**
   * A transaction that is open.
   *
   * @param who its process and user, or its name if it is prepared
   * @param since when it began, in microseconds since 1970
   * @param holding whether it keeps this database from cleaning up at the moment; one may do so
   *     only while a statement of it runs
   */
  record OpenTransaction(String who, long since, Duration age, boolean holding) {

    /** Whether it is that one, whatever its age. */
    boolean isSame(OpenTransaction other) {
      return since == other.since && who.equals(other.who);
    }
  }

  /** The oldest 1,000 transactions of this database that are open, as far as the role may see. */
  List<OpenTransaction> openTransactions(Connection connection) throws SQLException {
    String select =
        """
        SELECT t.who, (extract(epoch FROM t.since) * 1000000)::bigint,
          (extract(epoch FROM clock_timestamp() - t.since) * 1000)::bigint, t.holding
        FROM (
          SELECT 'process ' || a.pid || ', user ' || coalesce(a.usename::text, '?') AS who,
            a.xact_start AS since,
            a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL AS holding
          FROM pg_stat_activity a
          WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
            AND a.backend_type = 'client backend' AND a.xact_start IS NOT NULL
          UNION ALL
          SELECT 'prepared as ' || regexp_replace(p.gid, '[^[:graph:]]', '?', 'g'), p.prepared, true
          FROM pg_prepared_xacts p WHERE p.database = current_database()
        ) t ORDER BY t.since LIMIT 1000
        """;
    List<OpenTransaction> open = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(select);
        ResultSet result = statement.executeQuery()) {
      while (result.next()) {
        Duration age = Duration.ofMillis(Math.max(0, result.getLong(3)));
        open.add(
            new OpenTransaction(result.getString(1), result.getLong(2), age, result.getBoolean(4)));
      }
    }
    return open;
  }

  /** Asks for notifications when something was appended; false where there are none. */
  boolean listen(Connection connection) throws SQLException {
    if (!PostgresNotifications.isThere(connection)) {
      return false;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("LISTEN " + schema);
    }
    return true;
  }

  /** Ends what {@link #listen} began, before the connection is given back. */
  void unlisten(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("UNLISTEN " + schema);
    }
  }
}
