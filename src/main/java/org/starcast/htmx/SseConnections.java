package org.starcast.htmx;

import java.time.Duration;
import java.util.Objects;
import org.starcast.datastar.Html;
import org.starcast.internal.Arguments;

/**
 * A script that makes the connections of htmx's SSE extension last. Immutable. Put {@link #script}
 * behind the script tags of htmx and its SSE extension.
 *
 * <ul>
 *   <li>A connection that the browser gives up (a server that answers 503 during a deployment) is
 *       opened again after a wait that doubles up to a bound, of which a random part is taken
 *       (jitter), and resumes by the id of the last event. While the browser reconnects by itself
 *       it is left alone, so that the server's {@code retry} holds.
 *   <li>As the browser does not say why it gave up, the server is then asked for its status. 204,
 *       an answer that is no event stream, and any 4xx end the connection for good, but not 408,
 *       425 and 429, nor 404 once it was open; {@code Retry-After} is obeyed. So does {@code
 *       starcast.js}.
 *   <li>Connections are closed when the page is left, and opened again when it comes back from the
 *       browser's cache.
 *   <li>Elements with {@link #STATUS_ATTRIBUTE} have the state in it: {@code connecting}, {@code
 *       open} or {@code closed}; the document gets a {@code starcast:sse-status} event.
 * </ul>
 */
public final class SseConnections {

  /** The attribute of elements that show the state, for style sheets to select by. */
  public static final String STATUS_ATTRIBUTE = "data-sse-status";

  private static final Duration LONGEST = Duration.ofHours(24);

  private static final String SCRIPT =
      """
      (() => {
        const sources = new Set();
        const show = () => {
          const states = [...sources].map((source) => source.readyState);
          const state = states.includes(0) ? 'connecting' : states.includes(1) ? 'open' : 'closed';
          for (const element of document.querySelectorAll('[data-sse-status]')) {
            element.setAttribute('data-sse-status', state);
          }
          document.dispatchEvent(new CustomEvent('starcast:sse-status', {detail: state}));
        };
        class Source extends EventTarget {
          constructor(url) {
            super();
            this.url = url;
            this.names = new Set();
            this.lastId = '';
            this.failures = 0;
            this.forward = (event) => {
              this.lastId = event.lastEventId || this.lastId;
              const {data, lastEventId, origin} = event;
              this.dispatchEvent(new MessageEvent(event.type, {data, lastEventId, origin}));
            };
            sources.add(this);
            this.open();
          }
          address() {
            const url = new URL(this.url, document.baseURI);
            if (this.lastId) url.searchParams.set('lastEventId', this.lastId);
            return url;
          }
          open() {
            this.readyState = 0;
            this.native = new EventSource(this.address(), {withCredentials: true});
            for (const name of this.names) this.native.addEventListener(name, this.forward);
            this.native.onopen = (event) => {
              this.failures = 0;
              this.wasOpen = true;
              this.readyState = 1;
              if (this.onopen) this.onopen(event);
              show();
            };
            this.native.onerror = (event) => {
              this.readyState = 0;
              if (this.native.readyState === 2) this.again(0);
              if (this.onerror) this.onerror(event);
              show();
            };
            show();
          }
          addEventListener(name, listener, options) {
            if (!this.names.has(name)) {
              this.names.add(name);
              this.native.addEventListener(name, this.forward);
            }
            super.addEventListener(name, listener, options);
          }
          again(least) {
            const most = Math.min(MAX_WAIT, MIN_WAIT * 2 ** this.failures++);
            const wait = Math.max(least, most * (0.5 + Math.random() / 2));
            this.timer = setTimeout(() => this.ask(), Math.min(wait, 2 ** 31 - 1));
          }
          async ask() {
            const {signal} = (this.asking = new AbortController());
            const headers = {Accept: 'text/event-stream'};
            const options = {headers, signal, credentials: 'include', cache: 'no-store'};
            const answer = await fetch(this.address(), options).catch(() => undefined);
            if (signal.aborted) return;
            this.asking.abort();
            const status = answer?.status ?? 503;
            const type = answer?.headers.get('Content-Type') ?? '';
            if (status === 200 && /^text\\/event-stream\\s*(;|$)/i.test(type)) {
              this.open();
            } else if (status >= 500 || [408, 425, 429].includes(status)
                || status === 404 && this.wasOpen) {
              this.again(Number(answer?.headers.get('Retry-After')) * 1000 || 0);
            } else {
              if (status !== 204) console.error(`${this.url}: the server answered ${status}`);
              this.close();
            }
          }
          pause() {
            clearTimeout(this.timer);
            this.asking?.abort();
            this.native.close();
          }
          close() {
            this.pause();
            this.readyState = 2;
            sources.delete(this);
            show();
          }
        }
        htmx.createEventSource = (url) => new Source(url);
        addEventListener('pagehide', () => sources.forEach((source) => source.pause()));
        addEventListener('pageshow', (event) => {
          if (event.persisted) sources.forEach((source) => source.open());
        });
        document.addEventListener('DOMContentLoaded', show);
      })();
      """;

  private final Duration minWait;
  private final Duration maxWait;
  private final String nonce;

  private SseConnections(Duration minWait, Duration maxWait, String nonce) {
    this.minWait = minWait;
    this.maxWait = maxWait;
    this.nonce = nonce;
  }

  /** Waits from one second to thirty. */
  public static SseConnections defaults() {
    return new SseConnections(Duration.ofSeconds(1), Duration.ofSeconds(30), null);
  }

  /**
   * The first wait and the longest; each wait is half of that and a random part of the other half.
   *
   * @throws IllegalArgumentException if they are not 1 ms to 24 hours, or the first is the longer
   *     one
   */
  public SseConnections waits(Duration first, Duration longest) {
    if (first.compareTo(Duration.ofMillis(1)) < 0 || longest.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("first, longest: must be 1 ms to 24 hours");
    }
    if (first.compareTo(longest) > 0) {
      throw new IllegalArgumentException("first: must not be longer than longest");
    }
    return new SseConnections(first, longest, nonce);
  }

  /**
   * The nonce of the page's content security policy.
   *
   * @throws IllegalArgumentException if it is not 1 to 256 characters of base 64
   */
  public SseConnections nonce(String nonce) {
    return new SseConnections(minWait, maxWait, Arguments.nonce(nonce));
  }

  /** The {@code script} element. */
  public String script() {
    String code =
        SCRIPT
            .replace("MIN_WAIT", String.valueOf(minWait.toMillis()))
            .replace("MAX_WAIT", String.valueOf(maxWait.toMillis()));
    return "<script"
        + (nonce == null ? "" : " nonce=\"" + nonce + "\"")
        + ">\n"
        + code
        + "</script>";
  }

  /**
   * An element that shows the connection's state, by the page's own style sheet.
   *
   * @param text what it says to those who do not see the style; escaped
   */
  public static String status(CharSequence text) {
    return "<output "
        + STATUS_ATTRIBUTE
        + "=\"connecting\">"
        + Html.text(Objects.requireNonNull(text, "text"))
        + "</output>";
  }
}
