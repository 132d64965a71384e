package org.starcast.internal.http;

import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.starcast.internal.json.Json;

/** Error answers: {@code application/problem+json} (RFC 9457), of bounded size. */
public final class Problem {

  /** The longest detail, in characters; what is longer is cut. */
  private static final int MAX_DETAIL = 1_000;

  private Problem() {}

  /** An answer with a problem body, the detail cut to 1,000 characters; add headers as needed. */
  public static Response.ResponseBuilder of(int status, String detail) {
    return Response.status(status)
        .type("application/problem+json")
        .entity(
            Json.createObjectBuilder()
                .add("title", Response.Status.fromStatusCode(status).getReasonPhrase())
                .add("status", status)
                .add("detail", excerpt(detail, MAX_DETAIL))
                .build()
                .toString());
  }

  /** An answer with a problem body, thrown. */
  public static WebApplicationException exception(int status, String detail) {
    return new WebApplicationException(detail, of(status, detail).build());
  }

  /** The answer 400. */
  public static BadRequestException badRequest(String detail) {
    return new BadRequestException(detail, of(400, detail).build());
  }

  /** The text, if it is longer than that its begin and an ellipsis; no surrogate pair is cut. */
  public static String excerpt(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return text.substring(0, end) + "…";
  }
}
