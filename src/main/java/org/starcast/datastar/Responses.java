package org.starcast.datastar;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Answers whose bytes are ours: JAX-RS runtimes rewrite events that are handed to them. */
final class Responses {

  private static final String UTF_8 = "UTF-8";
  private static final String NO_CACHE = "no-cache, no-transform";

  private Responses() {}

  static Response stream(String frames) {
    return ok(frames, new MediaType("text", "event-stream", UTF_8))
        .header("Cache-Control", NO_CACHE)
        .header("X-Accel-Buffering", "no")
        .build();
  }

  static void stream(String frames, HttpServletResponse response) throws IOException {
    byte[] bytes = frames.getBytes(StandardCharsets.UTF_8);
    response.setContentType("text/event-stream;charset=UTF-8");
    response.setHeader("Cache-Control", NO_CACHE);
    response.setHeader("X-Accel-Buffering", "no");
    response.setContentLength(bytes.length);
    response.getOutputStream().write(bytes);
  }

  static Response.ResponseBuilder ok(String text, String type, String subtype) {
    return ok(text, new MediaType(type, subtype, UTF_8)).header("Cache-Control", "no-cache");
  }

  private static Response.ResponseBuilder ok(String text, MediaType type) {
    return Response.ok(text.getBytes(StandardCharsets.UTF_8)).type(type);
  }
}
