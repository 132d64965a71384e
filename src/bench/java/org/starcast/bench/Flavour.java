package org.starcast.bench;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** A way of sending events, and the paths by which the driver reaches it. */
enum Flavour {
  /** The library's built-in endpoint. */
  STARCAST("Starcast", "/api/starcast/stream", "/api/starcast/publish", "/api/bench/burst"),
  /** The platform's own JAX-RS broadcaster. */
  PLATFORM("platform", "/api/plain", "/api/plain/publish", "/api/plain/burst"),
  /** The plain non-blocking servlet. */
  CEILING("ceiling", "/ceiling", "/ceiling/publish", "/ceiling/burst"),
  /** nginx with the nchan module. */
  NCHAN("nchan", "/sub", "/pub", null);

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

  String streamPath(List<String> topics) {
    if (this == NCHAN) {
      return stream + "?ids=" + String.join(",", topics);
    }
    return topics.stream().collect(Collectors.joining("&topic=", stream + "?topic=", ""));
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
      throws java.io.IOException {
    if (this == NCHAN) {
      return connection.post(publish + "?id=" + topic, "text/plain", data);
    }
    String form = "topic=" + topic + "&data=" + URLEncoder.encode(data, StandardCharsets.UTF_8);
    return connection.post(publish, HttpPublisher.FORM, form);
  }
}
