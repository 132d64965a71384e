package org.starcast.internal.presence;

import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.starcast.internal.json.Json;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.internal.presence.PresenceState.Transition;
import org.starcast.internal.topic.TopicName;
import org.starcast.presence.PresenceEvent.Action;

/**
 * A command of a node, read and checked as a whole before any of it is applied, as anybody may
 * write to a broker.
 *
 * @param number counts the commands of the node
 * @param on what is so from now on
 * @param off what is not so any more
 * @param pending joins and leaves that are not stored yet
 * @param stopped nodes that have stopped: in {@link Kind#SAY}, those whose users had time enough
 * @param to who is asked; or who had asked, and which of its questions
 * @param nodes the other nodes, and their last heartbeats
 * @param founded what the state of the node goes back to: the sequence of the {@link Kind#FOUND}
 * @param at of a part of a state: the sequence of what was applied to it last
 * @param part which part it is, from 0
 * @param last whether it is the last one
 */
record PresenceCommand(
    Kind kind,
    long number,
    List<Row> on,
    List<Key> off,
    List<Transition> pending,
    List<String> stopped,
    Map<String, Long> to,
    Map<String, Long> nodes,
    long founded,
    long at,
    int part,
    boolean last) {

  /** The most that one command says, in entries and about in characters. */
  private static final int MAX_ENTRIES = 500;

  private static final int MAX_CHARACTERS = 100_000;

  /** What a command is for. */
  enum Kind {
    /** Are there nodes that are ready? */
    HELLO,
    /** There are none, and this is the first one. */
    FOUND,
    /** Asks a node for its state. */
    ASK,
    /** What has become of the node's own connections; only nodes that are ready say so. */
    SAY,
    /** A part of the state, for those who asked. */
    STATE
  }

  /**
   * An entry.
   *
   * @param node whose it is; "" for that of the command
   */
  record Row(String node, Key key, PresenceEntry entry) {}

  // ---- writing

  /** Entries being written, within the bounds of one command. */
  static final class Writer {
    private final JsonArrayBuilder on = Json.createArrayBuilder();
    private final JsonArrayBuilder off = Json.createArrayBuilder();
    private final JsonArrayBuilder pending = Json.createArrayBuilder();
    private int count;
    private int characters;

    boolean isFull() {
      return count >= MAX_ENTRIES || characters >= MAX_CHARACTERS;
    }

    boolean isEmpty() {
      return count == 0;
    }

    void on(String node, Key key, PresenceEntry entry) {
      on.add(entry.toJson(key).add("n", node));
      added(key, entry.characters());
    }

    void off(Key key) {
      off.add(key.toJson());
      added(key, 0);
    }

    void pending(Transition next) {
      JsonObjectBuilder json = next.key().toJson().add("id", next.id()).add("n", next.owner());
      pending.add(json.add("a", next.action().name()));
      added(next.key(), 0);
    }

    private void added(Key key, int more) {
      characters += 100 + key.topic().length() + key.user().length() + more;
      count++;
    }

    JsonObjectBuilder body(Kind kind) {
      return Json.createObjectBuilder()
          .add("do", kind.name().toLowerCase(Locale.ROOT))
          .add("on", on)
          .add("off", off)
          .add("pending", pending);
    }
  }

  /**
   * Writes a state, in parts.
   *
   * @param at the sequence of what was applied to it last
   * @param founded the sequence of the {@link Kind#FOUND} that it goes back to
   * @param to who had asked, and which of its questions
   */
  static List<JsonObject> copy(PresenceState state, long at, long founded, Map<String, Long> to) {
    List<Writer> parts = new ArrayList<>(List.of(new Writer()));
    state.visit((node, key, entry) -> room(parts).on(node, key, entry));
    state.pending().forEach(next -> room(parts).pending(next));
    List<JsonObject> bodies = new ArrayList<>();
    for (Writer part : parts) {
      boolean last = bodies.size() == parts.size() - 1;
      bodies.add(
          part.body(Kind.STATE)
              .add("to", json(to))
              .add("nodes", json(last ? state.nodes() : Map.of()))
              .add("stopped", Json.createArrayBuilder(last ? state.stopped() : List.of()))
              .add("founded", founded)
              .add("at", at)
              .add("part", bodies.size())
              .add("last", last)
              .build());
    }
    return bodies;
  }

  private static Writer room(List<Writer> parts) {
    if (parts.get(parts.size() - 1).isFull()) {
      parts.add(new Writer());
    }
    return parts.get(parts.size() - 1);
  }

  static JsonObjectBuilder json(Map<String, Long> numbers) {
    JsonObjectBuilder json = Json.createObjectBuilder();
    numbers.forEach(json::add);
    return json;
  }

  // ---- reading

  /**
   * Reads a command.
   *
   * @throws RuntimeException if it is none
   */
  static PresenceCommand of(JsonObject body) {
    return new PresenceCommand(
        Kind.valueOf(body.getString("do").toUpperCase(Locale.ROOT)),
        number(body, "n"),
        list(body, "on", row -> new Row(name(row, "n"), Key.of(row), PresenceEntry.of(row))),
        list(body, "off", Key::of),
        list(body, "pending", PresenceCommand::transition),
        array(body, "stopped").getValuesAs(JsonString::getString),
        numbers(body, "to"),
        numbers(body, "nodes"),
        body.containsKey("founded") ? number(body, "founded") : Long.MAX_VALUE,
        body.containsKey("at") ? number(body, "at") : 0,
        body.getInt("part", 0),
        body.getBoolean("last", false));
  }

  private static Transition transition(JsonObject json) {
    Action action = Action.valueOf(json.getString("a"));
    return new Transition(name(json, "id"), action, Key.of(json), name(json, "n"));
  }

  private static JsonArray array(JsonObject body, String name) {
    return body.containsKey(name) ? body.getJsonArray(name) : JsonArray.EMPTY_JSON_ARRAY;
  }

  private static <T> List<T> list(JsonObject body, String name, Function<JsonObject, T> reader) {
    return array(body, name).getValuesAs(JsonObject.class).stream().map(reader).toList();
  }

  private static String name(JsonObject json, String name) {
    return TopicName.checkText(name, json.getString(name));
  }

  private static long number(JsonObject json, String name) {
    return json.getJsonNumber(name).longValueExact();
  }

  private static Map<String, Long> numbers(JsonObject body, String name) {
    Map<String, Long> numbers = new HashMap<>();
    if (body.containsKey(name)) {
      JsonObject json = body.getJsonObject(name);
      json.keySet().forEach(node -> numbers.put(node, number(json, node)));
    }
    return numbers;
  }
}
