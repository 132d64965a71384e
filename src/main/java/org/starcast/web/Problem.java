package org.starcast.web;

import jakarta.json.Json;
import jakarta.ws.rs.core.Response;

/** Error answers: {@code application/problem+json} (RFC 9457). */
public final class Problem {

  private Problem() {}

  /** An answer with a problem body; add headers to it as needed. */
  public static Response.ResponseBuilder of(int status, String detail) {
    return Response.status(status)
        .type("application/problem+json")
        .entity(
            Json.createObjectBuilder()
                .add("title", Response.Status.fromStatusCode(status).getReasonPhrase())
                .add("status", status)
                .add("detail", detail)
                .build()
                .toString());
  }
}
