package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.starcast.internal.backplane.BackplaneContract.envelope;
import static org.starcast.internal.backplane.BackplaneContract.get;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.starcast.internal.backplane.BackplaneContract.Node;
import org.starcast.internal.backplane.PostgresDatabase.Entry;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.spi.Backplane;

/** The rights of {@code server-config/postgresql/role.sql}: they are enough, and each is needed. */
class PostgresRightsTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Path ROLE = Path.of("server-config", "postgresql", "role.sql");
  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  @AutoClose private static PostgresServer server;
  private static int tests;

  @AutoClose private final PostgresNodes nodes = new PostgresNodes();
  private String schema;
  private String role;

  @BeforeAll
  static void startServer() {
    server = PostgresServer.running();
  }

  /** The tables of a schema, which another has made, and a role with the rights. */
  @BeforeEach
  void roleWithItsRights() throws Exception {
    tests++;
    schema = "rights_" + tests;
    role = "shop_" + tests;
    Node maker = nodes.starting(config("true"), server.dataSource());
    get(maker.started());
    // or it would do what the role may not
    maker.backplane().close();
    server.execute("CREATE ROLE " + role + " LOGIN");
    // which it has by default, but not where that was taken from all
    server.execute("REVOKE EXECUTE ON FUNCTION %s.append FROM PUBLIC".formatted(schema));
    server.execute(here(Files.readString(ROLE)).replace("TO shop", "TO " + role));
  }

  /** As it is for this test's schema. */
  private String here(String sql) {
    return sql.replace("starcast.", schema + ".").replace("SCHEMA starcast", "SCHEMA " + schema);
  }

  private StarcastConfig config(String create) {
    return Settings.config(
        Map.of(
            "starcast.backplane",
            "postgresql",
            "starcast.backplane.postgresql.schema",
            schema,
            "starcast.backplane.postgresql.create",
            create,
            "starcast.log.retain.a",
            "latest"));
  }

  private DataSource source() {
    PGSimpleDataSource source = server.dataSource();
    source.setUser(role);
    return source;
  }

  @Test
  void theyAreEnoughForAnApplication() throws Exception {
    Node node = nodes.node(config("false"), source());
    Backplane backplane = node.backplane();
    RecordingReceiver receiver = node.receiver();
    get(backplane.append(envelope("x", "a")));
    get(backplane.command("mark", new byte[0]));
    try (Connection connection = source().getConnection()) {
      publishInTransaction(connection);
    }
    server.execute(
        "UPDATE %s.event SET time = now() - interval '2 hours' WHERE sequence = 1"
            .formatted(schema));

    receiver.awaitEvents(2);
    await().atMost(LONG).until(() -> backplane.oldest() == 2);
    assertThat(get(backplane.read(1, 100))).hasSize(1);
  }

  @Test
  void theyAreEnoughForAllStatements() throws Exception {
    allStatements();
  }

  @ParameterizedTest
  @MethodSource("rightsOneByOne")
  void noneIsMoreThanIsNeeded(String right) throws Exception {
    server.execute("REVOKE %s FROM %s".formatted(here(right), role));

    assertThatExceptionOfType(SQLException.class)
        .isThrownBy(this::allStatements)
        .extracting(SQLException::getSQLState)
        .isEqualTo(INSUFFICIENT_PRIVILEGE);
  }

  /** Each that the file grants, as {@code SELECT ON starcast.event}. */
  static List<String> rightsOneByOne() throws IOException {
    List<String> rights = new ArrayList<>();
    Pattern grant = Pattern.compile("^GRANT (.+) ON (.+) TO shop;$", Pattern.MULTILINE);
    Matcher grants = grant.matcher(Files.readString(ROLE));
    while (grants.find()) {
      // UPDATE (epoch, floor) is two
      String privileges =
          grants.group(1).replaceAll("(\\w+) \\((\\w+), (\\w+)\\)", "$1 ($2), $1 ($3)");
      for (String privilege : privileges.split(", ")) {
        for (String object : grants.group(2).split(", ")) {
          rights.add(privilege + " ON " + object);
        }
      }
    }
    assertThat(rights).hasSize(14);
    return rights;
  }

  /** What a node does, each in a transaction of its own, as the backplane does it. */
  private void allStatements() throws SQLException {
    PostgresDatabase database =
        new PostgresDatabase(source(), config("false").backplane().postgresql());
    try (Connection connection = source().getConnection()) {
      publishInTransaction(connection);
      UUID node = UUID.randomUUID();
      for (long number = 1; number <= 3; number++) {
        database.append(
            connection, 0, node, List.of(new Entry(number, null, envelope("" + number, "a"))));
      }
      assertThat(database.isOutboxFilled(connection)).isFalse();
      PostgresDatabase.Slice all = database.follow(connection, 0, 0);
      assertThat(all.rows()).hasSizeGreaterThanOrEqualTo(4);
      assertThat(database.latest(connection, topic -> true, all.last(), 10)).isNotEmpty();
      database.expire(connection, List.of());
      database.renew(connection, all.epoch());
    }
  }

  /** As the application does: the table is its way in. */
  private void publishInTransaction(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO %s.outbox (topics, excepted, body) VALUES ('{a}', '{}', 'data: y\n')"
              .formatted(schema));
    }
  }
}
