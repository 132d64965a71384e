package org.starcast.internal.backplane;

import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.starcast.spi.Backplane;

class PostgresBackplaneTest extends BackplaneContract {

  @AutoClose private static PostgresServer server;
  private static int tests;

  @BeforeAll
  static void startServer() {
    server = PostgresServer.running();
  }

  @BeforeEach
  void anotherSchema() {
    tests++;
  }

  @Override
  public Backplane create(String... settings) {
    return new PostgresBackplane(
        Settings.config(keys(), settings), server.dataSource(), Settings.SCHEDULER);
  }

  private static Map<String, String> keys() {
    return Map.of(
        "starcast.backplane",
        "postgresql",
        "starcast.backplane.postgresql.create",
        "true",
        "starcast.backplane.postgresql.schema",
        "test_" + tests);
  }
}
