package org.starcast.internal.backplane;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.starcast.internal.logging.LogMessage;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.LoggedEvent;

/**
 * What nodes tell each other, in the order of events: JSON objects of a type, for which parts of
 * the library have handlers. Of no use to applications. Thread-safe.
 */
@ApplicationScoped
public class Commands {

  /** Takes commands of a type, one at a time, on a thread for which all events wait. */
  public interface Handler {
    /**
     * A command.
     *
     * @param node who sent it; this node gets its own, too
     */
    void handle(String node, JsonObject body);
  }

  /** The type of a node's heartbeats. */
  public static final String NODE_ALIVE = "node-alive";

  /** The type of what nodes tell of their clients' users. */
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
  private final Map<String, Consumer<LoggedEvent>> listeners = new ConcurrentHashMap<>();
  private final List<BiConsumer<String, String>> whenGone = new CopyOnWriteArrayList<>();
  private final List<Runnable> whenMissed = new CopyOnWriteArrayList<>();
  private final List<Runnable> whenEnding = new CopyOnWriteArrayList<>();
  private final AtomicInteger unstored = new AtomicInteger();

  /** What was not stored, and waits for {@link #resend}; guarded by itself. */
  private final Queue<Insistent> failed = new ArrayDeque<>();

  private final String node = Long.toString(new SecureRandom().nextLong() >>> 8, 36);
  private volatile Backplane backplane;
  private volatile boolean ended;

  /** For the container. */
  public Commands() {}

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

  /** Has them go this way. */
  public void bind(Backplane backplane) {
    this.backplane = backplane;
  }

  /** Whether there may be other nodes. */
  public boolean isShared() {
    return backplane != null && backplane.isShared();
  }

  /** Whether what is sent now has a chance to come soon. */
  public boolean isAvailable() {
    return backplane != null && backplane.status().available();
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
   * Hears of events of topics that begin so, in the order of events, as a {@link Handler}; also of
   * those that this node gets of the time before it started.
   */
  public void onEvent(String prefix, Consumer<LoggedEvent> listener) {
    listeners.put(prefix, listener);
  }

  /** An event has its place. */
  public void received(LoggedEvent event) {
    if (!listeners.isEmpty()) {
      listeners.forEach(
          (prefix, listener) -> {
            if (event.topics().stream().anyMatch(topic -> topic.startsWith(prefix))) {
              guard(prefix, () -> listener.accept(event));
            }
          });
    }
  }

  /**
   * Hears which node is gone, and who said so first: in the order of events, as a {@link Handler}.
   * A node that stops says it of itself. One that others took for gone may send again.
   */
  public void onGone(BiConsumer<String, String> gone) {
    whenGone.add(gone);
  }

  /** A node is gone for all, as another one said; on the thread of a handler. */
  public void gone(String gone, String by) {
    whenGone.forEach(listener -> listener.accept(gone, by));
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
  public void received(String type, byte[] body) {
    List<Handler> those = handlers.get(type);
    if (those == null) {
      LogMessage.COMMAND_UNKNOWN.log(LOG);
      return;
    }
    IllegalArgumentException problem = null;
    try (JsonReader reader = Json.createReader(new ByteArrayInputStream(body))) {
      JsonObject command = reader.readObject();
      String sender = command.getString("node");
      for (Handler handler : those) {
        try {
          handler.handle(sender, command);
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

  private static void guard(String prefix, Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LogMessage.CONTROL_MALFORMED.log(LOG, prefix, e.getClass().getSimpleName());
    }
  }
}
