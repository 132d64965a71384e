package org.starcast.internal.backplane;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.Message;
import io.nats.client.MessageHandler;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.Error;
import io.nats.client.api.MessageInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * One connection to the broker, which ends for good when it breaks.
 *
 * @param broker requests to the broker, which wait 4 s at most
 * @param consumers receives what is followed
 * @param inbox the subject that answers to published messages come to, less its last token
 */
record NatsSession(
    Connection connection, JetStreamManagement broker, Dispatcher consumers, String inbox) {

  private static final Duration REQUEST = Duration.ofSeconds(4);

  /**
   * Connects.
   *
   * @param answers is told what the broker answers to published messages
   */
  static NatsSession open(Options options, MessageHandler answers)
      throws IOException, InterruptedException {
    Connection connection = Nats.connect(options);
    try {
      JetStreamManagement broker =
          connection.jetStreamManagement(
              JetStreamOptions.builder().requestTimeout(REQUEST).build());
      String inbox = connection.createInbox() + ".";
      connection.createDispatcher(answers).subscribe(inbox + "*");
      return new NatsSession(connection, broker, connection.createDispatcher(), inbox);
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  boolean isConnected() {
    return connection.getStatus() == Connection.Status.CONNECTED;
  }

  /**
   * A message of a stream; null if it is not there.
   *
   * @throws IllegalArgumentException if the client cannot read it
   */
  MessageInfo message(String stream, long sequence) throws IOException, JetStreamApiException {
    try {
      Message answer =
          connection.request(
              "$JS.API.STREAM.MSG.GET." + stream,
              ("{\"seq\":" + sequence + "}").getBytes(StandardCharsets.US_ASCII),
              REQUEST);
      if (answer == null) {
        throw new IOException("no answer to the request for a message");
      }
      MessageInfo info = new MessageInfo(answer, stream, false);
      Error error = info.getErrorObject();
      if (error != null && error.getCode() != 404) {
        throw new JetStreamApiException(error);
      }
      return error == null ? info : null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Ends it; may take seconds when the broker does not read. */
  void close() {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
