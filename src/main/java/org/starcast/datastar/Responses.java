package org.starcast.datastar;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;

/** Answers whose bytes are ours: JAX-RS runtimes rewrite events that are handed to them. */
final class Responses {

  private static final String UTF_8 = "UTF-8";

  private Responses() {}

  static Response stream(String frames) {
    return ok(frames, new MediaType("text", "event-stream", UTF_8))
        .header("Cache-Control", "no-cache, no-transform")
        .header("X-Accel-Buffering", "no")
        .build();
  }

  static Response.ResponseBuilder ok(String text, String type, String subtype) {
    return ok(text, new MediaType(type, subtype, UTF_8)).header("Cache-Control", "no-cache");
  }

  private static Response.ResponseBuilder ok(String text, MediaType type) {
    return Response.ok(text.getBytes(StandardCharsets.UTF_8)).type(type);
  }
}
