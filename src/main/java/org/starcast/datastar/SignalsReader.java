package org.starcast.datastar;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.bind.Jsonb;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.starcast.datastar.Signals.BadSignalsException;
import org.starcast.internal.http.FormData;
import org.starcast.internal.json.JsonText;

/** Reads signals out of requests. Thread-safe. */
final class SignalsReader {

  static final String REQUEST_HEADER = "Datastar-Request";
  static final String PARAMETER = "datastar";

  /** Far above what pages hold, far below what hurts. */
  static final int MAX_BYTES = 1 << 20;

  static final SignalsReader DEFAULT = new SignalsReader(MAX_BYTES, new InstalledValidator());

  /**
   * A request, of whatever kind.
   *
   * @param query undecoded; may be null
   * @param contentType may be null
   */
  record Source(String method, String query, String contentType, Body body) {}

  /** What a request has as its body; null for none. */
  interface Body {
    InputStream open() throws IOException;
  }

  private final int maxBytes;
  private final Function<Object, List<BadSignalsException.Error>> validator;

  SignalsReader(int maxBytes, Function<Object, List<BadSignalsException.Error>> validator) {
    this.maxBytes = maxBytes;
    this.validator = validator;
  }

  static Source source(HttpServletRequest request) {
    return new Source(
        request.getMethod(),
        request.getQueryString(),
        request.getContentType(),
        request::getInputStream);
  }

  static Source source(ContainerRequestContext request) {
    return new Source(
        request.getMethod(),
        request.getUriInfo().getRequestUri().getRawQuery(),
        request.getHeaderString("Content-Type"),
        request::getEntityStream);
  }

  Object read(Source request, Type type) {
    return bind(text(request), type);
  }

  /** The signals as text, within the bound. */
  String text(Source request) {
    String method = request.method().toUpperCase(Locale.ROOT);
    boolean inQuery = method.equals("GET") || method.equals("HEAD") || method.equals("DELETE");
    String text = inQuery ? parameter(request.query()) : body(request);
    if (text.isBlank()) {
      throw new BadSignalsException(
          "$", inQuery ? "the query parameter 'datastar' is missing" : "the body is empty");
    }
    return text;
  }

  private String parameter(String query) {
    List<String> values;
    try {
      values = FormData.query(query, Set.of(PARAMETER)).getOrDefault(PARAMETER, List.of(""));
    } catch (BadRequestException e) {
      throw new BadSignalsException("$", "the query parameter " + e.getMessage());
    }
    if (values.size() > 1) {
      throw new BadSignalsException("$", "the query parameter 'datastar' is given twice");
    }
    if (values.get(0).getBytes(StandardCharsets.UTF_8).length > maxBytes) {
      throw tooLarge();
    }
    return values.get(0);
  }

  private String body(Source request) {
    checkType(request.contentType());
    byte[] bytes;
    try {
      InputStream body = request.body().open();
      bytes = body == null ? new byte[0] : body.readNBytes(maxBytes + 1);
    } catch (IOException e) {
      throw new BadSignalsException(
          List.of(new BadSignalsException.Error("$", "the body could not be read")), e);
    }
    if (bytes.length > maxBytes) {
      throw tooLarge();
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new BadSignalsException("$", "the body is not UTF-8");
    }
  }

  /**
   * JSON of any name, with any parameters. It must be said: a page of another origin can send what
   * has no type, or one of a form, without asking first (the Fetch standard, section 3.3).
   */
  private static void checkType(String contentType) {
    if (contentType == null) {
      throw new BadSignalsException("$", "the body's type must be JSON, such as application/json");
    }
    String[] parts = contentType.toLowerCase(Locale.ROOT).split(";");
    String type = parts[0].strip();
    if (!type.equals("application/json") && !type.equals("text/json") && !type.endsWith("+json")) {
      throw new BadSignalsException("$", "the body's type must be JSON, such as application/json");
    }
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].replace("\"", "").replace(" ", "");
      if (parameter.startsWith("charset=")
          && !parameter.equals("charset=utf-8")
          && !parameter.equals("charset=us-ascii")) {
        throw new BadSignalsException("$", "the body's charset must be UTF-8");
      }
    }
  }

  Object bind(String text, Type type) {
    JsonObject object;
    try {
      object = Json.parseObject(text);
    } catch (IllegalArgumentException e) {
      throw new BadSignalsException(
          List.of(new BadSignalsException.Error("$", "must be a JSON object; " + e.getMessage())),
          e);
    }
    boolean asIs =
        type instanceof Class<?> json
            && json.isAssignableFrom(JsonObject.class)
            && JsonValue.class.isAssignableFrom(json);
    Jsonb jsonb = asIs ? null : JsonText.jsonb(); // first: the next may need its annotations
    List<BadSignalsException.Error> misfits = SignalsTypes.check(object, type);
    if (!misfits.isEmpty()) {
      throw new BadSignalsException(misfits, null);
    }
    if (asIs) {
      return object;
    }
    Object signals;
    try {
      signals = jsonb.fromJson(text, type);
    } catch (RuntimeException e) {
      requireAccess(type, e);
      // JsonbException, or what a constructor of the application throws
      throw new BadSignalsException(
          List.of(new BadSignalsException.Error("$", "does not fit what is wanted")), e);
    }
    List<BadSignalsException.Error> violations = validator.apply(signals);
    if (!violations.isEmpty()) {
      throw new BadSignalsException(violations, null);
    }
    return signals;
  }

  /** No fault of the page's: the application's class is out of JSON-B's reach. */
  private static void requireAccess(Type type, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof IllegalAccessException) {
        throw new IllegalStateException(
            "signals: "
                + type.getTypeName()
                + " cannot be made: it, the types in it, and their constructors must be public",
            failure);
      }
    }
  }

  private BadSignalsException tooLarge() {
    return new BadSignalsException("$", "must be at most " + maxBytes + " bytes");
  }
}
