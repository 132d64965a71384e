package org.starcast.datastar;

import static java.lang.annotation.ElementType.PARAMETER;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.DynamicFeature;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.FeatureContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.MessageBodyReader;
import jakarta.ws.rs.ext.Provider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.lang.reflect.Parameter;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.starcast.internal.http.Problem;

/**
 * The page's signals, as a parameter of a JAX-RS resource method: a record, a bean, a {@code Map}
 * or a {@code JsonObject}.
 *
 * <pre>{@code
 * @POST
 * public Response add(@Signals NewTodo todo) { ... }
 *
 * @GET
 * public Response search(@Signals Search search) { ... }
 * }</pre>
 *
 * <p>They are read from the query parameter {@code datastar} of GET, HEAD and DELETE requests, from
 * the JSON body of all others, QUERY included, whose {@code Content-Type} must say so; at most 1
 * MiB, 64 levels deep. What does not fit is answered with 400 and a problem (RFC 9457) that names
 * the path, see {@link BadSignalsException}; Jakarta Validation runs where there is a provider. A
 * method has one such parameter, and no other that is its body.
 *
 * <p>An application whose {@code Application} class lists its classes adds {@link Feature} and
 * {@link BodyReader} to them.
 */
@Documented
@Retention(RUNTIME)
@Target(PARAMETER)
public @interface Signals {

  /**
   * The page's signals are missing, too large, malformed, or not what the application wants. JAX-RS
   * answers it with 400 and a problem (RFC 9457) whose {@code errors} name the paths; a servlet
   * sends {@link #problem()} as {@code application/problem+json}.
   */
  class BadSignalsException extends WebApplicationException {

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

    @SuppressWarnings("serial") // an immutable list, which is serializable as its elements are
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
      JsonArrayBuilder list = org.starcast.internal.json.Json.createArrayBuilder();
      for (Error error : errors) {
        list.add(
            org.starcast.internal.json.Json.createObjectBuilder()
                .add("path", error.path())
                .add("detail", error.detail()));
      }
      JsonObjectBuilder body =
          org.starcast.internal.json.Json.createObjectBuilder()
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

  /**
   * Has resource methods with a {@link Signals} parameter find the signals in the request's body,
   * wherever they were sent, as a media type that only {@link BodyReader} reads. Found by the
   * JAX-RS runtime.
   */
  @Provider
  class Feature implements DynamicFeature {

    static final String MEDIA_TYPE = "application/x-starcast-signals";

    /** Made by the JAX-RS runtime. */
    public Feature() {}

    @Override
    public void configure(ResourceInfo resource, FeatureContext context) {
      for (Parameter parameter : resource.getResourceMethod().getParameters()) {
        if (Arrays.stream(parameter.getAnnotations()).anyMatch(Signals.class::isInstance)) {
          context.register(new SignalsToBody());
          return;
        }
      }
    }

    /** Runs after the method is chosen, so that its {@code @Consumes} has seen the real type. */
    private static final class SignalsToBody implements ContainerRequestFilter {
      @Override
      public void filter(ContainerRequestContext request) {
        String text = SignalsReader.DEFAULT.text(SignalsReader.source(request));
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        request.getHeaders().putSingle(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE);
        request.getHeaders().putSingle(HttpHeaders.CONTENT_LENGTH, String.valueOf(bytes.length));
        request.setEntityStream(new ByteArrayInputStream(bytes));
      }
    }
  }

  /** Makes the value of a {@link Signals} parameter. Found by the JAX-RS runtime. */
  @Provider
  @Consumes(Signals.Feature.MEDIA_TYPE)
  class BodyReader implements MessageBodyReader<Object> {

    /** Made by the JAX-RS runtime. */
    public BodyReader() {}

    @Override
    public boolean isReadable(
        Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
      return Arrays.stream(annotations).anyMatch(Signals.class::isInstance);
    }

    @Override
    public Object readFrom(
        Class<Object> type,
        Type genericType,
        Annotation[] annotations,
        MediaType mediaType,
        MultivaluedMap<String, String> httpHeaders,
        InputStream entityStream)
        throws IOException {
      String text = new String(entityStream.readAllBytes(), StandardCharsets.UTF_8);
      return SignalsReader.DEFAULT.bind(text, genericType == null ? type : genericType);
    }
  }
}
