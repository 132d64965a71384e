package org.starcast.internal.backplane;

import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.starcast.spi.Backplane;

class NatsBackplaneTest extends BackplaneContract {

  @AutoClose private static NatsServer server;
  private static int tests;

  @BeforeAll
  static void startServer() {
    server = NatsServer.running();
  }

  @BeforeEach
  void anotherStream() {
    tests++;
  }

  @Override
  public Backplane create(String... settings) {
    return new NatsBackplane(Settings.config(keys(), settings), Settings.SCHEDULER);
  }

  private static Map<String, String> keys() {
    return Map.of(
        "starcast.backplane",
        "nats",
        "starcast.backplane.nats.servers",
        server.url(),
        "starcast.backplane.nats.stream",
        "TEST-" + tests,
        "starcast.backplane.nats.subject-prefix",
        "test.n" + tests);
  }
}
