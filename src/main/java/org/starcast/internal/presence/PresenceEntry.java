package org.starcast.internal.presence;

import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.starcast.internal.json.Json;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.LibraryEvents;

/**
 * A user's connections on one topic at one node. Immutable.
 *
 * @param state whether the user is away, as far as that node knows; never gone
 * @param clients how many are open; 0 in the grace period, and while away
 * @param since when the user joined, in milliseconds since 1970
 * @param opened when the last connection was opened, likewise
 * @param metadata that connection's, as JSON; null where it has none that can be sent
 */
record PresenceEntry(UserState state, int clients, long since, long opened, String metadata) {

  /** The most bytes of metadata that are sent. */
  private static final int MAX_METADATA = 1024;

  /**
   * Whom an entry is about, and where.
   *
   * @param topic a topic, or a pattern as subscribed to
   */
  record Key(String topic, String user) implements Comparable<Key> {

    private static final Comparator<Key> ORDER =
        Comparator.comparing(Key::topic).thenComparing(Key::user);

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }

    JsonObjectBuilder toJson() {
      return Json.createObjectBuilder().add("p", topic).add("u", user);
    }

    /**
     * Reads what {@link #toJson} wrote, from any node.
     *
     * @throws IllegalArgumentException if nobody can be there
     */
    static Key of(JsonObject json) {
      String topic = json.getString("p");
      CompiledPattern.of(topic);
      if (LibraryEvents.isOwnTopic(topic)) {
        throw new IllegalArgumentException("p: is reserved");
      }
      return new Key(topic, TopicName.checkText("u", json.getString("u")));
    }
  }

  /** Whether it says the same, but for when the user joined. */
  boolean isLike(PresenceEntry other) {
    return other != null && since(other.since).equals(other);
  }

  /** The same when all its connections are closed. */
  PresenceEntry closed() {
    return new PresenceEntry(state, 0, since, opened, metadata);
  }

  /** The same of a user who joined at another time. */
  PresenceEntry since(long joined) {
    return new PresenceEntry(state, clients, joined, opened, metadata);
  }

  int characters() {
    return metadata == null ? 0 : metadata.length();
  }

  JsonObjectBuilder toJson(Key key) {
    JsonObjectBuilder json = key.toJson().add("c", clients).add("s", since).add("o", opened);
    if (state == UserState.AWAY) {
      json.add("away", true);
    }
    return metadata == null ? json : json.add("m", metadata);
  }

  /**
   * Reads what {@link #toJson} wrote, from any node.
   *
   * @throws IllegalArgumentException if the metadata is too large
   */
  static PresenceEntry of(JsonObject json) {
    String metadata = json.getString("m", null);
    if (metadata != null && metadata.length() > MAX_METADATA) {
      throw new IllegalArgumentException("m: has more than " + MAX_METADATA + " characters");
    }
    return new PresenceEntry(
        json.getBoolean("away", false) ? UserState.AWAY : UserState.PRESENT,
        Math.max(0, json.getInt("c")),
        json.getJsonNumber("s").longValueExact(),
        json.getJsonNumber("o").longValueExact(),
        metadata);
  }

  /**
   * Returns metadata as JSON; null if it is empty, too large, or has a value that is no text,
   * number, boolean, map or collection. Calls nothing of the application's.
   */
  static String json(Map<String, Object> metadata) {
    if (metadata.isEmpty()) {
      return null;
    }
    try {
      String text = Json.createObjectBuilder(metadata).build().toString();
      return text.getBytes(StandardCharsets.UTF_8).length > MAX_METADATA ? null : text;
    } catch (RuntimeException | StackOverflowError e) {
      // a value that JSON-P has no JSON for, or a map within itself
      return null;
    }
  }

  /** The metadata, whose numbers are {@link Long} or {@link java.math.BigDecimal}; or empty. */
  Map<String, Object> values() {
    if (metadata == null) {
      return Map.of();
    }
    try (var reader = Json.createReader(new StringReader(metadata))) {
      return values(reader.readObject());
    } catch (JsonException | StackOverflowError e) {
      return Map.of();
    }
  }

  private static Map<String, Object> values(JsonObject object) {
    Map<String, Object> values = new LinkedHashMap<>();
    object.forEach((name, value) -> values.put(name, plain(value)));
    return Collections.unmodifiableMap(values);
  }

  private static Object plain(JsonValue value) {
    return switch (value.getValueType()) {
      case STRING -> ((JsonString) value).getString();
      case TRUE -> true;
      case FALSE -> false;
      case NULL -> null;
      case OBJECT -> values(value.asJsonObject());
      case ARRAY -> ((JsonArray) value).stream().map(PresenceEntry::plain).toList();
      case NUMBER -> number((JsonNumber) value);
    };
  }

  private static Object number(JsonNumber number) {
    try {
      return number.longValueExact();
    } catch (ArithmeticException e) {
      return number.bigDecimalValue();
    }
  }
}
