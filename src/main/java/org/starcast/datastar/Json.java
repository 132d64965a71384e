package org.starcast.datastar;

import jakarta.json.JsonObject;
import jakarta.json.JsonStructure;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParser.Event;
import java.io.StringReader;
import org.starcast.payload.JsonText;

/** JSON of signals; see {@link JsonText} for its form. */
final class Json {

  private Json() {}

  /**
   * Any value as JSON.
   *
   * @throws IllegalArgumentException if it cannot be JSON
   */
  static String of(Object value) {
    return JsonText.of("value", value);
  }

  /**
   * A JSON object, from text that is one or from a value.
   *
   * @throws IllegalArgumentException if it is not an object
   */
  static String object(String name, Object value) {
    if (value instanceof CharSequence text) {
      String json = text.toString();
      try {
        parseObject(json);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(name + ": must be a JSON object; " + e.getMessage(), e);
      }
      return json;
    }
    if (value == null || value instanceof JsonStructure && !(value instanceof JsonObject)) {
      throw new IllegalArgumentException(name + ": must be a JSON object");
    }
    String json = of(value);
    if (!json.startsWith("{")) {
      throw new IllegalArgumentException(
          name
              + ": must be a JSON object, "
              + value.getClass().getName()
              + " is not written as one");
    }
    return json;
  }

  /**
   * Parses a text that is one JSON object and nothing else.
   *
   * @throws IllegalArgumentException if it is not; the message says where
   */
  static JsonObject parseObject(String text) {
    try (JsonParser parser = jakarta.json.Json.createParser(new StringReader(text))) {
      if (!parser.hasNext() || parser.next() != Event.START_OBJECT) {
        throw new IllegalArgumentException("it begins with something else");
      }
      JsonObject object = parser.getObject();
      if (parser.hasNext()) {
        throw new IllegalArgumentException("it goes on after its end");
      }
      return object;
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      // JsonParsingException, or what an implementation throws for text that is too deep
      throw new IllegalArgumentException("it is not valid JSON: " + e.getMessage(), e);
    }
  }
}
