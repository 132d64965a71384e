package org.starcast.datastar;

import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.starcast.internal.http.Problem;

/**
 * The page's signals are missing, too large, malformed, or not what the application wants. JAX-RS
 * answers it with 400 and a problem (RFC 9457) whose {@code errors} name the paths; a servlet sends
 * {@link #problem()} as {@code application/problem+json}.
 */
public class BadSignalsException extends WebApplicationException {

  private static final long serialVersionUID = 1L;

  /**
   * One thing that is wrong.
   *
   * @param path where, as a JSON path: {@code $} for the whole, {@code $.user.age}, {@code
   *     $.tags[2]}; long names, and a path longer than 256 characters, are cut
   * @param detail what, without the value; cut after 256 characters
   */
  public record Error(String path, String detail) implements java.io.Serializable {}

  /** The most errors of one answer: enough to help, little enough to read. */
  static final int MAX_ERRORS = 20;

  /** The longest path or detail, in characters; what is longer is cut. */
  private static final int MAX_TEXT = 256;

  private final List<Error> errors;
  private final String problem;

  BadSignalsException(String path, String detail) {
    this(List.of(new Error(path, detail)), null);
  }

  BadSignalsException(List<Error> errors, Throwable cause) {
    this(cause, bounded(errors));
  }

  private BadSignalsException(Throwable cause, List<Error> errors) {
    this(errors, problem(errors), cause);
  }

  private BadSignalsException(List<Error> errors, String problem, Throwable cause) {
    super(describe(errors.get(0)), cause, response(problem));
    this.errors = errors;
    this.problem = problem;
  }

  private static List<Error> bounded(List<Error> errors) {
    return errors.stream()
        .limit(MAX_ERRORS)
        .map(
            error ->
                new Error(
                    Problem.excerpt(error.path(), MAX_TEXT),
                    Problem.excerpt(error.detail(), MAX_TEXT)))
        .toList();
  }

  /** What is wrong: at least one, at most 20. */
  public List<Error> errors() {
    return errors;
  }

  /** The body of the answer, JSON. */
  public String problem() {
    return problem;
  }

  private static String describe(Error error) {
    return error.path() + ": " + error.detail();
  }

  private static String problem(List<Error> errors) {
    JsonArrayBuilder list = jakarta.json.Json.createArrayBuilder();
    for (Error error : errors) {
      list.add(
          jakarta.json.Json.createObjectBuilder()
              .add("path", error.path())
              .add("detail", error.detail()));
    }
    JsonObjectBuilder body =
        jakarta.json.Json.createObjectBuilder()
            .add("type", "about:blank")
            .add("title", "Bad signals")
            .add("status", 400)
            .add("detail", describe(errors.get(0)))
            .add("errors", list);
    JsonObject object = body.build();
    return object.toString();
  }

  private static Response response(String problem) {
    return Response.status(400)
        .type(new MediaType("application", "problem+json"))
        .entity(problem.getBytes(StandardCharsets.UTF_8))
        .build();
  }
}
