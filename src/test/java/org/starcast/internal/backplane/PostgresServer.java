package org.starcast.internal.backplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.postgresql.ds.PGSimpleDataSource;
import org.starcast.Programs;

/**
 * A real PostgreSQL, on a port and a directory of its own that outlive its restarts. The binaries
 * are in the folder of the system property {@code postgresql}, on the path, or where Debian has
 * them; where there are none the test is skipped. It does not run as root: then as {@code postgres}
 * or {@code nobody}.
 */
public final class PostgresServer implements AutoCloseable {

  private static final String USER = "starcast";

  private final Path binaries;
  private final Path directory;
  private final Map<String, String> environment = new HashMap<>();
  private final int port = NatsServer.freePort();
  private volatile Process process;

  private PostgresServer(Path binaries, String tool, String... arguments) {
    this.binaries = binaries;
    try {
      directory = Files.createTempDirectory("postgresql");
      run("chown", owner(), directory.toString());
      List<String> all = new ArrayList<>(List.of("-D", data(), "-U", USER, "--no-sync"));
      all.addAll(List.of(arguments));
      run(as(tool, all.toArray(String[]::new)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // when the tests are interrupted
    Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
  }

  /** A server that runs. */
  public static PostgresServer running() {
    PostgresServer server = new PostgresServer(binaries(), "initdb", "--auth=trust", "-E", "UTF8");
    server.start();
    return server;
  }

  /**
   * A server that runs, and whose clock can be {@linkplain #clock set}: by libfaketime, without
   * which the test is skipped. What measures time spans is not changed.
   */
  public static PostgresServer withClock() {
    PostgresServer server = new PostgresServer(binaries(), "initdb", "--auth=trust", "-E", "UTF8");
    server.environment.putAll(
        Map.of(
            "LD_PRELOAD",
            faketime().toString(),
            "FAKETIME_TIMESTAMP_FILE",
            server.clockFile().toString(),
            "FAKETIME_NO_CACHE",
            "1",
            "FAKETIME_DONT_FAKE_MONOTONIC",
            "1"));
    server.clock(Duration.ZERO);
    server.start();
    return server;
  }

  private static Path faketime() {
    Optional<Path> found = Optional.empty();
    try (Stream<Path> architectures = Files.list(Path.of("/usr/lib"))) {
      found =
          architectures
              .map(place -> place.resolve("faketime/libfaketime.so.1"))
              .filter(Files::isReadable)
              .findFirst();
    } catch (IOException e) {
      // not there, then
    }
    Assumptions.assumeTrue(found.isPresent(), "there is no libfaketime, of the package faketime");
    return found.get();
  }

  private Path clockFile() {
    return directory.resolve("clock");
  }

  /** Sets the clock of a server that was made so: this far ahead of the machine's, or behind it. */
  public void clock(Duration ahead) {
    try {
      Files.writeString(clockFile(), "%+d".formatted(ahead.toSeconds()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A replica that runs, and follows this one, by streaming replication, until it is promoted. */
  public PostgresServer replica() {
    Assumptions.assumeTrue(
        Files.isExecutable(binaries.resolve("pg_basebackup")), "there is no pg_basebackup");
    PostgresServer server =
        new PostgresServer(
            binaries,
            "pg_basebackup",
            "-h",
            "127.0.0.1",
            "-p",
            Integer.toString(port),
            "--write-recovery-conf",
            "--checkpoint=fast");
    server.start();
    return server;
  }

  /** Makes a replica a server that takes writes; waits until it does. */
  public void promote() {
    execute("SELECT pg_promote()");
    Awaitility.await()
        .atMost(60, TimeUnit.SECONDS)
        .until(() -> number("SELECT pg_is_in_recovery()::int") == 0);
  }

  /** Whether there is one to be started. */
  public static boolean isInstalled() {
    return find().isPresent();
  }

  private static Path binaries() {
    Optional<Path> found = find();
    Assumptions.assumeTrue(
        found.isPresent(), "there is no PostgreSQL on the path, nor -Dpostgresql=<folder>");
    return found.get();
  }

  private static Optional<Path> find() {
    List<Path> places = new ArrayList<>();
    String given = System.getProperty("postgresql", "");
    if (given.isEmpty()) {
      Programs.path().forEach(places::add);
      for (int version = 20; version >= 13; version--) {
        places.add(Path.of("/usr/lib/postgresql/" + version + "/bin"));
      }
    } else {
      places.add(Path.of(given));
    }
    return places.stream()
        .filter(place -> Files.isExecutable(place.resolve("postgres")))
        .filter(place -> Files.isExecutable(place.resolve("initdb")))
        .findFirst()
        .map(PostgresServer::whereAllAre);
  }

  /** On the path there may be links to some of them. */
  private static Path whereAllAre(Path found) {
    try {
      return found.resolve("postgres").toRealPath().getParent();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static String owner() throws IOException {
    if (!isRoot()) {
      return System.getProperty("user.name");
    }
    boolean debian =
        Files.readAllLines(Path.of("/etc/passwd")).stream()
            .anyMatch(line -> line.startsWith("postgres:"));
    return debian ? "postgres" : "nobody";
  }

  private String data() {
    return directory.resolve("data").toString();
  }

  private String[] as(String binary, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(List.of("setpriv", "--reuid", owner(), "--clear-groups", "--"));
    }
    if (!environment.isEmpty()) {
      // not for setpriv: what libfaketime shares among processes has the owner of the first
      command.add("env");
      environment.forEach((name, value) -> command.add(name + "=" + value));
    }
    command.add(binaries.resolve(binary).toString());
    command.addAll(List.of(arguments));
    return command.toArray(String[]::new);
  }

  private void run(String... command) throws IOException {
    Path log = directory.resolveSibling(directory.getFileName() + ".log");
    Process run =
        new ProcessBuilder(command)
            .directory(Path.of("/").toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    try {
      if (run.waitFor() != 0) {
        throw new IOException(Files.readString(log));
      }
    } catch (InterruptedException e) {
      run.destroyForcibly();
      throw new IOException(e);
    }
    Files.deleteIfExists(log);
  }

  /** Starts it, again too, and waits until it answers. */
  public void start() {
    launch();
    Awaitility.await()
        .atMost(60, TimeUnit.SECONDS)
        .until(
            () -> {
              if (!process.isAlive()) {
                launch(); // one that served a connection was still ending
              }
              return answers();
            });
  }

  private void launch() {
    try {
      Files.deleteIfExists(Path.of(data(), "postmaster.pid"));
      process =
          new ProcessBuilder(
                  as(
                      "postgres",
                      "-D",
                      data(),
                      "-p",
                      Integer.toString(port),
                      "-c",
                      "listen_addresses=127.0.0.1",
                      "-c",
                      "unix_socket_directories="))
              .directory(Path.of("/").toFile())
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(
                      directory.resolveSibling(directory.getFileName() + ".log").toFile()))
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean answers() {
    try (Connection connection = dataSource().getConnection()) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  /** Kills it, with all that serve connections: nothing is told to anybody. */
  public void kill() {
    Process running = process;
    if (running == null) {
      return;
    }
    List<ProcessHandle> serving = running.descendants().toList();
    running.destroyForcibly();
    serving.forEach(ProcessHandle::destroyForcibly);
    try {
      running.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process = null;
  }

  /** Its URL for JDBC. */
  public String url() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=" + USER;
  }

  /** The port that it listens on, of 127.0.0.1. */
  public int port() {
    return port;
  }

  /** The name of its superuser, who needs no password. */
  public String user() {
    return USER;
  }

  /** A new connection each time. */
  public PGSimpleDataSource dataSource() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(url());
    source.setConnectTimeout(5);
    return source;
  }

  /**
   * The processor time that its processes have had, those of connections that are open included.
   */
  public Duration cpu() {
    Process running = process;
    return Stream.concat(Stream.of(running.toHandle()), running.descendants())
        .map(handle -> handle.info().totalCpuDuration().orElse(Duration.ZERO))
        .reduce(Duration.ZERO, Duration::plus);
  }

  /** Executes a file by psql, as one who applies migrations by hand does: any error fails it. */
  public void psql(Path file) {
    try {
      run(
          binaries.resolve("psql").toString(),
          "--no-psqlrc",
          "--set=ON_ERROR_STOP=1",
          "--single-transaction",
          "--file=" + file.toAbsolutePath(),
          "postgresql://" + USER + "@127.0.0.1:" + port + "/postgres");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Executes a statement. */
  public void execute(String sql) {
    try (Connection connection = dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The one number that a query has. */
  public long number(String sql) {
    try (Connection connection = dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    kill();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
      Files.deleteIfExists(directory.resolveSibling(directory.getFileName() + ".log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
