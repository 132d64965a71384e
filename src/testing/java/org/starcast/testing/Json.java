package org.starcast.testing;

import jakarta.json.bind.JsonbException;
import java.lang.reflect.Modifier;
import org.starcast.internal.json.JsonText;

/** Data as objects again, by the configuration of JSON-B that made it. */
final class Json {

  private Json() {}

  static <T> T read(String data, Class<T> type) {
    try {
      return JsonText.jsonb().fromJson(data, type);
    } catch (JsonbException e) {
      throw new AssertionError(
          "the data cannot be read as "
              + type.getSimpleName()
              + (Modifier.isPublic(type.getModifiers()) ? "" : ", which JSON-B needs to be public")
              + ": "
              + Text.quote(data),
          e);
    }
  }
}
