package org.starcast.internal.durable;

import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import jakarta.json.stream.JsonParser;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Locale;
import java.util.stream.Collectors;
import org.starcast.internal.json.Json;

/**
 * What a request asks of a stream, and what the event in the order says of it: a JSON object.
 * Immutable; the body is shared.
 *
 * @param type of a creation the content type; of an append that of the body, null for an empty one
 * @param ttl the seconds without a read or write after which the stream is gone; null for no end
 * @param expires when it is gone; null for never
 * @param closes whether nothing comes after this
 * @param body of a JSON stream the messages, a comma between each two; null for nothing
 * @param producer who counts its appends, or null
 * @param writerSequence the {@code Stream-Seq}, or null
 * @param of the sequence of the creation that this is about; of a creation, that of the expired
 *     stream in whose place this is to come, or 0
 * @param last what the writer had seen: of a creation the last sequence of all, of an expiry that
 *     of the stream; else 0
 */
public record Operation(
    Kind kind,
    String type,
    Long ttl,
    Instant expires,
    boolean closes,
    byte[] body,
    Producer producer,
    String writerSequence,
    long of,
    long last) {

  /** What is to be done. */
  public enum Kind {
    CREATE,
    APPEND,
    DELETE,
    /** As a deletion, unless there was another write meanwhile. */
    EXPIRE
  }

  /** One append of a producer that counts them. */
  public record Producer(String id, long epoch, long sequence) {}

  /** A creation; the closing, too, if it {@code closes}. */
  public static Operation create(
      String type, Long ttl, Instant expires, boolean closes, byte[] body) {
    return new Operation(Kind.CREATE, type, ttl, expires, closes, body, null, null, 0, 0);
  }

  /** An append, a closing, or both. */
  public static Operation append(
      String type, boolean closes, byte[] body, Producer producer, String writerSequence) {
    return new Operation(
        Kind.APPEND, type, null, null, closes, body, producer, writerSequence, 0, 0);
  }

  static Operation end(Kind kind, long of, long last) {
    return new Operation(kind, null, null, null, false, null, null, null, of, last);
  }

  /** The same about a creation, and of a writer who has seen this. */
  Operation about(long creation, long seen) {
    return new Operation(
        kind, type, ttl, expires, closes, body, producer, writerSequence, creation, seen);
  }

  // ---- content types

  /** The type without its parameters, in lower case. */
  static String plain(String type) {
    int end = type.indexOf(';');
    return (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
  }

  /** Whether the bytes are messages of their own. */
  public static boolean isJson(String type) {
    return plain(type).equals("application/json");
  }

  /** Whether the bytes are for people, or for JSON: UTF-8. */
  public static boolean isText(String type) {
    return isJson(type) || plain(type).startsWith("text/");
  }

  /**
   * The messages of a JSON body: those of its array, or the one that it is.
   *
   * @return them, a comma between each two; null for none
   * @throws IllegalArgumentException if it is no JSON
   */
  public static byte[] messages(byte[] body) {
    String array = "[" + strictText(body) + "]";
    JsonArray values;
    try (JsonParser parser = Json.createParser(new StringReader(array))) {
      parser.next();
      values = parser.getArray();
      if (values.size() != 1 || parser.hasNext()) {
        throw new JsonException("not one value");
      }
    } catch (RuntimeException | StackOverflowError e) {
      // parsers say in more than one way what they do not take
      throw new IllegalArgumentException("body: must be one JSON value", e);
    }
    return joined(values.get(0) instanceof JsonArray batch ? batch : values);
  }

  private static byte[] joined(JsonArray messages) {
    String text = messages.stream().map(JsonValue::toString).collect(Collectors.joining(","));
    return messages.isEmpty() ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  private static String strictText(byte[] body) {
    String text = textOrNull(body);
    if (text == null) {
      throw new IllegalArgumentException("body: is not UTF-8");
    }
    return text;
  }

  private static String textOrNull(byte[] body) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  // ---- the event

  /**
   * The event's data.
   *
   * @param streamType the content type of the stream
   */
  String toJson(String streamType) {
    JsonObjectBuilder json =
        Json.createObjectBuilder().add("op", kind.name().toLowerCase(Locale.ROOT));
    if (type != null) {
      json.add("type", type);
    }
    if (ttl != null) {
      json.add("ttl", ttl);
    }
    if (expires != null) {
      json.add("expires", expires.toString());
    }
    if (closes) {
      json.add("closed", true);
    }
    if (producer != null) {
      json.add(
          "producer",
          Json.createObjectBuilder()
              .add("id", producer.id())
              .add("epoch", producer.epoch())
              .add("seq", producer.sequence()));
    }
    if (writerSequence != null) {
      json.add("seq", writerSequence);
    }
    if (of != 0) {
      json.add("of", of);
    }
    if (last != 0) {
      json.add("last", last);
    }
    if (body == null) {
      return json.build().toString();
    }
    if (isJson(streamType)) {
      // as it is, instead of a parser's work once more
      String head = json.build().toString();
      String messages = new String(body, StandardCharsets.UTF_8);
      return head.substring(0, head.length() - 1) + ",\"messages\":[" + messages + "]}";
    }
    String text = isText(streamType) ? textOrNull(body) : null;
    if (text == null) {
      json.add("base64", Base64.getEncoder().encodeToString(body));
    } else {
      json.add("text", text);
    }
    return json.build().toString();
  }

  /**
   * Reads an event's data.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  static Operation of(String data) {
    try (JsonReader reader = Json.createReader(new StringReader(data))) {
      JsonObject json = reader.readObject();
      JsonObject by = json.getJsonObject("producer");
      return new Operation(
          Kind.valueOf(json.getString("op").toUpperCase(Locale.ROOT)),
          json.getString("type", null),
          json.containsKey("ttl") ? json.getJsonNumber("ttl").longValueExact() : null,
          json.containsKey("expires") ? Instant.parse(json.getString("expires")) : null,
          json.getBoolean("closed", false),
          body(json),
          by == null
              ? null
              : new Producer(
                  by.getString("id"),
                  by.getJsonNumber("epoch").longValueExact(),
                  by.getJsonNumber("seq").longValueExact()),
          json.getString("seq", null),
          json.containsKey("of") ? json.getJsonNumber("of").longValueExact() : 0,
          json.containsKey("last") ? json.getJsonNumber("last").longValueExact() : 0);
    } catch (RuntimeException | StackOverflowError e) {
      throw new IllegalArgumentException("event: is no operation of a durable stream", e);
    }
  }

  private static byte[] body(JsonObject json) {
    if (json.containsKey("messages")) {
      return joined(json.getJsonArray("messages"));
    }
    if (json.containsKey("text")) {
      return json.getString("text").getBytes(StandardCharsets.UTF_8);
    }
    return json.containsKey("base64") ? Base64.getDecoder().decode(json.getString("base64")) : null;
  }
}
