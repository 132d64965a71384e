package org.starcast.stream;

import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.json.Json;
import org.starcast.stream.NamedRun.Phase;
import org.starcast.stream.StreamMark.Kind;

/**
 * What the nodes tell each other of named streams beside their events: a node that starts, or has
 * lost events, says so ({@code stream-hello}); the others say what they run ({@code
 * stream-running}), and which streams of others they have viewers of, and how far these have read
 * ({@code stream-viewers}); any asks for a stop ({@code stream-stop}). Thread-safe.
 *
 * <p>Handlers are called in the order of events; what takes more than a change of state is done by
 * the container's threads.
 */
final class NamedPeers {

  private static final String HELLO = "stream-hello";
  private static final String IS_RUNNING = "stream-running";
  private static final String STOP = "stream-stop";
  private static final String VIEWERS = "stream-viewers";

  /** The most nodes whose heartbeats are known. */
  private static final int MAX_NODES = 1000;

  /** The most streams that one command names. */
  private static final int MAX_NAMED = 100;

  private final NamedStreams streams;
  private final NamedRuns runs;
  private final ClusterBus bus;

  /** The last heartbeat of each node; used by handlers alone, of which one runs at a time. */
  private final Map<String, Long> heartbeats = new HashMap<>();

  NamedPeers(NamedStreams streams, NamedRuns runs, ClusterBus bus) {
    this.streams = streams;
    this.runs = runs;
    this.bus = bus;
  }

  void listen() {
    bus.on(ClusterBus.NODE_ALIVE, (at, node, body) -> alive(node, body));
    bus.on(ClusterBus.NODE_GONE, (at, by, body) -> gone(body.getString("gone"), by, body));
    bus.on(HELLO, (at, node, body) -> hello(node));
    bus.on(
        IS_RUNNING,
        (at, node, body) ->
            runs.running(at, node, body.getJsonArray("runs")).forEach(streams::soon));
    bus.on(STOP, (at, node, body) -> stop(body));
    bus.on(VIEWERS, (at, node, body) -> seen(node, body));
    bus.onMissed(runs::missed);
  }

  /** Asks the others what they run. */
  void ask() {
    bus.send(HELLO, JsonObject.EMPTY_JSON_OBJECT);
  }

  /** Has the node stop that runs it. */
  void stop(String id, StreamMark mark) {
    bus.sendUntilStored(
        STOP,
        Json.createObjectBuilder()
            .add("stream", id)
            .add("of", mark.node())
            .add("n", mark.number())
            .build());
  }

  /** Says what this node runs. */
  void sayRunning() {
    List<JsonObjectBuilder> own = runs.toSay();
    for (int i = 0; i < own.size(); i += MAX_NAMED) {
      JsonArrayBuilder said = Json.createArrayBuilder();
      own.subList(i, Math.min(own.size(), i + MAX_NAMED)).forEach(said::add);
      bus.send(IS_RUNNING, Json.createObjectBuilder().add("runs", said).build());
    }
  }

  private void alive(String node, JsonObject body) {
    long number = body.getJsonNumber("n").longValueExact();
    if (heartbeats.size() < MAX_NODES || heartbeats.containsKey(node)) {
      heartbeats.put(node, number);
    }
    if (node.equals(bus.node())) {
      NamedRuns.Beat beat = runs.beat();
      streams.soon(() -> beat(beat));
    }
  }

  private void beat(NamedRuns.Beat beat) {
    if (beat.asks()) {
      ask();
    }
    if (beat.learned()) {
      streams.endLost(run -> !run.isConfirmed());
    }
    beat.claims().forEach(streams::claim);
    streams.publishEndsAgain();
    sayViewers();
  }

  private void sayViewers() {
    List<String> watched = new ArrayList<>();
    for (NamedRun run :
        runs.those(
            run ->
                run.phase() == Phase.RUNNING
                    && run.own() == null
                    && (run.mark().kind() == Kind.WATCHED || !run.bounds().drops()))) {
      if (!streams.broadcaster().clientsOn(run.id()).isEmpty()) {
        watched.add(run.id());
      }
    }
    for (int i = 0; i < watched.size(); i += MAX_NAMED) {
      JsonArrayBuilder of = Json.createArrayBuilder();
      JsonArrayBuilder read = Json.createArrayBuilder();
      for (String id : watched.subList(i, Math.min(watched.size(), i + MAX_NAMED))) {
        of.add(id);
        read.add(streams.readUpTo(id));
      }
      bus.send(VIEWERS, Json.createObjectBuilder().add("of", of).add("read", read).build());
    }
  }

  private void gone(String node, String by, JsonObject body) {
    if (!by.equals(node)
        && body.getJsonNumber("last").longValueExact() < heartbeats.getOrDefault(node, -1L)) {
      // who said so was behind
      return;
    }
    heartbeats.remove(node);
    if (!node.equals(bus.node())) {
      streams.soon(() -> streams.endLost(run -> run.mark().node().equals(node)));
    }
  }

  private void hello(String node) {
    if (node.equals(bus.node())) {
      runs.hasAsked();
    } else {
      streams.soon(this::sayRunning);
    }
  }

  private void stop(JsonObject body) {
    NamedSource<?> own =
        runs.own(
            body.getString("stream"),
            body.getString("of"),
            body.getJsonNumber("n").longValueExact());
    if (own != null) {
      streams.soon(() -> own.stop("stopped"));
    }
  }

  private void seen(String node, JsonObject body) {
    if (!node.equals(bus.node())) {
      runs.seen(body.getJsonArray("of"), body.getJsonArray("read"));
    }
  }
}
