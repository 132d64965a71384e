package org.starcast.internal.backplane;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ReplayPolicy;
import io.nats.client.support.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Predicate;

/** Reads messages that the stream has, with a consumer for that alone. Waits for the broker. */
final class NatsReader {

  private static final int BATCH = 256;
  private static final int BATCH_BYTES = 256 << 10;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  // status codes of the broker: no message (any more), or the next one is larger than was asked for
  private static final int NO_MESSAGES = 404;
  private static final int TOO_LARGE = 409;

  private final Connection connection;
  private final JetStreamManagement broker;
  private final String stream;

  NatsReader(Connection connection, JetStreamManagement broker, String stream) {
    this.connection = connection;
    this.broker = broker;
    this.stream = stream;
  }

  /** A consumer that the broker forgets soon, in its memory, without acknowledgements. */
  static ConsumerConfiguration.Builder consumer() {
    return ConsumerConfiguration.builder()
        .ackPolicy(AckPolicy.None)
        .replayPolicy(ReplayPolicy.Instant)
        .memStorage(true)
        .numReplicas(1)
        .inactiveThreshold(Duration.ofSeconds(30));
  }

  /**
   * Hands messages over, in batches of 256 or 256 KiB, until there are no more or the sink says no.
   *
   * @throws IOException if the broker does not answer
   */
  void read(ConsumerConfiguration from, Predicate<Message> sink)
      throws IOException, JetStreamApiException, InterruptedException {
    String consumer = broker.createConsumer(stream, from).getName();
    String inbox = connection.createInbox();
    Subscription replies = connection.subscribe(inbox);
    try {
      boolean more = true;
      int batch = BATCH;
      while (more) {
        int got = batch(consumer, inbox, replies, batch, sink);
        // a first message that is larger than a batch comes alone
        batch = got == 0 ? 1 : BATCH;
        more = got >= 0;
      }
    } finally {
      replies.unsubscribe();
      try {
        broker.deleteConsumer(stream, consumer);
      } catch (JetStreamApiException e) {
        // the broker has forgotten it already
      }
    }
  }

  /** The messages of one request; 0 if the next one is too large; -1 if there are no more. */
  private int batch(
      String consumer, String inbox, Subscription replies, int count, Predicate<Message> sink)
      throws IOException, InterruptedException {
    connection.publish(
        "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer,
        inbox,
        ("{\"batch\":"
                + count
                + ",\"no_wait\":true"
                + (count == 1 ? "" : ",\"max_bytes\":" + BATCH_BYTES)
                + "}")
            .getBytes(StandardCharsets.US_ASCII));
    int got = 0;
    while (got < count) {
      Message message = replies.nextMessage(PATIENCE);
      if (message == null) {
        throw new IOException("no message within " + PATIENCE);
      }
      if (message.isStatusMessage()) {
        Status status = message.getStatus();
        if (status.getCode() == NO_MESSAGES) {
          return -1;
        }
        if (status.getCode() == TOO_LARGE && status.getMessage().contains("MaxBytes")) {
          return got;
        }
        // the consumer is gone with its server, say: there may be more
        throw new IOException("the broker reads no more: " + status.getCode());
      }
      got++;
      NatsMetadata metadata = NatsMetadata.of(message.getReplyTo());
      if (!sink.test(message) || metadata.pending() == 0) {
        return -1;
      }
    }
    return got;
  }
}
