package org.starcast.internal.contract;

import jakarta.json.JsonObject;
import jakarta.json.JsonWriter;
import jakarta.json.stream.JsonGenerator;
import java.io.StringWriter;
import java.util.Collection;
import java.util.Map;
import java.util.function.Predicate;
import org.starcast.Topic;
import org.starcast.internal.json.Json;

/**
 * What an application publishes, as far as its declarations say. Immutable.
 *
 * @param asyncApi an AsyncAPI 3.1 document, as JSON
 * @param typeScript a declaration file
 */
public record Contract(String asyncApi, String typeScript) {

  /**
   * The contract.
   *
   * @param title the application's name
   * @param declared by injected events and observers
   * @param annotated the types with {@link Topic.Contract}
   * @param hasEncoder whether the application encodes payloads of a class
   */
  public static Contract of(
      String title,
      Collection<Declaration> declared,
      Collection<Class<?>> annotated,
      Predicate<Class<?>> hasEncoder) {
    JsonObject document = AsyncApi.of(title, declared, annotated, hasEncoder);
    return new Contract(pretty(document), new TypeScript(document).text());
  }

  private static String pretty(JsonObject document) {
    StringWriter text = new StringWriter();
    try (JsonWriter writer =
        Json.createWriterFactory(Map.of(JsonGenerator.PRETTY_PRINTING, true)).createWriter(text)) {
      writer.write(document);
    }
    return text.toString().strip() + "\n";
  }
}
