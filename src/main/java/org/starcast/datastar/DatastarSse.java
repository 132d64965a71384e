package org.starcast.datastar;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.starcast.MessageSource;
import org.starcast.SseBroadcaster;
import org.starcast.datastar.Signals.BadSignalsException;
import org.starcast.internal.Arguments;

/**
 * Drives Datastar pages: makes the events of Datastar's SDK specification, and reads the signals
 * that pages send. Inject it anywhere; thread-safe.
 *
 * <pre>{@code
 * datastar.patchElements(row).selector("#orders").mode(APPEND).publish("orders.ui");
 * datastar.patchSignals(Map.of("count", 3)).sendTo(client);
 * return datastar.response(datastar.patchElements(form), datastar.removeSignals("error"));
 * }</pre>
 *
 * <p>Each event goes to topics ({@link DatastarEvent#publish}), to one client ({@link
 * DatastarEvent#sendTo}), or is the answer to the present request ({@link #response}).
 */
@ApplicationScoped
public class DatastarSse {

  private final SseBroadcaster broadcaster;

  /** For the container's proxies. */
  protected DatastarSse() {
    broadcaster = null;
  }

  /** Made by the container. */
  @Inject
  public DatastarSse(SseBroadcaster broadcaster) {
    this.broadcaster = broadcaster;
  }

  /**
   * A script that loads the page anew: what {@code starcast.gap.reload} sends. Each page waits up
   * to five seconds, by chance, so that not all that missed the same come in the same moment.
   */
  public static MessageSource reload() {
    return new DatastarSse(null)
        .executeScript("setTimeout(() => window.location.reload(), Math.random() * 5000)");
  }

  /**
   * Patches elements: complete, trusted HTML, of which each top-level element has an id unless a
   * selector is given. Several are sent as one event.
   */
  public PatchElements patchElements(CharSequence elements, CharSequence... more) {
    if (more.length == 0) {
      return new PatchElements(broadcaster, elements.toString());
    }
    StringBuilder all = new StringBuilder(elements);
    for (CharSequence another : more) {
      all.append('\n').append(Objects.requireNonNull(another, "elements"));
    }
    return new PatchElements(broadcaster, all.toString());
  }

  /**
   * Patches elements that render themselves, at once and into the event.
   *
   * @throws UncheckedIOException if rendering throws an {@link IOException}
   */
  public PatchElements patchElements(Html elements, Html... more) {
    StringBuilder all = new StringBuilder(256);
    try {
      elements.render(all);
      for (Html another : more) {
        another.render(all.append('\n'));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new PatchElements(broadcaster, all.toString());
  }

  /**
   * Removes the elements that match a CSS selector.
   *
   * @throws IllegalArgumentException as {@link PatchElements#selector}
   */
  public PatchElements removeElements(String selector) {
    return new PatchElements(broadcaster, "").selector(selector).mode(PatchElements.Mode.REMOVE);
  }

  /**
   * Removes the element with this id.
   *
   * @throws IllegalArgumentException as {@link PatchElements#selectorId}
   */
  public PatchElements removeElementById(String id) {
    return new PatchElements(broadcaster, "").selectorId(id).mode(PatchElements.Mode.REMOVE);
  }

  /**
   * Patches signals: a map, a record, any object that JSON-B writes as a JSON object, a {@code
   * JsonObject}, or text that is a JSON object. Nulls are kept, and remove signals. Dotted names
   * are names, see {@link PatchSignals#nested}. Values are values: an expression such as {@code
   * $count + 1} arrives as text.
   *
   * @throws IllegalArgumentException if it is not a JSON object
   */
  public PatchSignals patchSignals(Object signals) {
    return new PatchSignals(broadcaster, Json.object("signals", signals));
  }

  /**
   * Removes signals, named by their paths, such as {@code user.name}.
   *
   * @throws IllegalArgumentException if there are none, or one is blank, longer than 256
   *     characters, or has an empty name, control characters or line breaks
   */
  public PatchSignals removeSignals(String... paths) {
    return new PatchSignals(broadcaster, Json.of(PatchSignals.nulls(paths)));
  }

  /**
   * Runs a script, which is trusted code; see {@link ExecuteScript}.
   *
   * @throws IllegalArgumentException if it is blank
   */
  public ExecuteScript executeScript(CharSequence script) {
    return ExecuteScript.of(broadcaster, script);
  }

  /**
   * Sends the browser to another page.
   *
   * @param location an http or https URL, or one relative to the page; 8,192 characters at most
   * @throws IllegalArgumentException if it is anything else: another scheme, two slashes at its
   *     beginning, white space, control characters, backslashes
   */
  public ExecuteScript redirect(String location) {
    // not at once: the browser would cut the stream before the events behind this one
    return executeScript(
        "setTimeout(() => window.location = "
            + Escape.scriptString(Arguments.url("location", location))
            + ")");
  }

  /** As {@link #redirect(String)}. */
  public ExecuteScript redirect(URI location) {
    return redirect(location.toString());
  }

  /**
   * Replaces the URL that the browser shows, without loading it; it must be of the page's origin,
   * or the browser refuses it.
   *
   * @throws IllegalArgumentException as {@link #redirect(String)}
   */
  public ExecuteScript replaceUrl(String url) {
    return executeScript(
        "window.history.replaceState({}, \"\", "
            + Escape.scriptString(Arguments.url("url", url))
            + ")");
  }

  /** As {@link #replaceUrl(String)}. */
  public ExecuteScript replaceUrl(URI url) {
    return replaceUrl(url.toString());
  }

  /**
   * Dispatches a {@code CustomEvent} on the document, or on the elements of {@link
   * DispatchCustomEvent#selector}.
   *
   * @param event the event's name, 1 to 256 characters of one line
   * @param detail the event's detail: anything that JSON-B writes, or null
   */
  public DispatchCustomEvent dispatchCustomEvent(String event, Object detail) {
    return new DispatchCustomEvent(broadcaster, event, detail);
  }

  /** Writes to the browser's console. */
  public ExecuteScript consoleLog(CharSequence message) {
    return executeScript("console.log(" + Escape.scriptString(message) + ")");
  }

  /** Writes an error to the browser's console. */
  public ExecuteScript consoleError(CharSequence message) {
    return executeScript("console.error(" + Escape.scriptString(message) + ")");
  }

  /** Writes an error's message, not its stack, to the browser's console. */
  public ExecuteScript consoleError(Throwable error) {
    return consoleError(error.toString());
  }

  /**
   * Has the browser fetch pages ahead (speculation rules).
   *
   * @throws IllegalArgumentException if there are none, or for one as {@link #redirect(String)}
   */
  public ExecuteScript prefetch(String... urls) {
    if (urls.length == 0) {
      throw new IllegalArgumentException("urls: must be at least one");
    }
    List<String> checked = new ArrayList<>();
    for (String url : urls) {
      checked.add(Arguments.url("urls", url));
    }
    Map<String, Object> rule = Map.of("urls", checked);
    String rules = ExecuteScript.literal(Map.of("prefetch", List.of(rule)));
    return executeScript(rules).autoRemove(false).attribute("type", "speculationrules");
  }

  /** Several events in their order. */
  public DatastarEvent.Batch batch(DatastarEvent... events) {
    return new DatastarEvent.Batch(broadcaster, List.of(events));
  }

  /** An answer to the present request: a stream of these events that ends, or 204 without any. */
  public Response response(DatastarEvent... events) {
    return batch(events).toResponse();
  }

  /** Whether Datastar's client made the request. */
  public boolean isDatastarRequest(HttpServletRequest request) {
    return "true".equalsIgnoreCase(request.getHeader(SignalsReader.REQUEST_HEADER));
  }

  /** Whether Datastar's client made the request. */
  public boolean isDatastarRequest(ContainerRequestContext request) {
    return "true".equalsIgnoreCase(request.getHeaderString(SignalsReader.REQUEST_HEADER));
  }

  /** Whether Datastar's client made the request. */
  public boolean isDatastarRequest(HttpHeaders headers) {
    return "true".equalsIgnoreCase(headers.getHeaderString(SignalsReader.REQUEST_HEADER));
  }

  /**
   * Reads the page's signals: from the query parameter {@code datastar} of GET, HEAD and DELETE
   * requests, from the JSON body of all others. In JAX-RS resources, {@link Signals} does it.
   *
   * @param type a record, a bean, {@code Map} or {@code JsonObject}
   * @throws BadSignalsException if they are missing, larger than 1 MiB, not a JSON object, nested
   *     more than 64 levels deep, do not fit the type, have a number of more than 1,000 characters
   *     or with an exponent beyond 1,000, or break the type's constraints (Jakarta Validation,
   *     where there is a provider)
   */
  public <T> T readSignals(HttpServletRequest request, Class<T> type) {
    return type.cast(readSignals(request, (Type) type));
  }

  /** As {@link #readSignals(HttpServletRequest, Class)}, for types with type arguments. */
  public Object readSignals(HttpServletRequest request, Type type) {
    return SignalsReader.DEFAULT.read(SignalsReader.source(request), type);
  }

  /** As {@link #readSignals(HttpServletRequest, Class)}, in a JAX-RS filter. */
  public <T> T readSignals(ContainerRequestContext request, Class<T> type) {
    return type.cast(readSignals(request, (Type) type));
  }

  /** As {@link #readSignals(HttpServletRequest, Type)}, in a JAX-RS filter. */
  public Object readSignals(ContainerRequestContext request, Type type) {
    return SignalsReader.DEFAULT.read(SignalsReader.source(request), type);
  }
}
