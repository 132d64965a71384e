package org.starcast.datastar;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import org.starcast.internal.Arguments;

/**
 * One of Datastar's actions as an expression, such as {@code @get('/orders')}: for {@link
 * DatastarAttributes}, or by {@link #toString} anywhere in an expression. Immutable. Every value is
 * written so that it stays a value; in HTML the expression must be escaped as any attribute's
 * value, which {@link DatastarAttributes} does.
 */
public final class DatastarAction {

  /** When the client asks again after a request has ended. */
  public enum Retry {
    /** After network errors, not after a clean end. The client's default. */
    AUTO,
    /** Also after answers with status 400 to 599. */
    ERROR,
    /** After anything but a redirect or 204: also when a stream ends cleanly. */
    ALWAYS,
    /** After network errors only. */
    NEVER;

    String value() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** What becomes of an earlier request with the same method and URL. */
  public enum Cancellation {
    /** It is aborted. The client's default. */
    AUTO("auto"),
    /** It is aborted, and so is this one when its element goes away. */
    CLEANUP("cleanup"),
    /** It goes on. */
    DISABLED("disabled");

    private final String value;

    Cancellation(String value) {
      this.value = value;
    }
  }

  private final String call;
  private final Map<String, String> options;

  private DatastarAction(String call, Map<String, String> options) {
    this.call = call;
    this.options = options;
  }

  /**
   * {@code @get}: signals go in the query. The client closes such a stream while the tab is hidden.
   *
   * @param url http, https or relative, 8,192 characters at most
   * @throws IllegalArgumentException if it is anything else, as {@link
   *     DatastarSse#redirect(String)}
   */
  public static DatastarAction get(String url) {
    return request("get", url);
  }

  /** {@code @post}: signals go in the body. Otherwise as {@link #get}. */
  public static DatastarAction post(String url) {
    return request("post", url);
  }

  /** {@code @put}: signals go in the body. Otherwise as {@link #get}. */
  public static DatastarAction put(String url) {
    return request("put", url);
  }

  /** {@code @patch}: signals go in the body. Otherwise as {@link #get}. */
  public static DatastarAction patch(String url) {
    return request("patch", url);
  }

  /**
   * {@code @query}, since Datastar 1.0.4: the HTTP method QUERY, which changes nothing, with the
   * signals in the body. Otherwise as {@link #get}, but that the stream stays open while the tab is
   * hidden.
   */
  public static DatastarAction query(String url) {
    return request("query", url);
  }

  /** {@code @delete}: signals go in the query. Otherwise as {@link #get}. */
  public static DatastarAction delete(String url) {
    return request("delete", url);
  }

  private static DatastarAction request(String method, String url) {
    return new DatastarAction(
        "@" + method + "(" + Escape.expressionString(Arguments.url("url", url)), Map.of());
  }

  /** {@code @setAll}: sets every signal whose path matches the regular expression. */
  public static DatastarAction setAll(Object value, String includeRegex) {
    return new DatastarAction("@setAll(" + Escape.expressionJson(Json.of(value)), Map.of())
        .option("include", regex("includeRegex", includeRegex));
  }

  /** {@code @toggleAll}: flips every signal whose path matches the regular expression. */
  public static DatastarAction toggleAll(String includeRegex) {
    return new DatastarAction("@toggleAll(", Map.of())
        .option("include", regex("includeRegex", includeRegex));
  }

  /** Sends the closest form, or the one of {@link #selector}, in place of the signals. */
  public DatastarAction form() {
    return option("contentType", "'form'");
  }

  /** The CSS selector of the form to send. */
  public DatastarAction selector(String selector) {
    return option(
        "selector",
        Escape.expressionString(Arguments.line("selector", selector, AbstractEvent.MAX_SELECTOR)));
  }

  /** Adds request headers, each of one line. */
  public DatastarAction headers(Map<String, String> headers) {
    Map<String, String> checked = new LinkedHashMap<>();
    headers.forEach(
        (name, value) ->
            checked.put(
                Arguments.line("header", name),
                Arguments.line("header " + name, value, Arguments.MAX_URL)));
    return option("headers", Escape.expressionJson(Json.of(checked)));
  }

  /**
   * Which signals are sent: those whose path matches {@code include} (null: all) and not {@code
   * exclude} (null: those of which a name begins with {@code _}).
   */
  public DatastarAction filterSignals(String include, String exclude) {
    return option("filterSignals", filter(include, exclude));
  }

  /** What is sent in place of the signals: anything that JSON-B writes. */
  public DatastarAction payload(Object payload) {
    return option("payload", Escape.expressionJson(Json.of(payload)));
  }

  /**
   * Keeps the stream open while the tab is hidden, which only {@link #get} does not do. One that is
   * closed then is opened again when the tab is shown, from the last event that it had, and with
   * the signals as they are then. To {@linkplain org.starcast.presence.Presence presence} its user
   * leaves meanwhile, or is away.
   */
  public DatastarAction openWhenHidden(boolean open) {
    return option("openWhenHidden", String.valueOf(open));
  }

  /** What becomes of an earlier request with the same method and URL. */
  public DatastarAction requestCancellation(Cancellation cancellation) {
    return option("requestCancellation", "'" + cancellation.value + "'");
  }

  /** When to ask again. */
  public DatastarAction retry(Retry retry) {
    return option("retry", "'" + retry.value() + "'");
  }

  /**
   * Asks again always and without end, as a stream that shall survive deployments must. It sends
   * the signals as they are then; Datastar up to 1.0.2 sent those of the first time.
   */
  public DatastarAction retryForever() {
    return retry(Retry.ALWAYS).option("retryMaxCount", "Infinity");
  }

  /** The wait before the first retry; the client's default is one second. */
  public DatastarAction retryInterval(Duration interval) {
    return option(
        "retryInterval", String.valueOf(Arguments.upToDay("retryInterval", interval).toMillis()));
  }

  /** By what the wait is multiplied after each retry; the client's default is 2. */
  public DatastarAction retryScaler(double scaler) {
    if (!(scaler >= 1 && scaler <= 100)) {
      throw new IllegalArgumentException("retryScaler: must be 1 to 100, is " + scaler);
    }
    return option("retryScaler", String.valueOf(scaler));
  }

  /** The longest wait; the client's default is 30 seconds. */
  public DatastarAction retryMaxWait(Duration wait) {
    return option(
        "retryMaxWait", String.valueOf(Arguments.upToDay("retryMaxWait", wait).toMillis()));
  }

  /**
   * How many retries in a row, after which the stream has ended for good; the client's default is
   * 10. An answer with status 200 sets the count back.
   */
  public DatastarAction retryMaxCount(int count) {
    if (count < 0) {
      throw new IllegalArgumentException("retryMaxCount: must not be negative, is " + count);
    }
    return option("retryMaxCount", String.valueOf(count));
  }

  static String filter(String include, String exclude) {
    StringJoiner filter = new StringJoiner(", ", "{", "}");
    if (include != null) {
      filter.add("include: " + regex("include", include));
    }
    if (exclude != null) {
      filter.add("exclude: " + regex("exclude", exclude));
    }
    return filter.toString();
  }

  private static String regex(String name, String regex) {
    return "RegExp("
        + Escape.expressionString(Arguments.line(name, regex, AbstractEvent.MAX_SELECTOR))
        + ")";
  }

  private DatastarAction option(String name, String expression) {
    Map<String, String> changed = new LinkedHashMap<>(options);
    changed.put(name, Objects.requireNonNull(expression));
    return new DatastarAction(call, changed);
  }

  /** The expression, not escaped for HTML. */
  @Override
  public String toString() {
    if (options.isEmpty()) {
      return call + ")";
    }
    StringJoiner all = new StringJoiner(", ", call.endsWith("(") ? "{" : ", {", "}");
    options.forEach((name, expression) -> all.add(name + ": " + expression));
    return call + all + ")";
  }
}
