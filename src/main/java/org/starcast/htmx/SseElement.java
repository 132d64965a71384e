package org.starcast.htmx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.starcast.datastar.Html;
import org.starcast.htmx.OobSwap.SwapMode;
import org.starcast.internal.Arguments;

/**
 * An element that connects to a stream by htmx's SSE extension and swaps in what comes without a
 * name, in htmx 4 unless said otherwise. Immutable: every method returns a new element.
 *
 * <pre>{@code
 * SseElement.connect("/api/stream?topic=chat.*").closeOn("done").html("...")
 * SseElement.connect(HtmxVersion.V2, "/api/stream?topic=chat.*").swap("chat").html("...")
 * }</pre>
 *
 * <p>Behind the script tags of htmx and its extension a page has that of {@code starcast/htmx.js},
 * which makes the connection last:
 *
 * <pre>{@code
 * <script type="module" src="starcast/htmx.js"></script>
 * }</pre>
 *
 * <p>{@link #html} and {@link #toString} write the element, {@link #attributes} its attributes
 * alone.
 */
public final class SseElement {

  private static final Pattern ATTRIBUTE = Pattern.compile("[A-Za-z_:@][A-Za-z0-9_.:@-]{0,127}");
  private static final Pattern EVENT = Pattern.compile("[^\\p{Cntrl}\\p{Zs}\\s,]{1,256}");

  private final HtmxVersion version;
  private final Map<String, String> attributes;

  private SseElement(HtmxVersion version, Map<String, String> attributes) {
    this.version = version;
    this.attributes = attributes;
  }

  /**
   * Connects to a stream, in htmx 4.
   *
   * @throws IllegalArgumentException if it is not an http, https or relative URL
   */
  public static SseElement connect(String url) {
    return connect(HtmxVersion.V4, url);
  }

  /**
   * Connects to a stream.
   *
   * @throws IllegalArgumentException if it is not an http, https or relative URL
   */
  public static SseElement connect(HtmxVersion version, String url) {
    Map<String, String> attributes = new LinkedHashMap<>();
    Arguments.url("url", url);
    if (version == HtmxVersion.V4) {
      attributes.put("hx-sse:connect", url);
    } else {
      attributes.put("hx-ext", "sse");
      attributes.put("sse-connect", url);
      attributes.put("sse-swap", "message");
    }
    return new SseElement(version, attributes);
  }

  /**
   * An element inside of a connected one, which swaps by the outer one's stream: htmx 2 alone has
   * them.
   */
  public static SseElement inner() {
    return new SseElement(HtmxVersion.V2, Map.of());
  }

  /**
   * Swaps in the data of events with these names, in htmx 2; {@code message} is that of events
   * without one.
   *
   * @throws IllegalArgumentException as {@link OobSwap#event}
   * @throws IllegalStateException if the page has htmx 4, which swaps in events without a name
   */
  public SseElement swap(String... events) {
    if (version == HtmxVersion.V4) {
      throw new IllegalStateException(
          "events: htmx 4 swaps in events without a name alone; leave the names out, here and where"
              + " they are published");
    }
    if (events.length == 0) {
      throw new IllegalArgumentException("events: must be at least one");
    }
    for (String event : events) {
      checkEvent(event);
    }
    return put("sse-swap", String.join(",", events));
  }

  /** Ends the connection, without reconnecting, at an event with this name. */
  public SseElement closeOn(String event) {
    return put(version == HtmxVersion.V4 ? "hx-sse:close" : "sse-close", checkEvent(event));
  }

  /** How the data is swapped in ({@code hx-swap}); the content is replaced unless set. */
  public SseElement swapMode(SwapMode mode) {
    return put("hx-swap", mode.value());
  }

  /** Swaps nothing but what is out-of-band. */
  public SseElement oobOnly() {
    return put("hx-swap", "none");
  }

  /** The element's id. */
  public SseElement id(String id) {
    return put("id", checkId("id", id));
  }

  /** Hides the element. */
  public SseElement hidden() {
    return put("hidden", "");
  }

  /**
   * Adds another attribute; its value is escaped.
   *
   * @throws IllegalArgumentException if the name is malformed, or the value has control characters
   *     or is longer than 8,192 characters
   */
  public SseElement attribute(String name, String value) {
    return put(
        Arguments.matching(
            "attribute", name, ATTRIBUTE, "must be 1 to 128 of A-Z a-z 0-9 _ . : @ -"),
        value.isEmpty() ? "" : Arguments.line("value", value, Arguments.MAX_URL));
  }

  /** The attributes as HTML, each with a space before it. */
  public String attributes() {
    StringBuilder out = new StringBuilder();
    attributes.forEach(
        (name, value) -> {
          out.append(' ').append(name);
          if (!value.isEmpty()) {
            out.append("=\"").append(Html.attr(value)).append('"');
          }
        });
    return out.toString();
  }

  /** The attributes by name, with values that are not escaped. */
  public Map<String, String> toMap() {
    return Collections.unmodifiableMap(attributes);
  }

  /** The element with this trusted content. */
  public String html(CharSequence content) {
    return "<div" + attributes() + ">" + content + "</div>";
  }

  /** The element without content. */
  @Override
  public String toString() {
    return html("");
  }

  static String checkEvent(String event) {
    return Arguments.matching(
        "event", event, EVENT, "must be 1 to 256 characters, no white space, no comma");
  }

  /** An id: white space ends it in the places where htmx reads it. */
  static String checkId(String name, String id) {
    if (Arguments.line(name, id).chars().anyMatch(Character::isWhitespace)) {
      throw new IllegalArgumentException(name + ": must have no white space");
    }
    return id;
  }

  private SseElement put(String name, String value) {
    Map<String, String> changed = new LinkedHashMap<>(attributes);
    changed.put(name, value);
    return new SseElement(version, changed);
  }
}
