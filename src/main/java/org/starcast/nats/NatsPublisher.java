package org.starcast.nats;

import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.starcast.MessageSource;
import org.starcast.SseMessage;
import org.starcast.internal.backplane.EncodedEvent;
import org.starcast.internal.backplane.NatsOptions;
import org.starcast.internal.backplane.NatsOutbox;
import org.starcast.internal.backplane.NatsStream;
import org.starcast.internal.backplane.NatsWire;
import org.starcast.internal.payload.PayloadRule;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.BackplaneException;

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
 * <p>The events of one thread are stored in its order, but for what a broker loses as it fails, or
 * refuses while it takes what was sent after it. What the broker does not answer, or cannot take
 * for the moment, is repeated with the same message id, also when the connection was lost and made
 * anew, so that it is stored once. After 20 s the event has failed: that is below the least
 * duplicate window that nodes allow a stream, so nothing is repeated that the broker has forgotten.
 *
 * <p>Up to 2,048 events of 8 KiB, or fewer that are larger, are under way at a time; {@link
 * #publish} waits for an answer beyond that. The stages that it returns complete on threads of the
 * client: what depends on them must not publish or wait there.
 */
public final class NatsPublisher implements AutoCloseable {

  // what is under way takes units of room
  private static final int ROOM = 2_048;
  private static final int UNIT_BYTES = 8 << 10;

  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final int CLOSE_SECONDS = 10;
  private static final long TICK_MILLIS = 100;
  private static final long REFUSED_MILLIS = 500;
  private static final long FIRST_DELAY_MILLIS = 100;
  private static final long LAST_DELAY_MILLIS = 2_000;
  private static final String DEFAULT_PREFIX = "starcast";

  private static final PayloadRule PAYLOADS = new PayloadRule();

  private final Options options;
  private final NatsWire wire;
  private final NatsOutbox outbox;
  private final Semaphore room = new Semaphore(ROOM, true);
  private final Thread keeper;
  private volatile boolean closing;
  private volatile boolean closed;

  private NatsPublisher(Options options, String prefix, Duration timeout)
      throws IOException, InterruptedException {
    this.options = options;
    this.wire = new NatsWire(prefix);
    this.outbox = new NatsOutbox(ROOM, Long.MAX_VALUE, timeout, "", () -> {}, System::nanoTime);
    Connection first = open();
    this.keeper = new Thread(() -> keep(first), "starcast-publisher");
    keeper.setDaemon(true);
    keeper.start();
  }

  /**
   * Connects to a broker, for subjects that begin with {@code starcast}.
   *
   * @param url such as {@code nats://127.0.0.1:4222}
   * @throws IOException if it cannot be reached
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public static NatsPublisher connect(String url) throws IOException, InterruptedException {
    return connect(
        new Options.Builder().server(url).connectionName("starcast-publisher").build(),
        DEFAULT_PREFIX);
  }

  /**
   * Connects to a broker, with credentials or TLS, say.
   *
   * @param options how; what they say of reconnecting, pings, and the queue of what is sent, is not
   *     used
   * @param subjectPrefix the nodes' {@code starcast.backplane.nats.subject-prefix}
   * @throws IOException if it cannot be reached
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public static NatsPublisher connect(Options options, String subjectPrefix)
      throws IOException, InterruptedException {
    return connect(options, subjectPrefix, TIMEOUT);
  }

  /**
   * As above.
   *
   * @param timeout after which an event has failed, less than {@link NatsStream#MIN_WINDOW}
   */
  static NatsPublisher connect(Options options, String subjectPrefix, Duration timeout)
      throws IOException, InterruptedException {
    return new NatsPublisher(options, subjectPrefix, timeout);
  }

  private Connection open() throws IOException, InterruptedException {
    return Nats.connect(NatsOptions.ofOneConnection(new Options.Builder(options)).build());
  }

  /** Has a connection, and another when that is lost, until this is closed. */
  private void keep(Connection first) {
    Connection connection = first;
    long delay = FIRST_DELAY_MILLIS;
    try {
      while (!closed) {
        try {
          if (connection == null) {
            connection = open();
          }
          delay = FIRST_DELAY_MILLIS;
          serve(connection);
        } catch (IOException | RuntimeException e) {
          // it is away: who publishes is told when it takes too long
        }
        connection = null;
        outbox.expire();
        Thread.sleep(closed ? 0 : delay);
        delay = Math.min(LAST_DELAY_MILLIS, delay * 2);
      }
    } catch (InterruptedException e) {
      // nobody does so
      Thread.currentThread().interrupt();
    }
  }

  /** Sends by a connection until that is lost, or this is closed. */
  private void serve(Connection connection) throws InterruptedException {
    try {
      String inbox = connection.createInbox() + ".";
      connection.createDispatcher(outbox::answered).subscribe(inbox + "*");
      outbox.resume(connection, inbox, NatsStream.MIN_WINDOW, false);
      while (!closed && connection.getStatus() == Connection.Status.CONNECTED) {
        Thread.sleep(TICK_MILLIS);
        boolean overdue = outbox.expire();
        if (outbox.isPaused()) {
          Thread.sleep(REFUSED_MILLIS);
          overdue = true;
        }
        if (overdue) {
          outbox.resume(connection, inbox, NatsStream.MIN_WINDOW, false);
        }
      }
    } finally {
      outbox.pause();
      connection.close();
    }
  }

  /**
   * Publishes a message, such as an {@link SseMessage}. Its data is text or markup, or any object
   * where the program has JSON-B; there are no {@link org.starcast.PayloadEncoder}s here.
   *
   * @return the event's sequence when it is stored; fails with a {@link BackplaneException} if it
   *     is not, or may not be
   * @throws IllegalArgumentException if the message cannot be encoded
   * @throws IllegalStateException if this is closed, or the thread is interrupted while it waits
   */
  public CompletionStage<Long> publish(MessageSource source) {
    SseMessage message = PAYLOADS.apply(SseMessage.of(source));
    NatsWire.Outgoing outgoing =
        wire.event(
            new EncodedEvent(
                message.topics(),
                message.sender().orElse(null),
                List.of(),
                message.coalesceKey().orElse(null),
                SseFormat.draft(
                    message.event().orElse(null),
                    message.retry().orElse(null),
                    message.data().map(CharSequence.class::cast).orElse(null),
                    message.comment().orElse(null))),
            topic -> false);
    int units = Math.min(ROOM, 1 + outgoing.size() / UNIT_BYTES);
    try {
      room.acquire(units);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while other events were under way", e);
    }
    if (closing) {
      room.release(units);
      throw new IllegalStateException("the publisher is closed");
    }
    CompletableFuture<Long> stored = outbox.append(outgoing, null, false);
    stored.whenComplete((sequence, failure) -> room.release(units));
    return stored;
  }

  /** Waits for answers, 10 s at most, and ends the connection. */
  @Override
  public void close() {
    closing = true;
    try {
      if (room.tryAcquire(ROOM, CLOSE_SECONDS, TimeUnit.SECONDS)) {
        room.release(ROOM);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closed = true;
    outbox.close();
    try {
      keeper.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
