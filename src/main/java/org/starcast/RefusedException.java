package org.starcast;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import org.starcast.internal.http.Problem;

/**
 * A client is not taken: a limit is reached, the application is stopping, or the caller may not
 * hear what it asks for. Thrown out of the resource method it answers the request by 429, 503, 401
 * or 403 with a problem body (RFC 9457), the former two with {@code Retry-After}, 401 with {@code
 * WWW-Authenticate: Bearer}.
 */
public class RefusedException extends WebApplicationException {

  private static final long serialVersionUID = 1L;

  private RefusedException(String detail, Response response) {
    super(detail, response);
  }

  /**
   * Refuses what the caller has no permission for: 401 if nobody is logged in, else 403.
   *
   * @param detail what is not permitted
   */
  public static RefusedException forbidden(boolean loggedIn, String detail) {
    return new RefusedException(
        detail,
        loggedIn
            ? Problem.of(403, detail).build()
            : Problem.of(401, detail).header(HttpHeaders.WWW_AUTHENTICATE, "Bearer").build());
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

  /** Why a client was not taken. */
  public enum Reason {
    /** The application, or the server, is shutting down: 503. */
    DRAINING,
    /** There are {@code starcast.max-clients} clients: 503. */
    CLIENTS,
    /** The user has {@code starcast.max-clients-per-principal} clients: 429. */
    CLIENTS_PER_PRINCIPAL,
    /** The address has {@code starcast.max-clients-per-address} clients: 429. */
    CLIENTS_PER_ADDRESS,
    /** The user connected more often than {@code starcast.max-connects-per-principal}: 429. */
    CONNECTS_PER_PRINCIPAL,
    /** The address connected more often than {@code starcast.max-connects-per-address}: 429. */
    CONNECTS_PER_ADDRESS,
    /** The caller may not hear what it asks for, or its token has expired: 401 or 403. */
    FORBIDDEN,
    /** The node has not reached its backplane yet: 503. */
    BACKPLANE,
    /** The state that clients begin with was not made in time: 503. */
    INITIAL
  }
}
