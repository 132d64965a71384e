package org.starcast.bench.backplane;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.starcast.internal.backplane.EncodedEvent;
import org.starcast.internal.backplane.NatsBackplane;
import org.starcast.internal.backplane.NatsServer;
import org.starcast.internal.backplane.PostgresBackplane;
import org.starcast.internal.backplane.PostgresServer;
import org.starcast.internal.backplane.Settings;
import org.starcast.internal.backplane.TransactionSource;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * What it costs to publish an event with a business transaction of PostgreSQL, which inserts a row:
 * by the backplane's outbox, behind the commit by NATS, and by the two other ways to an order that
 * is that of commits, each made of as little as it takes. Prints a table. The database is a process
 * of its own, with the settings that it has by default: each commit is on the disk.
 */
public final class PostgresBench {

  private static final int TRANSACTIONS = Integer.getInteger("transactions", 4_000);
  private static final int EVENTS = 5 * TRANSACTIONS;
  private static final int THREADS = 8;
  private static final int PACED = 500;
  private static final int OPEN_MILLIS = 500;
  private static final int PENDING = 8_000;
  private static final String DATA = " " + "x".repeat(100);

  private final PostgresServer database;
  private final TransactionSource source;
  private int schemas;

  private PostgresBench(PostgresServer database) {
    this.database = database;
    this.source = new TransactionSource(database.url());
  }

  /** Runs all; {@code -Dtransactions=…} makes it longer or shorter. */
  public static void main(String... args) throws Exception {
    Locale.setDefault(Locale.ROOT);
    try (PostgresServer database = PostgresServer.running();
        NatsServer broker = NatsServer.running()) {
      System.out.printf(
          "%s; %d processors; Java %s; %,d transactions by %d threads%n%n",
          LocalDate.now(),
          Runtime.getRuntime().availableProcessors(),
          Runtime.version(),
          TRANSACTIONS,
          THREADS);
      new PostgresBench(database).run(broker);
    }
    System.exit(0);
  }

  private void run(NatsServer broker) throws Exception {
    System.out.println("| stored alone, pipelined | events/s |\n| --- | --- |");
    try (Order outbox = outbox()) {
      System.out.printf("| PostgreSQL | %,.0f |%n", alone(outbox));
    }
    try (Order nats = nats(broker)) {
      System.out.printf("| NATS | %,.0f |%n%n", alone(nats));
    }
    System.out.println(
        "| with a business transaction | transactions/s | from commit to another node: p50, p99"
            + " | database: CPU each | WAL each | beside a transaction that is open for "
            + OPEN_MILLIS
            + " ms: the longest |\n| --- | --- | --- | --- | --- | --- |");
    List<Callable<Order>> orders =
        List.of(Order::new, this::outbox, () -> nats(broker), Locked::new, Marked::new);
    List<String> names =
        List.of(
            "no event",
            "PostgreSQL: outbox, then the function",
            "NATS, behind the commit",
            "a lock from the insert to the commit",
            "low-water mark of transaction ids");
    // each begins once, as what comes first is cold; the first round is not to be counted
    for (int round = 0; round < orders.size(); round++) {
      for (int i = 0; i < orders.size(); i++) {
        int at = (round + i) % orders.size();
        row(round + ": " + names.get(at), orders.get(at).call());
      }
    }
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    return thread;
  }

  /** A way to publish with a transaction; this one does nothing. */
  private static class Order implements AutoCloseable {
    private final AtomicLongArray received = new AtomicLongArray(1 << 20);

    /** Publishes, in the transaction. */
    void publish(Connection transaction, int number) throws SQLException {}

    /** The transaction has committed. */
    void committed(int number) {}

    /** A backplane to append to without a transaction; null if there is none. */
    Backplane backplane() {
      return null;
    }

    final void receive(int number) {
      received.compareAndSet(number, 0, System.nanoTime());
    }

    @Override
    public void close() {}
  }

  // ---- the backplanes

  private Order outbox() throws Exception {
    Map<String, String> keys =
        Map.of(
            "starcast.backplane",
            "postgresql",
            "starcast.backplane.postgresql.create",
            "true",
            "starcast.backplane.postgresql.schema",
            "bench_" + ++schemas);
    return new Nodes(
        new PostgresBackplane(Settings.config(keys), source, Settings.SCHEDULER),
        new PostgresBackplane(Settings.config(keys), source, Settings.SCHEDULER));
  }

  private Order nats(NatsServer broker) throws Exception {
    schemas++;
    Map<String, String> keys =
        Map.of(
            "starcast.backplane",
            "nats",
            "starcast.backplane.nats.servers",
            broker.url(),
            "starcast.backplane.nats.stream",
            "BENCH-" + schemas,
            "starcast.backplane.nats.subject-prefix",
            "bench.s" + schemas);
    return new Nodes(
        new NatsBackplane(Settings.config(keys), Settings.SCHEDULER),
        new NatsBackplane(Settings.config(keys), Settings.SCHEDULER));
  }

  private static OutgoingEvent envelope(int number) {
    return new EncodedEvent(
        List.of("bought"), null, List.of(), null, SseFormat.draft(null, null, number + DATA, null));
  }

  /** One publishes, the other receives. */
  private static final class Nodes extends Order implements Backplane.Receiver {
    private final Backplane one;
    private final Backplane two;

    Nodes(Backplane one, Backplane two) throws Exception {
      this.one = one;
      this.two = two;
      one.start(new Deaf(), PostgresBench::daemon).toCompletableFuture().get();
      two.start(this, PostgresBench::daemon).toCompletableFuture().get();
    }

    @Override
    void publish(Connection transaction, int number) {
      if (one instanceof Backplane.Transactional transactional) {
        transactional.appendInTransaction(List.of(envelope(number)));
      }
    }

    @Override
    void committed(int number) {
      if (one instanceof Backplane.Transactional transactional) {
        transactional.committed();
      } else {
        one.append(envelope(number));
      }
    }

    @Override
    Backplane backplane() {
      return one;
    }

    @Override
    public void began(String epoch, long after, List<? extends StoredEvent> states) {}

    @Override
    public void received(StoredEvent event, OutgoingEvent envelope) {
      String data = SseFormat.decode(event.bytes(), event.length()).data().orElseThrow();
      receive(Integer.parseInt(data.substring(0, data.indexOf(' '))));
    }

    @Override
    public void missed(long upTo) {
      throw new IllegalStateException("missed events up to " + upTo);
    }

    @Override
    public void commanded(long sequence, String type, byte[] body) {}

    @Override
    public List<? extends StoredEvent> states() {
      return List.of();
    }

    @Override
    public void close() {
      one.close();
      two.close();
    }
  }

  private static final class Deaf implements Backplane.Receiver {
    @Override
    public void began(String epoch, long after, List<? extends StoredEvent> states) {}

    @Override
    public void received(StoredEvent event, OutgoingEvent envelope) {}

    @Override
    public void missed(long upTo) {}

    @Override
    public void commanded(long sequence, String type, byte[] body) {}

    @Override
    public List<? extends StoredEvent> states() {
      return List.of();
    }
  }

  // ---- the other ways

  /** Asks every millisecond for what is new. */
  private abstract class Polled extends Order {
    private volatile boolean closed;

    Polled(String create, String select) {
      database.execute(create);
      daemon(() -> poll(select)).start();
    }

    private void poll(String select) {
      long xid = 0;
      long id = 0;
      try (Connection connection = source.getConnection();
          PreparedStatement statement = connection.prepareStatement(select)) {
        while (!closed) {
          statement.setString(1, Long.toString(xid));
          statement.setLong(2, id);
          try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
              xid = result.getLong(1);
              id = result.getLong(2);
              String body = result.getString(3);
              receive(Integer.parseInt(body.substring(0, body.indexOf(' '))));
            }
          }
          LockSupport.parkNanos(1_000_000);
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    final void insert(Connection transaction, String sql, int number) throws SQLException {
      try (PreparedStatement statement = transaction.prepareStatement(sql)) {
        statement.setString(1, number + DATA);
        statement.execute();
      }
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  /** Whoever has inserted keeps all others from it until he has committed. */
  private final class Locked extends Polled {
    Locked() {
      super(
          "DROP TABLE IF EXISTS locked; CREATE TABLE locked (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)",
          "SELECT 0, id, body FROM locked WHERE ?::text IS NOT NULL AND id > ? ORDER BY id");
    }

    @Override
    void publish(Connection transaction, int number) throws SQLException {
      insert(
          transaction,
          "WITH held AS (SELECT pg_advisory_xact_lock(1)) SELECT 1 FROM held WHERE ? <> ''",
          number);
      insert(transaction, "INSERT INTO locked (body) VALUES (?)", number);
    }
  }

  /** Nobody reads what is above the oldest transaction that is open. */
  private final class Marked extends Polled {
    Marked() {
      super(
          """
          DROP TABLE IF EXISTS marked;
          CREATE TABLE marked (xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
            id bigint GENERATED ALWAYS AS IDENTITY, body text, PRIMARY KEY (xid, id))
          """,
          """
          SELECT xid::text::bigint, id, body FROM marked WHERE (xid, id) > (?::xid8, ?)
            AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, id
          """);
    }

    @Override
    void publish(Connection transaction, int number) throws SQLException {
      insert(transaction, "INSERT INTO marked (body) VALUES (?)", number);
    }
  }

  // ---- measuring

  private static double alone(Order order) throws InterruptedException {
    Semaphore room = new Semaphore(PENDING);
    long begun = System.nanoTime();
    for (int i = 0; i < EVENTS; i++) {
      room.acquire();
      order.backplane().append(envelope(i)).whenComplete((sequence, failure) -> room.release());
    }
    room.acquire(PENDING);
    double rate = EVENTS / ((System.nanoTime() - begun) / 1e9);
    if (order.backplane().status().failed() > 0) {
      throw new IllegalStateException(order.backplane().status().toString());
    }
    return rate;
  }

  private void row(String name, Order order) throws Exception {
    List<Connection> connections = new ArrayList<>(); // open until what they took has been read
    try (order) {
      for (int i = 0; i < THREADS; i++) {
        connections.add(source.getConnection());
      }
      database.execute(
          "DROP TABLE IF EXISTS bought; CREATE TABLE bought (number integer PRIMARY KEY)");
      boolean told = order.getClass() != Order.class;
      AtomicInteger next = new AtomicInteger();
      buyAll(connections, order, next, TRANSACTIONS / 10); // as everything is cold
      double cpu = cpu();
      long wal = database.number("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn");
      long begun = System.nanoTime();
      buyAll(connections, order, next, next.get() + TRANSACTIONS);
      if (told) {
        awaitAll(order, 0, next.get());
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      wal = database.number("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn") - wal;
      cpu = cpu() - cpu;
      System.out.printf(
          "| %s | %,.0f | %s | %.2f ms | %,d B | %s |%n",
          name,
          TRANSACTIONS / seconds,
          told ? latencies(order, next) : "",
          cpu * 1000 / TRANSACTIONS,
          wal / TRANSACTIONS,
          told ? besideOneThatIsOpen(order, next) : "");
    }
    for (Connection connection : connections) {
      connection.close();
    }
  }

  /** Of all processes of the database that run now, in seconds; connections are kept meanwhile. */
  private double cpu() {
    return database.cpu().toNanos() / 1e9;
  }

  private void buyAll(List<Connection> connections, Order order, AtomicInteger next, int end)
      throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (Connection connection : connections) {
      Thread thread =
          daemon(
              () -> {
                try {
                  for (int n = next.getAndIncrement(); n < end; n = next.getAndIncrement()) {
                    buy(order, connection, n);
                  }
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    next.set(end);
  }

  private void buy(Order order, Connection connection, int number) throws SQLException {
    source.begin(connection);
    try {
      insert(connection, number);
      order.publish(connection, number);
      connection.commit();
    } finally {
      source.end();
    }
    order.committed(number);
  }

  private static void insert(Connection connection, int number) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO bought VALUES (?)")) {
      insert.setInt(1, number);
      insert.executeUpdate();
    }
  }

  private static void awaitAll(Order order, int from, int to) {
    long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    for (int number = from; number < to; number++) {
      while (order.received.get(number) == 0) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException(number + " was not received");
        }
        LockSupport.parkNanos(200_000);
      }
    }
  }

  /** One thread, 100 a second: from the return of commit. */
  private String latencies(Order order, AtomicInteger next) throws SQLException {
    int first = next.getAndAdd(PACED);
    long[] nanos = new long[PACED];
    try (Connection connection = source.getConnection()) {
      for (int i = 0; i < PACED; i++) {
        LockSupport.parkNanos(10_000_000);
        source.begin(connection);
        insert(connection, first + i);
        order.publish(connection, first + i);
        connection.commit();
        source.end();
        nanos[i] = System.nanoTime();
        order.committed(first + i);
      }
    }
    awaitAll(order, first, first + PACED);
    for (int i = 0; i < PACED; i++) {
      nanos[i] = Math.max(0, order.received.get(first + i) - nanos[i]);
    }
    Arrays.sort(nanos);
    return String.format("%.1f ms, %.1f ms", nanos[PACED / 2] / 1e6, nanos[PACED * 99 / 100] / 1e6);
  }

  /** From the begin of a transaction, while another has published, and does not commit yet. */
  private String besideOneThatIsOpen(Order order, AtomicInteger next) throws Exception {
    int number = next.getAndIncrement();
    int first = next.getAndAdd(20);
    Connection open = source.getConnection();
    source.begin(open);
    insert(open, number);
    order.publish(open, number);
    source.end();
    Settings.SCHEDULER.schedule(
        () -> {
          open.commit();
          open.close();
          order.committed(number);
          return null;
        },
        OPEN_MILLIS,
        TimeUnit.MILLISECONDS);
    long[] nanos = new long[20];
    try (Connection connection = source.getConnection()) {
      for (int i = 0; i < nanos.length; i++) {
        nanos[i] = System.nanoTime();
        buy(order, connection, first + i);
      }
    }
    awaitAll(order, number, first + nanos.length);
    long longest = 0;
    for (int i = 0; i < nanos.length; i++) {
      longest = Math.max(longest, order.received.get(first + i) - nanos[i]);
    }
    return String.format("%.0f ms", longest / 1e6);
  }
}
