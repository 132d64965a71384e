package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NatsReaderTest {

  private static final String STREAM = "READ";
  private static final int MESSAGES = 700;

  private NatsServer server;
  private Connection connection;
  private JetStreamManagement broker;

  @BeforeEach
  void startServer() throws Exception {
    server = NatsServer.running();
    connection = server.connect();
    broker = connection.jetStreamManagement();
    broker.addStream(StreamConfiguration.builder().name(STREAM).subjects("read.>").build());
  }

  private void fill(int largest) throws Exception {
    for (int i = 0; i < MESSAGES; i++) {
      connection.jetStream().publish("read.a", new byte[i % 100 == 0 ? largest : 10]);
    }
  }

  @AfterEach
  void stop() throws Exception {
    if (connection != null) {
      connection.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private static ConsumerConfiguration all() {
    return NatsReader.consumer().deliverPolicy(DeliverPolicy.All).build();
  }

  @Test
  void allIsReadWhateverItsSizeAndTheConsumerForgotten() throws Exception {
    fill(200_000);
    AtomicInteger read = new AtomicInteger();

    new NatsReader(connection, broker, STREAM).read(all(), message -> read.incrementAndGet() > 0);

    assertThat(read).hasValue(MESSAGES);
    assertThat(broker.getConsumerNames(STREAM)).isEmpty();
  }

  @Test
  void aReadingThatTheBrokerBreaksOffIsNotTheEnd() throws Exception {
    fill(10);
    AtomicInteger read = new AtomicInteger();

    assertThatThrownBy(
            () ->
                new NatsReader(connection, broker, STREAM)
                    .read(
                        all(),
                        message -> {
                          // the last one of a batch, so that the next is asked of nobody
                          if (read.incrementAndGet() == 256) {
                            forgetConsumers();
                          }
                          return true;
                        }))
        .isInstanceOf(IOException.class);
    assertThat(read).hasValue(256);
  }

  /** As when the server that has them ends. */
  private void forgetConsumers() {
    try {
      for (String consumer : broker.getConsumerNames(STREAM)) {
        broker.deleteConsumer(STREAM, consumer);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
