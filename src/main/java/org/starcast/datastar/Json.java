package org.starcast.datastar;

import jakarta.json.JsonObject;
import jakarta.json.JsonStructure;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParser.Event;
import java.io.StringReader;
import org.starcast.internal.json.BoundedNumbers;
import org.starcast.internal.json.JsonText;

/** JSON of signals; see {@link JsonText} for its form. */
final class Json {

  /** Deeper than what pages hold, and far from what recursion can take. */
  static final int MAX_DEPTH = 64;

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
   * Parses a text that is one JSON object and nothing else, at most 64 levels deep, its numbers at
   * most 1,000 characters long.
   *
   * @throws IllegalArgumentException if it is not; the message says where
   */
  static JsonObject parseObject(String text) {
    checkBounds(text);
    try (JsonParser parser = org.starcast.internal.json.Json.createParser(new StringReader(text))) {
      if (!parser.hasNext() || parser.next() != Event.START_OBJECT) {
        throw new IllegalArgumentException("it begins with something else");
      }
      JsonObject object = parser.getObject();
      if (parser.hasNext()) {
        throw new IllegalArgumentException("it goes on after its end");
      }
      return object;
    } catch (NumberFormatException e) {
      throw invalid(e);
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      // JsonParsingException, or what an implementation throws for text that is too deep
      throw invalid(e);
    }
  }

  private static IllegalArgumentException invalid(RuntimeException cause) {
    return new IllegalArgumentException("it is not valid JSON: " + cause.getMessage(), cause);
  }

  /** Before a parser sees the text: implementations recurse, with bounds of their own or none. */
  private static void checkBounds(String text) {
    int depth = 0;
    int number = 0;
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted) {
        if (c == '\\') {
          i++;
        }
        quoted = c != '"';
        continue;
      }
      quoted = c == '"';
      if (c == '{' || c == '[') {
        depth++;
      } else if (c == '}' || c == ']') {
        depth--;
      }
      number = c >= '0' && c <= '9' || "+-.eE".indexOf(c) >= 0 ? number + 1 : 0;
      if (depth > MAX_DEPTH) {
        throw new IllegalArgumentException("it is nested more than " + MAX_DEPTH + " levels deep");
      }
      if (number > BoundedNumbers.MAX_LENGTH) {
        throw new IllegalArgumentException(
            "it has a number of more than " + BoundedNumbers.MAX_LENGTH + " characters");
      }
    }
  }
}
