package org.starcast.backplane;

import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.PublishAck;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbConfig;
import jakarta.json.bind.JsonbException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.starcast.MessageSource;
import org.starcast.SseMessage;
import org.starcast.wire.SseFormat;

/**
 * Publishes events from a program that is no node, such as a batch: without CDI and configuration,
 * with Starcast's jar and {@code io.nats:jnats} on the class path. The nodes must have made the
 * stream. Thread-safe.
 *
 * <pre>{@code
 * try (NatsPublisher publisher = NatsPublisher.connect("nats://127.0.0.1:4222")) {
 *   publisher.publish(SseMessage.builder().topic("orders.created").data(json).build());
 * }
 * }</pre>
 *
 * <p>Up to 2,048 events are under way at a time; {@link #publish} waits for an answer beyond that.
 */
public final class NatsPublisher implements AutoCloseable {

  private static final int WINDOW = 2_048;
  private static final int CLOSE_SECONDS = 10;
  private static final String DEFAULT_PREFIX = "starcast";

  private final Connection connection;
  private final boolean own;
  private final JetStream stream;
  private final NatsWire wire;
  private final Semaphore room = new Semaphore(WINDOW);

  private NatsPublisher(Connection connection, boolean own, String prefix) throws IOException {
    this.connection = connection;
    this.own = own;
    this.stream = connection.jetStream();
    this.wire = new NatsWire(prefix);
  }

  /**
   * Connects to a broker, for subjects that begin with {@code starcast}.
   *
   * @param url such as {@code nats://127.0.0.1:4222}
   * @throws IOException if it cannot be reached
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public static NatsPublisher connect(String url) throws IOException, InterruptedException {
    Connection connection =
        Nats.connect(
            new Options.Builder().server(url).connectionName("starcast-publisher").build());
    return new NatsPublisher(connection, true, DEFAULT_PREFIX);
  }

  /**
   * Uses a connection, which {@link #close} does not end.
   *
   * @param subjectPrefix the nodes' {@code starcast.backplane.nats.subject-prefix}
   * @throws IOException if the connection is closed
   */
  public static NatsPublisher using(Connection connection, String subjectPrefix)
      throws IOException {
    return new NatsPublisher(connection, false, subjectPrefix);
  }

  /**
   * Publishes a message, such as an {@link SseMessage}. Its data is a character sequence, or any
   * object where the program has JSON-B.
   *
   * @return the event's sequence when it is stored; fails with a {@link BackplaneException} if it
   *     is not, or may not be
   * @throws IllegalArgumentException if the message cannot be encoded
   * @throws IllegalStateException if the connection is closed, or the thread is interrupted while
   *     it waits
   */
  public CompletionStage<Long> publish(MessageSource source) {
    SseMessage message = source.toSseMessage();
    NatsWire.Outgoing outgoing =
        wire.event(
            new Envelope(
                message.topics(),
                message.sender().orElse(null),
                List.of(),
                message.coalesceKey().orElse(null),
                SseFormat.draft(
                    message.event().orElse(null),
                    message.retry().orElse(null),
                    message.data().map(NatsPublisher::text).orElse(null),
                    message.comment().orElse(null))),
            topic -> false);
    try {
      room.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while other events were under way", e);
    }
    CompletionStage<PublishAck> answer;
    try {
      answer = stream.publishAsync(outgoing.subject(), outgoing.headers(), outgoing.body());
    } catch (RuntimeException e) {
      room.release();
      throw e;
    }
    return answer.handle(
        (ack, failure) -> {
          room.release();
          if (failure != null) {
            throw new CompletionException(failed(failure));
          }
          return ack.getSeqno();
        });
  }

  private static BackplaneException failed(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !(cause instanceof JetStreamApiException)) {
      cause = cause.getCause();
    }
    boolean refused = cause instanceof JetStreamApiException;
    return new BackplaneException(
        refused ? "the broker refuses it" : "the broker does not answer", !refused, failure);
  }

  private static CharSequence text(Object data) {
    if (data instanceof CharSequence text) {
      return text;
    }
    try {
      return Json.text(data);
    } catch (LinkageError | JsonbException e) {
      throw new IllegalArgumentException(
          "data: cannot be turned into JSON, for which JSON-B is needed: "
              + data.getClass().getName(),
          e);
    }
  }

  /** What needs JSON-B, loaded when it is needed. */
  private static final class Json {

    private static final Jsonb JSON = JsonbBuilder.create(new JsonbConfig().withNullValues(true));

    private Json() {}

    static String text(Object data) {
      return JSON.toJson(data);
    }
  }

  /** Waits for answers, 10 s at most, and ends the connection if it is its own. */
  @Override
  public void close() {
    try {
      if (room.tryAcquire(WINDOW, CLOSE_SECONDS, TimeUnit.SECONDS)) {
        room.release(WINDOW);
      }
      if (own) {
        connection.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
