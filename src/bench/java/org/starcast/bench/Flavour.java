package org.starcast.bench;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A way of sending events, and the paths by which the driver reaches it. */
enum Flavour {
  /** The library's built-in endpoint. */
  STARCAST("Starcast", "/api/starcast/stream?topic=", "/api/starcast/publish", "/api/bench/burst"),
  /** The same streams, and a bare servlet that publishes, as that of the ceiling does. */
  SERVLET("Starcast, a servlet publishes", STARCAST.stream, "/publish", null),
  /** The platform's own JAX-RS broadcaster. */
  PLATFORM("platform", "/api/plain?topic=", "/api/plain/publish", "/api/plain/burst"),
  /** The plain non-blocking servlet. */
  CEILING("ceiling", "/ceiling?topic=", "/ceiling/publish", "/ceiling/burst"),
  /** nginx with the nchan module. */
  NCHAN("nchan", "/sub?ids=", "/pub", null),
  /** A hub on node, of the library better-sse. */
  BETTER_SSE("better-sse", "/sub?topics=", "/pub", null),
  /** The server on node that goes with the protocol Durable Streams. */
  DURABLE_STREAMS("Durable Streams, node", "/", "/", null);

  /** Where it makes a difference who publishes. */
  private static final Set<Scenario> PUBLISHED =
      EnumSet.of(Scenario.ONE_1000, Scenario.ONE_5000, Scenario.PACED);

  final String label;
  private final String stream;
  private final String publish;
  private final String burst;

  Flavour(String label, String stream, String publish, String burst) {
    this.label = label;
    this.stream = stream;
    this.publish = publish;
    this.burst = burst;
  }

  /** Whether events can be made inside the server. */
  boolean bursts() {
    return burst != null;
  }

  /** Whether the scenario is one that it can be put in. */
  boolean takes(Scenario scenario) {
    return switch (scenario) {
      case BURST, PUBLISH -> bursts();
      case REPLAY, RETURN, GONE, STREAMS -> this == STARCAST;
      case TOPICS -> this != DURABLE_STREAMS && this != SERVLET; // a stream is one topic
      default -> this != SERVLET || PUBLISHED.contains(scenario);
    };
  }

  String streamPath(List<String> topics) {
    return switch (this) {
      case STARCAST, SERVLET, PLATFORM, CEILING -> stream + String.join("&topic=", topics);
      case NCHAN, BETTER_SSE -> stream + String.join(",", topics);
      case DURABLE_STREAMS -> stream + topics.get(0) + "?offset=now&live=sse";
    };
  }

  /** Makes what has to be there before a stream can be opened. */
  void prepare(HttpPublisher connection, String topic) throws IOException {
    if (this == DURABLE_STREAMS && !connection.put(stream + topic, "text/plain").ok()) {
      throw new IOException("the stream was not made");
    }
  }

  String burstPath(String topic, int count, int size, int pauseMillis) {
    return burst
        + "?topic="
        + topic
        + "&count="
        + count
        + "&size="
        + size
        + "&pause="
        + pauseMillis;
  }

  HttpPublisher.Answer publish(HttpPublisher connection, String topic, String data)
      throws IOException {
    return switch (this) {
      case STARCAST, SERVLET, PLATFORM, CEILING -> {
        String event = URLEncoder.encode(data, StandardCharsets.UTF_8);
        yield connection.post(publish, HttpPublisher.FORM, "topic=" + topic + "&data=" + event);
      }
      case NCHAN, BETTER_SSE -> connection.post(publish + "?id=" + topic, "text/plain", data);
      case DURABLE_STREAMS -> connection.post(publish + topic, "text/plain", data);
    };
  }
}
