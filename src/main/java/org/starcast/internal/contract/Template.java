package org.starcast.internal.contract;

import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.starcast.internal.json.Json;

/**
 * A topic or pattern in the languages of the contract. Immutable.
 *
 * @param parts what is between the wildcards, one part more than there are of those
 * @param wildcards the name of each wildcard
 */
record Template(List<String> parts, List<String> wildcards) {

  /** What each wildcard stands for, by its name. */
  private static final Map<String, String> MEANING =
      Map.of(
          "segments", "One or more segments, joined by dots",
          "segment", "One segment",
          "part", "Any characters within the segment, or none");

  static Template of(String pattern) {
    List<String> parts = new ArrayList<>();
    List<String> wildcards = new ArrayList<>();
    Map<String, Integer> count = new HashMap<>();
    int start = 0;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '*' || c == '+') {
        String name = c == '+' ? "segment" : isWhole(pattern, i) ? "segments" : "part";
        int number = count.merge(name, 1, Integer::sum);
        parts.add(pattern.substring(start, i));
        wildcards.add(number == 1 ? name : name + number);
        start = i + 1;
      }
    }
    parts.add(pattern.substring(start));
    return new Template(List.copyOf(parts), List.copyOf(wildcards));
  }

  private static boolean isWhole(String pattern, int i) {
    return (i == 0 || pattern.charAt(i - 1) == '.')
        && (i + 1 == pattern.length() || pattern.charAt(i + 1) == '.');
  }

  boolean isTopic() {
    return wildcards.isEmpty();
  }

  /** An address with parameters, as AsyncAPI has it. */
  String address() {
    StringBuilder address = new StringBuilder(parts.get(0));
    for (int i = 0; i < wildcards.size(); i++) {
      address.append('{').append(wildcards.get(i)).append('}').append(parts.get(i + 1));
    }
    return address.toString();
  }

  /** The parameters of the address. */
  JsonObject parameters() {
    JsonObjectBuilder parameters = Json.createObjectBuilder();
    wildcards.forEach(
        name ->
            parameters.add(
                name,
                Json.createObjectBuilder()
                    .add("description", MEANING.get(name.replaceAll("\\d", "")))));
    return parameters.build();
  }

  /** A key of a TypeScript interface. */
  String key() {
    if (isTopic()) {
      return Json.createValue(parts.get(0)).toString();
    }
    String type =
        parts.stream()
            .map(part -> part.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${"))
            .collect(Collectors.joining("${string}", "`", "`"));
    return "[topic: " + (type.equals("`${string}`") ? "string" : type) + "]";
  }

  /** Whether TypeScript takes every topic of the other one for one of this. */
  boolean includes(Template other) {
    String pattern = parts.stream().map(Pattern::quote).collect(Collectors.joining(".*", "", ""));
    // a text that is in no topic stands for any
    return Pattern.compile(pattern, Pattern.DOTALL)
        .matcher(String.join("\0", other.parts))
        .matches();
  }

  /** Templates by their keys: patterns that TypeScript cannot tell apart are one. */
  static <T> Map<String, List<T>> byKey(Map<Template, T> values) {
    Map<String, List<T>> grouped = new LinkedHashMap<>();
    values.forEach(
        (template, own) -> {
          List<T> all = grouped.computeIfAbsent(template.key(), key -> new ArrayList<>());
          all.add(own);
          if (!template.isTopic()) {
            values.forEach(
                (other, value) -> {
                  if (other != template && template.includes(other)) {
                    all.add(value);
                  }
                });
          }
        });
    return grouped;
  }
}
