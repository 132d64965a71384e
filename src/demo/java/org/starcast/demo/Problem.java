package org.starcast.demo;

import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** Error answers that a program and a person can read (RFC 9457). */
public final class Problem {

  static final MediaType TYPE = new MediaType("application", "problem+json");

  private Problem() {}

  /** An answer with this status; the title is the status's own phrase. */
  public static Response of(Response.Status status, String detail) {
    return respond(status, body(status, detail));
  }

  /** A 400 that names the field at fault. */
  public static Response invalid(String field, String message) {
    Response.Status status = Response.Status.BAD_REQUEST;
    return respond(status, body(status, field + ": " + message).add("field", field));
  }

  private static JsonObjectBuilder body(Response.Status status, String detail) {
    return Json.createObjectBuilder()
        .add("title", status.getReasonPhrase())
        .add("status", status.getStatusCode())
        .add("detail", detail.length() > 500 ? detail.substring(0, 500) + "..." : detail);
  }

  private static Response respond(Response.Status status, JsonObjectBuilder body) {
    return Response.status(status).type(TYPE).entity(body.build().toString()).build();
  }
}
