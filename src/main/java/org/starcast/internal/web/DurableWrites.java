package org.starcast.internal.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import org.starcast.internal.durable.DurableStream;
import org.starcast.internal.durable.Operation;
import org.starcast.internal.durable.Operation.Producer;
import org.starcast.internal.http.Problem;

/** What the headers and the body of a write to a durable stream ask for; else 400. */
final class DurableWrites {

  private static final String DEFAULT_TYPE = "application/octet-stream";
  private static final String WHOLE = "0|[1-9][0-9]{0,15}";
  private static final long MAX_SAFE = (1L << 53) - 1;
  private static final int MAX_HEADER = 256;

  private DurableWrites() {}

  private static boolean closes(HttpServletRequest request) {
    return "true".equalsIgnoreCase(request.getHeader("Stream-Closed"));
  }

  private static String type(HttpServletRequest request) {
    String type = request.getContentType();
    if (type != null) {
      Parameters.checked("Content-Type", () -> MediaType.valueOf(limited("Content-Type", type)));
    }
    return type;
  }

  private static String limited(String name, String value) {
    if (value != null && (value.isEmpty() || value.length() > MAX_HEADER)) {
      throw Problem.badRequest(name + ": must be 1 to " + MAX_HEADER + " characters");
    }
    return value;
  }

  private static byte[] messages(byte[] body) {
    return body == null ? null : Parameters.checked("body", () -> Operation.messages(body));
  }

  /** What a {@code PUT} asks for. */
  static Operation creation(HttpServletRequest request, byte[] body) {
    String given = type(request);
    String type = given == null ? DEFAULT_TYPE : given;
    String ttl = request.getHeader("Stream-TTL");
    String expires = request.getHeader("Stream-Expires-At");
    if (ttl != null && expires != null) {
      throw Problem.badRequest("Stream-TTL: must not be given with Stream-Expires-At");
    }
    if (ttl != null && !ttl.matches("0|[1-9][0-9]{0,9}")) {
      throw Problem.badRequest("Stream-TTL: must be a whole number of seconds");
    }
    Instant end = null;
    if (expires != null) {
      try {
        end = OffsetDateTime.parse(expires).toInstant();
      } catch (DateTimeParseException e) {
        throw Problem.badRequest("Stream-Expires-At: must be a time as of RFC 3339");
      }
    }
    return Operation.create(
        type,
        ttl == null ? null : Long.valueOf(ttl),
        end,
        closes(request),
        Operation.isJson(type) ? messages(body) : body);
  }

  /** What a {@code POST} asks for; the body is null for none. */
  static Operation append(DurableStream stream, HttpServletRequest request, byte[] body) {
    String type = type(request);
    if (body == null && !closes(request)) {
      throw Problem.badRequest("body: is empty, and Stream-Closed is not true");
    }
    if (body != null && type == null) {
      throw Problem.badRequest("Content-Type: is missing");
    }
    byte[] bytes = body;
    if (body != null && Operation.isJson(stream.type()) && Operation.isJson(type)) {
      bytes = messages(body);
      if (bytes == null) {
        throw Problem.badRequest("body: is an empty array");
      }
    }
    return Operation.append(
        type,
        closes(request),
        bytes,
        producer(request),
        limited("Stream-Seq", request.getHeader("Stream-Seq")));
  }

  /** Null for none. */
  private static Producer producer(HttpServletRequest request) {
    String id = request.getHeader("Producer-Id");
    String epoch = request.getHeader("Producer-Epoch");
    String sequence = request.getHeader("Producer-Seq");
    if (id == null && epoch == null && sequence == null) {
      return null;
    }
    if (id == null || epoch == null || sequence == null) {
      throw Problem.badRequest(
          "Producer-Id: has to be given with Producer-Epoch and Producer-Seq, or none of them");
    }
    limited("Producer-Id", id);
    return new Producer(id, whole("Producer-Epoch", epoch), whole("Producer-Seq", sequence));
  }

  private static long whole(String name, String text) {
    if (!text.matches(WHOLE) || Long.parseLong(text) > MAX_SAFE) {
      throw Problem.badRequest(name + ": must be a whole number, at most " + MAX_SAFE);
    }
    return Long.parseLong(text);
  }
}
