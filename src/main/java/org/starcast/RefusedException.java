package org.starcast;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import org.starcast.web.Problem;

/**
 * A client is not taken: a limit is reached, the application is stopping, or the id that it wants
 * to resume from is malformed. Thrown out of the resource method it answers the request by 429, 503
 * or 400 with a problem body (RFC 9457), the former two with {@code Retry-After}.
 */
public class RefusedException extends WebApplicationException {

  private static final long serialVersionUID = 1L;

  /**
   * Refuses for good.
   *
   * @param detail what is wrong with the request
   */
  public RefusedException(String detail) {
    super(detail, Problem.of(400, detail).build());
  }

  /**
   * Refuses for now.
   *
   * @param status 429 for a limit of the caller's own, 503 for one of the server
   * @param detail what is exhausted, and its bound
   * @param retryAfterSeconds when to come back
   */
  public RefusedException(int status, String detail, int retryAfterSeconds) {
    super(
        detail,
        Problem.of(status, detail).header(HttpHeaders.RETRY_AFTER, retryAfterSeconds).build());
  }
}
