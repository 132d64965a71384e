package org.starcast.backplane;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What nodes tell each other, in the order of events: JSON objects of a type, for which a part of
 * the library has a handler. Of no use to applications. Thread-safe.
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

  private static final System.Logger LOG = System.getLogger("org.starcast.backplane");

  private static final int MAX_TYPE_LENGTH = 64;

  private final Map<String, Handler> handlers = new ConcurrentHashMap<>();
  private final String node = Long.toString(new SecureRandom().nextLong() >>> 8, 36);
  private volatile Backplane backplane;

  /** For the container. */
  Commands() {}

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
   * Handles commands of this type from now on.
   *
   * @param type 1 to 64 characters of {@code a-z -}
   */
  public void on(String type, Handler handler) {
    handlers.put(type, handler);
  }

  /**
   * Sends to all nodes, this one included.
   *
   * @return as {@link Backplane#command}
   */
  public CompletionStage<Void> send(String type, JsonObject body) {
    JsonObject named = Json.createObjectBuilder(body).add("node", node).build();
    return backplane.command(type, named.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A command has come; what is none is ignored with a warning, as anybody may write to a broker.
   */
  public void received(String type, byte[] body) {
    Handler handler = handlers.get(type);
    if (handler == null) {
      LOG.log(System.Logger.Level.DEBUG, "a command of a type that this node does not know");
      return;
    }
    try (JsonReader reader = Json.createReader(new ByteArrayInputStream(body))) {
      JsonObject command = reader.readObject();
      handler.handle(command.getString("node"), command);
    } catch (RuntimeException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "STARCAST-1051: a command of type {0} was not understood: {1}",
          type,
          e.getClass().getSimpleName());
    }
  }
}
