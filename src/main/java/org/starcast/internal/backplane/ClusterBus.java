package org.starcast.internal.backplane;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.starcast.internal.backplane.BackplaneProducer.Chosen;
import org.starcast.internal.json.Json;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.FrameTemplate;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;

/**
 * Control messages between nodes, in the order of events: JSON objects of a type, for which parts
 * of the library have handlers. Of no use to applications. Thread-safe.
 */
@ApplicationScoped
public class ClusterBus {

  /** Takes messages of a type, one at a time, on a thread for which all events wait. */
  public interface Handler {
    /**
     * A message.
     *
     * @param at its position, the same for all nodes
     * @param node who sent it; this node gets its own, too
     */
    void handle(EventId at, String node, JsonObject body);
  }

  /** The type of a node's heartbeats. */
  public static final String NODE_ALIVE = "node-alive";

  /** The type of what says that a node is gone: {@code gone}, and its {@code last} heartbeat. */
  public static final String NODE_GONE = "node-gone";

  /** The type of presence's messages. */
  public static final String PRESENCE = "presence";

  private static final System.Logger LOG = System.getLogger("org.starcast.internal.backplane");

  private static final int MAX_TYPE_LENGTH = 64;

  /** The most commands that are sent until they are stored. */
  private static final int MAX_UNSTORED = 10_000;

  /** A command that is sent until it is stored. */
  private static final class Insistent {
    private final String type;
    private final JsonObject body;
    private final CompletableFuture<Void> stored = new CompletableFuture<>();
    private boolean failedBefore;

    Insistent(String type, JsonObject body) {
      this.type = type;
      this.body = body;
    }
  }

  private final Map<String, List<Handler>> handlers = new ConcurrentHashMap<>();
  private final List<BiConsumer<EventId, String>> whenStored = new CopyOnWriteArrayList<>();
  private final List<Runnable> whenMissed = new CopyOnWriteArrayList<>();
  private final List<Runnable> whenEnding = new CopyOnWriteArrayList<>();
  private final AtomicInteger unstored = new AtomicInteger();

  /** What was not stored, and waits for {@link #resend}; guarded by itself. */
  private final Queue<Insistent> failed = new ArrayDeque<>();

  private final String node = Long.toString(new SecureRandom().nextLong() >>> 8, 36);
  private final Backplane backplane;
  private volatile boolean ended;

  /** For the container's proxy. */
  ClusterBus() {
    this(null);
  }

  /** Over a backplane. */
  @Inject
  public ClusterBus(@Chosen Backplane backplane) {
    this.backplane = backplane;
  }

  /**
   * Checks the type of a command.
   *
   * @throws IllegalArgumentException if it is none
   */
  static String checkType(String type) {
    int length = type.length();
    if (length == 0 || length > MAX_TYPE_LENGTH) {
      throw new IllegalArgumentException(
          "type: must be 1 to " + MAX_TYPE_LENGTH + " characters, has " + length);
    }
    for (int i = 0; i < length; i++) {
      char c = type.charAt(i);
      if ((c < 'a' || c > 'z') && c != '-') {
        throw new IllegalArgumentException("type: must be of a-z and -, has another at " + i);
      }
    }
    return type;
  }

  /**
   * This node's name, which no other has, nor this one after a restart: a few of {@code a-z 0-9}.
   */
  public String node() {
    return node;
  }

  /** Whether there may be other nodes. */
  public boolean isShared() {
    return backplane.isShared();
  }

  /** Whether what is sent now has a chance to come soon. */
  public boolean isAvailable() {
    return backplane.status().available();
  }

  /**
   * Handles commands of this type from now on, after those who do so already.
   *
   * @param type 1 to 64 characters of {@code a-z -}
   */
  public void on(String type, Handler handler) {
    handlers.computeIfAbsent(type, t -> new CopyOnWriteArrayList<>()).add(handler);
  }

  /**
   * Hears of events that are stored with an idempotency key, in the order of events, as a {@link
   * Handler}; also of those that this node gets of the time before it started.
   */
  public void onStored(BiConsumer<EventId, String> stored) {
    whenStored.add(stored);
  }

  /** An event with an idempotency key has its position. */
  public void stored(EventId at, String key) {
    whenStored.forEach(listener -> listener.accept(at, key));
  }

  /**
   * Hears, as a {@link Handler}, that commands may have been lost, which other nodes may have got.
   */
  public void onMissed(Runnable missed) {
    whenMissed.add(missed);
  }

  /** Commands may have been lost. */
  public void missed() {
    whenMissed.forEach(Runnable::run);
  }

  /** Runs this before the node ends, when its clients have gone, and it can still send. */
  public void onEnding(Runnable ending) {
    whenEnding.add(ending);
  }

  /** The node ends: nothing is sent after this. */
  public void end() {
    if (!ended) {
      whenEnding.forEach(Runnable::run);
      resend();
      ended = true;
      resend();
    }
  }

  /**
   * Sends to all nodes, this one included.
   *
   * @return as {@link Backplane#command}
   */
  public CompletionStage<Void> send(String type, JsonObject body) {
    if (ended) {
      return CompletableFuture.failedStage(new BackplaneException("has ended", false, null));
    }
    JsonObject named = Json.createObjectBuilder(body).add("node", node).build();
    return backplane.command(type, named.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Publishes an event of the library's own, that other nodes may publish too: it is stored once.
   *
   * @param key the same on all nodes, see {@link OutgoingEvent#key}
   * @return as {@link Backplane#append}
   */
  public CompletionStage<Long> publish(String topic, String event, String data, String key) {
    return publish(topic, null, event, data, key);
  }

  /**
   * As above.
   *
   * @param sender the sender, or null
   * @param key the key, or null for an event that each node may publish
   */
  public CompletionStage<Long> publish(
      String topic, String sender, String event, String data, String key) {
    FrameTemplate draft = SseFormat.draft(event, null, data, null);
    return backplane.append(new EncodedEvent(List.of(topic), sender, Set.of(), null, key, draft));
  }

  /**
   * As {@link #send}, for what must not be lost: what is not stored, or may not be, is sent again
   * with this node's next heartbeat, until it is stored or the node ends. So it may come twice, and
   * late.
   *
   * @return done when it is certain to come; fails if the node ends before, or 10,000 others wait
   *     for the same, which is logged as an error
   */
  public CompletionStage<Void> sendUntilStored(String type, JsonObject body) {
    Insistent command = new Insistent(type, body);
    if (unstored.incrementAndGet() > MAX_UNSTORED) {
      giveUp(
          command,
          new BackplaneException("more than " + MAX_UNSTORED + " commands wait", false, null));
    } else {
      attempt(command);
    }
    return command.stored.minimalCompletionStage();
  }

  private void attempt(Insistent command) {
    send(command.type, command.body)
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                unstored.decrementAndGet();
                command.stored.complete(null);
              } else if (ended) {
                giveUp(command, failure);
              } else {
                later(command, failure);
              }
            });
  }

  private void later(Insistent command, Throwable failure) {
    if (!command.failedBefore) {
      command.failedBefore = true;
      LogMessage.COMMAND_RETRIED.log(LOG, command.type, failure.getMessage());
    }
    synchronized (failed) {
      failed.add(command);
    }
    if (ended) {
      resend();
    }
  }

  private void giveUp(Insistent command, Throwable failure) {
    unstored.decrementAndGet();
    LogMessage.COMMAND_LOST.log(LOG, command.type, failure.getMessage());
    command.stored.completeExceptionally(failure);
  }

  /** Sends again what must not be lost; called with each heartbeat. */
  public void resend() {
    List<Insistent> again;
    synchronized (failed) {
      again = List.copyOf(failed);
      failed.clear();
    }
    again.forEach(this::attempt);
  }

  /**
   * A command has come. One of a type that this node does not know is ignored, as nodes of
   * different versions may share a backplane.
   *
   * @throws IllegalArgumentException if it is malformed, as anybody may write to a broker, or a
   *     handler failed; all handlers were called, and the backplane counts and logs it
   */
  public void received(EventId at, String type, byte[] body) {
    List<Handler> those = handlers.get(type);
    if (those == null) {
      LogMessage.COMMAND_UNKNOWN.log(LOG);
      return;
    }
    IllegalArgumentException problem = null;
    try (JsonReader reader = Json.createReader(new ByteArrayInputStream(body))) {
      JsonObject command = reader.readObject();
      String sender = TopicName.checkText("node", command.getString("node"));
      for (Handler handler : those) {
        try {
          handler.handle(at, sender, command);
        } catch (RuntimeException e) {
          problem = problem(type, e);
        }
      }
    } catch (RuntimeException | StackOverflowError e) {
      problem = problem(type, e);
    }
    if (problem != null) {
      throw problem;
    }
  }

  private static IllegalArgumentException problem(String type, Throwable cause) {
    return new IllegalArgumentException(
        "command " + type + ": cannot be carried out: " + cause.getClass().getSimpleName(), cause);
  }
}
