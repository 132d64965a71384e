package org.starcast;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import org.starcast.web.Problem;

/**
 * A client is not taken: a limit is reached, or the application is stopping. Thrown out of the
 * resource method it answers the request by 429 or 503 with {@code Retry-After} and a problem body
 * (RFC 9457).
 */
public class RefusedException extends WebApplicationException {

  private static final long serialVersionUID = 1L;

  /**
   * Refuses.
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
