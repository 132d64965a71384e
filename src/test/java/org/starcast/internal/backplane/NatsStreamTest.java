package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.starcast.internal.config.BackplaneConfig;

/** The stream that several nodes make at once. */
@SuppressWarnings("try") // a connection's close() waits
class NatsStreamTest {

  private static final int NODES = 8;
  private static final int STREAMS = 300;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A server that is at it may say that the name is taken, or only that the subjects are. */
  @Test
  void nodesThatMakeTheStreamAtOnceAllGetIt() throws Exception {
    BackplaneConfig.Nats config =
        Settings.config(
                Map.of("starcast.backplane", "nats", "starcast.backplane.nats.storage", "memory"))
            .backplane()
            .nats();
    JetStreamOptions patient = JetStreamOptions.builder().requestTimeout(PATIENCE).build();
    NatsStream stream = new NatsStream(config, new NatsWire(config.subjectPrefix()).subjects());
    ExecutorService threads = Executors.newFixedThreadPool(NODES);
    List<Connection> connections = new ArrayList<>();
    try (NatsServer server = NatsServer.running()) {
      for (int i = 0; i < NODES; i++) {
        connections.add(server.connect());
      }
      CyclicBarrier together = new CyclicBarrier(NODES);
      for (int round = 0; round < STREAMS; round++) {
        List<Future<String>> opened = new ArrayList<>();
        for (Connection connection : connections) {
          JetStreamManagement broker = connection.jetStreamManagement(patient);
          opened.add(
              threads.submit(
                  () -> {
                    together.await();
                    return stream.open(broker).created();
                  }));
        }
        Set<String> created = new HashSet<>();
        for (Future<String> each : opened) {
          created.add(each.get());
        }
        assertThat(created).hasSize(1).noneMatch(time -> time.startsWith("-"));
        connections.get(0).jetStreamManagement(patient).deleteStream(config.stream());
      }
    } finally {
      threads.shutdownNow();
      for (Connection connection : connections) {
        connection.close();
      }
    }
  }
}
