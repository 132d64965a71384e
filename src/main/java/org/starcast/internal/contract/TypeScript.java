package org.starcast.internal.contract;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.starcast.internal.json.Json;

/** The TypeScript types of an AsyncAPI document of {@link AsyncApi}. */
final class TypeScript {

  /** The names that are not a payload's. */
  static final Set<String> RESERVED = Set.of("Topics", "Messages", "Events", "Json");

  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_$][A-Za-z0-9_$]*");
  private static final String UNKNOWN = "unknown";
  private static final String STRING = "string";

  private static final String HEAD =
      """
      /** Text that is JSON of a T. */
      export type Json<T> = string & { readonly json?: T };

      /** The events of a subscription to these topics: the data of each, by its name. */
      export type Events<T extends keyof Messages> = {
        [M in Messages[T] as M['event']]: M['data'];
      };
      """;

  private final JsonObject document;

  TypeScript(JsonObject document) {
    this.document = document;
  }

  /** A declaration file. */
  String text() {
    StringBuilder text = new StringBuilder();
    String title = document.getJsonObject("info").getString("title").replaceAll("\\R", " ");
    text.append("// The topics of ").append(title);
    text.append(" and what is published to them, as Starcast found it.\n\n").append(HEAD);
    Map<Template, Set<String>> payloads = new LinkedHashMap<>();
    Map<Template, Set<String>> messages = new LinkedHashMap<>();
    document
        .getJsonObject("channels")
        .forEach(
            (pattern, channel) -> {
              Template template = Template.of(pattern);
              messagesOf(channel.asJsonObject())
                  .forEach(
                      message -> {
                        payloads
                            .computeIfAbsent(template, any -> new LinkedHashSet<>())
                            .add(payload(message));
                        messages
                            .computeIfAbsent(template, any -> new LinkedHashSet<>())
                            .add(message(message));
                      });
            });
    map(text, "What is published to each topic.", "Topics", payloads);
    map(text, "The messages of each topic.", "Messages", messages);
    document
        .getJsonObject("components")
        .getJsonObject("schemas")
        .forEach((name, schema) -> define(text, name, schema.asJsonObject()));
    return text.toString();
  }

  private Stream<JsonObject> messagesOf(JsonObject channel) {
    JsonObject all = document.getJsonObject("components").getJsonObject("messages");
    return channel.getJsonObject("messages").keySet().stream().map(all::getJsonObject);
  }

  private static String payload(JsonObject message) {
    return message.containsKey("payload") ? type(message.getJsonObject("payload")) : UNKNOWN;
  }

  private static String message(JsonObject message) {
    boolean json = message.getString("contentType", "").equals(AsyncApi.JSON);
    String event = message.containsKey("name") ? quoted(message.getString("name")) : STRING;
    return "{ event: %s; data: %s }"
        .formatted(event, json ? "Json<" + payload(message) + ">" : STRING);
  }

  private static void map(
      StringBuilder text, String comment, String name, Map<Template, Set<String>> entries) {
    text.append("\n/** ").append(comment).append(" */\nexport interface ").append(name);
    text.append(" {\n");
    Template.byKey(entries)
        .forEach(
            (key, types) ->
                text.append("  ")
                    .append(key)
                    .append(": ")
                    .append(
                        types.stream()
                            .flatMap(Set::stream)
                            .distinct()
                            .collect(Collectors.joining(" | ")))
                    .append(";\n"));
    text.append("}\n");
  }

  private static void define(StringBuilder text, String name, JsonObject schema) {
    if (schema.containsKey("properties")) {
      text.append("\nexport interface ").append(name).append(" {\n");
      members(schema).forEach(member -> text.append("  ").append(member).append(";\n"));
      text.append("}\n");
    } else {
      text.append("\nexport type ").append(name).append(" = ").append(type(schema)).append(";\n");
    }
  }

  private static List<String> members(JsonObject schema) {
    JsonArray required = schema.getJsonArray("required");
    List<String> members = new ArrayList<>();
    schema
        .getJsonObject("properties")
        .forEach(
            (name, value) ->
                members.add(
                    (IDENTIFIER.matcher(name).matches() ? name : quoted(name))
                        + (required != null && required.contains(Json.createValue(name)) ? "" : "?")
                        + ": "
                        + type(value.asJsonObject())));
    return members;
  }

  /** The type of a schema. */
  private static String type(JsonObject schema) {
    if (schema.containsKey("$ref")) {
      String reference = schema.getString("$ref");
      return reference.substring(reference.lastIndexOf('/') + 1);
    }
    if (schema.containsKey("const")) {
      return schema.get("const").toString();
    }
    if (schema.containsKey("enum")) {
      return union(schema.getJsonArray("enum").stream().map(JsonValue::toString));
    }
    if (schema.containsKey("anyOf")) {
      return union(
          schema.getJsonArray("anyOf").stream().map(JsonValue::asJsonObject).map(TypeScript::type));
    }
    JsonValue types = schema.get("type");
    if (types instanceof JsonArray several) {
      return union(
          several.getValuesAs(JsonString::getString).stream().map(one -> type(one, schema)));
    }
    return types instanceof JsonString one ? type(one.getString(), schema) : UNKNOWN;
  }

  private static String type(String name, JsonObject schema) {
    return switch (name) {
      case "integer" -> "number";
      case "array" -> {
        String item = schema.containsKey("items") ? type(schema.getJsonObject("items")) : UNKNOWN;
        yield (item.contains(" ") ? "(" + item + ")" : item) + "[]";
      }
      case "object" -> object(schema);
      default -> name;
    };
  }

  private static String object(JsonObject schema) {
    if (schema.containsKey("properties")) {
      return "{ " + String.join("; ", members(schema)) + " }";
    }
    JsonObject values = schema.getJsonObject("additionalProperties");
    return "{ [key: string]: " + (values == null ? UNKNOWN : type(values)) + " }";
  }

  private static String union(Stream<String> types) {
    return types.distinct().collect(Collectors.joining(" | "));
  }

  private static String quoted(String text) {
    return Json.createValue(text).toString();
  }
}
