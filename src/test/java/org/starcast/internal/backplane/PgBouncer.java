package org.starcast.internal.backplane;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.postgresql.ds.PGSimpleDataSource;
import org.starcast.Programs;

/**
 * A real PgBouncer in transaction mode, before a database. Its binary is that of the system
 * property {@code pgbouncer}, on the path, or where Debian has it; without it the test is skipped.
 */
final class PgBouncer implements AutoCloseable {

  private final int port = NatsServer.freePort();
  private final Path directory = Files.createTempDirectory("pgbouncer");
  private final Process process;

  private PgBouncer(Path binary, PostgresServer server) throws IOException {
    Path settings = directory.resolve("pgbouncer.ini");
    Files.writeString(directory.resolve("users.txt"), "\"%s\" \"\"\n".formatted(server.user()));
    Files.writeString(
        settings,
        """
        [databases]
        postgres = host=127.0.0.1 port=%d dbname=postgres user=%s
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = %d
        unix_socket_dir =
        auth_type = trust
        auth_file = %s
        pool_mode = transaction
        default_pool_size = 4
        ignore_startup_parameters = extra_float_digits
        """
            .formatted(server.port(), server.user(), port, directory.resolve("users.txt")));
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      directory.toFile().setExecutable(true, false);
      directory.toFile().setReadable(true, false);
      command.addAll(List.of("setpriv", "--reuid", "nobody", "--clear-groups", "--"));
    }
    command.addAll(List.of(binary.toString(), settings.toString()));
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Awaitility.await().atMost(60, TimeUnit.SECONDS).until(this::answers);
  }

  /** One that runs. */
  static PgBouncer running(PostgresServer server) throws IOException {
    Optional<Path> binary =
        Programs.find(System.getProperty("pgbouncer", ""), "pgbouncer", "/usr/sbin");
    Assumptions.assumeTrue(
        binary.isPresent(), "there is no pgbouncer on the path, nor -Dpgbouncer=<file>");
    return new PgBouncer(binary.get(), server);
  }

  private boolean answers() {
    try (Connection connection = dataSource().getConnection()) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  /** A new connection each time, without what is prepared at the server. */
  PGSimpleDataSource dataSource() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl("jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=starcast");
    source.setPrepareThreshold(0);
    return source;
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
