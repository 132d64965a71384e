package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.starcast.FakeSink;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.backplane.LocalBackplane;
import org.starcast.internal.backplane.NatsBackplane;
import org.starcast.internal.backplane.NatsServer;
import org.starcast.internal.backplane.PostgresBackplane;
import org.starcast.internal.backplane.PostgresServer;
import org.starcast.internal.backplane.TransactionSource;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.payload.PayloadRule;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.writer.SinkWriter;
import org.starcast.spi.Backplane;
import org.starcast.testing.EventStreamParser;
import org.starcast.testing.ReceivedEvent;

/**
 * Business transactions that each insert a row and publish an event, on two nodes, processes of
 * their own, which are killed, as the database is. With PostgreSQL as the backplane rows and events
 * are the same set, in one order for all clients, who come back to the other node. With the others
 * it is counted how many rows nobody was ever told of: those whose node ended, or whose database
 * went away, between the commit and the publication. {@code -Dstarcast.test.chaos.transactions}
 * makes it longer.
 */
class CommitChaosTest {

  private static final int TRANSACTIONS =
      Integer.getInteger("starcast.test.chaos.transactions", 6_000);
  private static final int KILLS = 6;
  private static final int THREADS = 4;
  private static final Duration LONG = Duration.ofSeconds(120);

  /** The backplane of the nodes. */
  enum Kind {
    POSTGRESQL,
    NATS,
    LOCAL
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void rowsAndEventsAreTheSameSetThoughNodesAndDatabaseAreKilled(Kind kind, @TempDir Path folder)
      throws Exception {
    try (PostgresServer database = PostgresServer.running();
        NatsServer broker = kind == Kind.NATS ? NatsServer.running() : null) {
      database.execute("CREATE TABLE bought (number text PRIMARY KEY)");
      run(kind, database, broker == null ? "" : broker.url(), folder);
    }
  }

  private static void run(Kind kind, PostgresServer database, String broker, Path folder)
      throws Exception {
    List<Node> nodes = List.of(new Node(folder, 0), new Node(folder, 1));
    List<Reader> readers = new ArrayList<>();
    long begun = System.nanoTime();
    try {
      for (Node node : nodes) {
        node.start(kind, database.url(), broker);
      }
      for (int i = 0; i < 2; i++) {
        readers.add(new Reader(nodes, i, kind != Kind.LOCAL));
      }
      nodes.forEach(node -> node.say("go"));
      for (int i = 1; i <= KILLS; i++) {
        int rows = TRANSACTIONS * i / (KILLS + 1);
        await().atMost(LONG.multipliedBy(4)).until(() -> count(database) >= rows);
        if (i % 3 == 0) {
          database.kill();
          database.start();
        }
        Node node = nodes.get(i % 2);
        node.kill();
        node.start(kind, database.url(), broker);
        node.say("go");
      }
      await().atMost(LONG.multipliedBy(4)).until(() -> count(database) >= TRANSACTIONS);
      for (Node node : nodes) {
        node.say("stop");
      }
      for (Reader reader : readers) {
        await().atMost(LONG).until(() -> reader.hasHeard("last of 0", "last of 1"));
      }
      Set<String> rows = rows(database);
      if (kind == Kind.POSTGRESQL) {
        // what a node that was killed has left is appended by another, maybe behind the last ones
        for (Reader reader : readers) {
          await().atMost(LONG).until(() -> reader.bought().size() >= rows.size());
        }
      }
      check(kind, rows, readers, begun);
    } finally {
      readers.forEach(Reader::close);
      nodes.forEach(Node::kill);
    }
  }

  private static void check(Kind kind, Set<String> rows, List<Reader> readers, long begun) {
    Set<String> lost = new HashSet<>(rows);
    for (Reader reader : readers) {
      assertThat(reader.bought()).doesNotHaveDuplicates();
      assertThat(rows).containsAll(reader.bought());
      lost.removeAll(reader.bought());
    }
    if (kind == Kind.POSTGRESQL) {
      List<String> order = readers.get(0).bought();
      assertThat(order).hasSameSizeAs(rows);
      assertThat(readers.get(1).bought()).isEqualTo(order);
      readers.forEach(reader -> assertThat(reader.gaps()).isEmpty());
    }
    System.out.printf(
        "commit chaos, %s: %,d transactions, %d nodes killed, the database %d times, %d s:"
            + " %d rows that no client was told of%n",
        kind,
        rows.size(),
        KILLS,
        KILLS / 3,
        (System.nanoTime() - begun) / 1_000_000_000,
        lost.size());
  }

  private static long count(PostgresServer database) {
    return database.number("SELECT count(*) FROM bought");
  }

  private static Set<String> rows(PostgresServer database) throws SQLException {
    Set<String> rows = new HashSet<>();
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT number FROM bought")) {
      while (result.next()) {
        rows.add(result.getString(1));
      }
    }
    return rows;
  }

  /** A process, started again after it was killed. */
  private static final class Node {
    private final Path log;
    private final int slot;
    private volatile Process process;
    private volatile int port;
    private int starts;

    Node(Path folder, int slot) {
      this.log = folder.resolve("node-" + slot + ".log");
      this.slot = slot;
    }

    void start(Kind kind, String database, String broker) throws IOException {
      Process started =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  CommitChaosTest.class.getName(),
                  kind.name(),
                  database,
                  broker,
                  slot + "." + starts++)
              .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      process = started;
      String line =
          new BufferedReader(
                  new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8))
              .readLine();
      assertThat(line).as(() -> text(log)).isNotNull();
      port = Integer.parseInt(line);
    }

    private static String text(Path log) {
      try {
        return Files.readString(log);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void say(String line) {
      new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8).println(line);
    }

    void kill() {
      Process running = process;
      if (running == null) {
        return;
      }
      running.destroyForcibly();
      try {
        running.waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A client, which comes back with its last id, to the other node if that has the same order. */
  private static final class Reader {
    private final List<Node> nodes;
    private final boolean moves;
    private final List<ReceivedEvent> events = new ArrayList<>();
    private int slot;
    private volatile boolean closed;
    private volatile Socket socket;

    Reader(List<Node> nodes, int slot, boolean moves) {
      this.nodes = nodes;
      this.slot = slot;
      this.moves = moves;
      new Thread(this::read, "reader " + slot).start();
    }

    private void read() {
      EventStreamParser parser = new EventStreamParser();
      while (!closed) {
        try (Socket connection =
            new Socket(InetAddress.getLoopbackAddress(), nodes.get(slot).port)) {
          socket = connection;
          parser = new EventStreamParser(parser.lastEventId());
          new PrintStream(connection.getOutputStream(), true, StandardCharsets.UTF_8)
              .println(parser.lastEventId());
          InputStream in = connection.getInputStream();
          byte[] buffer = new byte[65_536];
          for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
            parser.feed(buffer, 0, length);
            synchronized (events) {
              for (EventStreamParser.Item item : parser.take()) {
                if (item instanceof ReceivedEvent event) {
                  events.add(event);
                }
              }
            }
          }
        } catch (IOException e) {
          LockSupport.parkNanos(5_000_000); // it is being started
        }
        slot = moves ? 1 - slot : slot;
      }
    }

    /** Of the order that it follows: of its own node alone, where nodes share none. */
    boolean hasHeard(String... last) {
      List<String> heard = data();
      return moves ? heard.containsAll(List.of(last)) : heard.contains(last[slot]);
    }

    List<String> bought() {
      return data().stream().filter(data -> !data.startsWith("last of ")).toList();
    }

    private List<String> data() {
      synchronized (events) {
        return events.stream().filter(event -> !event.isGap()).map(ReceivedEvent::data).toList();
      }
    }

    List<ReceivedEvent> gaps() {
      synchronized (events) {
        return events.stream().filter(ReceivedEvent::isGap).toList();
      }
    }

    void close() {
      closed = true;
      try {
        if (socket != null) {
          socket.close();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  // ---- the process of a node

  /** What a node runs: its kind, the database's URL, the broker's, its name. */
  public static void main(String[] args) throws Exception {
    new ResponseRuntime().beforeAll(null);
    Kind kind = Kind.valueOf(args[0]);
    TransactionSource database = new TransactionSource(args[1]);
    ExecutorService threads = Executors.newCachedThreadPool();
    DeliveryEngine engine = engine(kind, database, args[2], threads);
    ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(() -> accept(server, engine, threads));
    System.out.println(server.getLocalPort());
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    AtomicInteger working = new AtomicInteger();
    boolean[] stopping = new boolean[1];
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      if (order.equals("go")) {
        for (int i = 0; i < THREADS; i++) {
          String prefix = args[3] + "." + i + ".";
          working.incrementAndGet();
          threads.execute(
              () -> {
                buyAll(engine, kind, database, prefix, stopping);
                if (working.decrementAndGet() == 0) {
                  publish(engine, "last of " + args[3].charAt(0));
                }
              });
        }
      } else {
        synchronized (stopping) {
          stopping[0] = true;
        }
      }
    }
    System.exit(0); // the test has ended
  }

  private static boolean isSet(boolean[] flag) {
    synchronized (flag) {
      return flag[0];
    }
  }

  private static DeliveryEngine engine(
      Kind kind, DataSource source, String broker, ExecutorService threads) {
    Map<String, String> values = new HashMap<>();
    values.put("starcast.backplane", kind.name().toLowerCase(Locale.ROOT));
    values.put("starcast.drain-window", "PT0S");
    values.put("starcast.backplane.start-timeout", "PT1M");
    values.put("starcast.backplane.postgresql.create", "true");
    if (kind == Kind.NATS) {
      values.put("starcast.backplane.nats.servers", broker);
    }
    StarcastConfig config =
        StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
    ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    Backplane backplane =
        switch (kind) {
          case POSTGRESQL -> new PostgresBackplane(config, source, scheduler);
          case NATS -> new NatsBackplane(config, scheduler);
          case LOCAL -> new LocalBackplane(config);
        };
    return new DeliveryEngine(
        config,
        backplane,
        Thread::new,
        threads,
        threads,
        new PayloadRule()::apply,
        null,
        null,
        new Quiet());
  }

  private static void accept(ServerSocket server, DeliveryEngine engine, ExecutorService threads) {
    while (true) {
      try {
        Socket socket = server.accept();
        threads.execute(() -> serve(socket, engine));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static void serve(Socket socket, DeliveryEngine engine) {
    try {
      String id =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
              .readLine();
      Subscription bought = Subscription.to("bought");
      Client client =
          (Client)
              engine.register(
                  FakeSink.manual(),
                  bought.resumeFrom(id.isEmpty() ? Subscription.EARLIEST : id),
                  null);
      client.writer(new SocketWriter(socket));
      client.writable();
    } catch (IOException | RefusedException e) {
      new SocketWriter(socket).abort(); // not ready yet: the client comes back
    }
  }

  private static void buyAll(
      DeliveryEngine engine,
      Kind kind,
      TransactionSource database,
      String prefix,
      boolean[] stopping) {
    int n = 0;
    while (!isSet(stopping)) {
      try (Connection connection = database.getConnection()) {
        for (; !isSet(stopping); n++) {
          buy(engine, kind, database.begin(connection), prefix + n, n % 10 == 9);
          database.end();
        }
      } catch (SQLException | RuntimeException e) {
        database.end();
        n++; // whether it has committed, the table knows
        LockSupport.parkNanos(5_000_000); // the database is away
      }
    }
  }

  private static void buy(
      DeliveryEngine engine, Kind kind, Connection connection, String number, boolean rollback)
      throws SQLException {
    SseMessage message = SseMessage.builder().topic("bought").data(number).build();
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO bought VALUES (?)")) {
      insert.setString(1, number);
      insert.executeUpdate();
    }
    if (kind == Kind.POSTGRESQL) {
      engine.publishInTransaction(List.of(message));
    }
    if (rollback) {
      connection.rollback();
      return;
    }
    connection.commit();
    if (kind == Kind.POSTGRESQL) {
      engine.committed();
    } else {
      publish(engine, number);
    }
  }

  private static void publish(DeliveryEngine engine, String data) {
    engine.publish(SseMessage.builder().topic("bought").data(data).build(), Set.of());
  }

  /** Writes to a client that reads all the time. */
  private record SocketWriter(Socket socket) implements SinkWriter {

    @Override
    public String name() {
      return "socket";
    }

    @Override
    public boolean isGzip() {
      return false;
    }

    @Override
    public void start() {
      // it is told by the one that made it
    }

    @Override
    public boolean write(byte[] bytes, int offset, int length) throws IOException {
      socket.getOutputStream().write(bytes, offset, length);
      return true;
    }

    @Override
    public boolean resume() {
      return true;
    }

    @Override
    public boolean progressed() {
      return false;
    }

    @Override
    public void close() {
      abort();
    }

    @Override
    public void abort() {
      try {
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final class Quiet implements EngineListener {
    @Override
    public void opened(SseClient client) {}

    @Override
    public void closed(SseClient client, CloseReason reason) {}

    @Override
    public void unpublished(SseMessage message, Throwable failure) {}

    @Override
    public void commanded(EventId at, String type, byte[] body) {}
  }
}
