package org.starcast.presence;

import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.io.StringReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.starcast.internal.topic.CompiledPattern;

/**
 * What a node tells of a user's clients in one place, all of them its own. Immutable.
 *
 * @param clients how many are open
 * @param since when the user joined, in milliseconds since 1970
 * @param opened when the last client was opened, likewise
 * @param metadata that client's, as JSON; null where it has none that can be sent
 */
record Fact(int clients, long since, long opened, String metadata) {

  /** Kept, as looking it up takes longer than most uses. */
  static final JsonProvider JSON = JsonProvider.provider();

  /** The most bytes of metadata that are sent. */
  private static final int MAX_METADATA = 1024;

  /** The most levels of it. */
  private static final int MAX_DEPTH = 16;

  /**
   * Whom and where.
   *
   * @param place a pattern as written
   */
  record Key(String place, String user) {

    JsonObjectBuilder toJson() {
      return JSON.createObjectBuilder().add("p", place).add("u", user);
    }

    /**
     * What {@link #toJson} made.
     *
     * @throws IllegalArgumentException if nobody can be there
     */
    static Key of(JsonObject json) {
      String place = json.getString("p");
      CompiledPattern.of(place);
      if (place.startsWith(Presence.RESERVED)) {
        throw new IllegalArgumentException("p: is reserved");
      }
      return new Key(place, json.getString("u"));
    }
  }

  /** Whether it says the same, but for when the user joined. */
  boolean isLike(Fact other) {
    return other != null && new Fact(clients, other.since, opened, metadata).equals(other);
  }

  /** The same, of a user who was there before. */
  Fact since(long earlier) {
    return new Fact(clients, Math.min(since, earlier), opened, metadata);
  }

  JsonObjectBuilder toJson(Key key) {
    JsonObjectBuilder json = key.toJson().add("c", clients).add("s", since).add("o", opened);
    return metadata == null ? json : json.add("m", metadata);
  }

  /** What {@link #toJson} made. */
  static Fact of(JsonObject json) {
    String metadata = json.getString("m", null);
    if (metadata != null && metadata.length() > MAX_METADATA) {
      throw new IllegalArgumentException("m: has more than " + MAX_METADATA + " characters");
    }
    return new Fact(
        Math.max(0, json.getInt("c")),
        json.getJsonNumber("s").longValueExact(),
        json.getJsonNumber("o").longValueExact(),
        metadata);
  }

  /** Metadata as JSON; null if it is empty, too large, or has anything that is no JSON. */
  static String json(Map<String, Object> metadata) {
    if (metadata.isEmpty()) {
      return null;
    }
    try {
      String text = value(metadata, 0).toString();
      return text.getBytes(StandardCharsets.UTF_8).length > MAX_METADATA ? null : text;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static JsonValue value(Object value, int depth) {
    if (value == null) {
      return JsonValue.NULL;
    }
    if (value instanceof Boolean is) {
      return is ? JsonValue.TRUE : JsonValue.FALSE;
    }
    if (value instanceof String text && text.length() <= MAX_METADATA) {
      return JSON.createValue(text);
    }
    if (value instanceof Integer || value instanceof Long || value instanceof Short) {
      return JSON.createValue(((Number) value).longValue());
    }
    if (value instanceof Double || value instanceof Float) {
      // infinite ones are refused by that
      return JSON.createValue(((Number) value).doubleValue());
    }
    if (value instanceof BigDecimal number) {
      return JSON.createValue(number);
    }
    if (value instanceof BigInteger number) {
      return JSON.createValue(number);
    }
    if (depth < MAX_DEPTH && value instanceof Map<?, ?> map && map.size() <= MAX_METADATA) {
      JsonObjectBuilder object = JSON.createObjectBuilder();
      map.forEach(
          (key, inner) -> {
            if (!(key instanceof String name)) {
              throw new IllegalArgumentException("a name is no text");
            }
            object.add(name, value(inner, depth + 1));
          });
      return object.build();
    }
    if (depth < MAX_DEPTH && value instanceof Collection<?> list && list.size() <= MAX_METADATA) {
      JsonArrayBuilder array = JSON.createArrayBuilder();
      list.forEach(inner -> array.add(value(inner, depth + 1)));
      return array.build();
    }
    throw new IllegalArgumentException("a value is no JSON");
  }

  /** The metadata, whose numbers are {@link Long} or {@link BigDecimal}; empty if there is none. */
  Map<String, Object> values() {
    if (metadata == null) {
      return Map.of();
    }
    try (var reader = JSON.createReader(new StringReader(metadata))) {
      return values(reader.readObject());
    } catch (JsonException e) {
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
      case ARRAY -> list(value.asJsonArray());
      case NUMBER -> number((JsonNumber) value);
    };
  }

  private static Object list(JsonArray array) {
    return Collections.unmodifiableList(array.stream().map(Fact::plain).toList());
  }

  private static Object number(JsonNumber number) {
    try {
      return number.longValueExact();
    } catch (ArithmeticException e) {
      return number.bigDecimalValue();
    }
  }
}
