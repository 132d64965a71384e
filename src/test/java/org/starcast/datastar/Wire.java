package org.starcast.datastar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a stream as a browser with Datastar's client does: the event-stream format (WHATWG HTML,
 * section 9.2.6), and then each line of data as a keyword, a space and a value.
 */
final class Wire {

  record Event(String name, String id, String retry, String data) {
    /** The values of each keyword, those of the same one joined by line breaks. */
    Map<String, String> arguments() {
      Map<String, List<String>> lines = new LinkedHashMap<>();
      for (String line : data.split("\n", -1)) {
        int space = line.indexOf(' ');
        String keyword =
            space < 0 ? line.substring(0, line.length() - 1) : line.substring(0, space);
        lines.computeIfAbsent(keyword, k -> new ArrayList<>()).add(line.substring(space + 1));
      }
      Map<String, String> arguments = new LinkedHashMap<>();
      lines.forEach((keyword, values) -> arguments.put(keyword, String.join("\n", values)));
      return arguments;
    }
  }

  private Wire() {}

  static List<Event> parse(String stream) {
    List<Event> events = new ArrayList<>();
    String name = "";
    String id = null;
    String retry = null;
    List<String> data = new ArrayList<>();
    for (String line : stream.split("\r\n|\r|\n", -1)) {
      if (line.isEmpty()) {
        if (!data.isEmpty()) {
          events.add(new Event(name, id, retry, String.join("\n", data)));
        }
        name = "";
        id = null;
        retry = null;
        data.clear();
        continue;
      }
      int colon = line.indexOf(':');
      String field = colon < 0 ? line : line.substring(0, colon);
      String value = colon < 0 ? "" : line.substring(colon + 1);
      value = value.startsWith(" ") ? value.substring(1) : value;
      switch (field) {
        case "event" -> name = value;
        case "id" -> id = value;
        case "retry" -> retry = value;
        case "data" -> data.add(value);
        default -> {}
      }
    }
    return events;
  }

  static Event one(String stream) {
    List<Event> events = parse(stream);
    if (events.size() != 1) {
      throw new AssertionError("not one event but " + events.size() + " in: " + stream);
    }
    return events.get(0);
  }
}
