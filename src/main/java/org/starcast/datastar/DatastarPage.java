package org.starcast.datastar;

import java.util.Objects;
import java.util.regex.Pattern;
import org.starcast.internal.Arguments;

/**
 * The tags that a page needs. Immutable.
 *
 * <pre>{@code
 * DatastarPage page = DatastarPage.cdn();                     // or selfHosted("/js/datastar.js")
 * "<head>" + page.script() + "</head><body>" + page.stream("/api/stream") + "</body>"
 * }</pre>
 */
public final class DatastarPage {

  /** The version that {@link #cdn()} loads. */
  public static final String VERSION = "1.0.4";

  private static final String INTEGRITY = "sha256-cnhErfyCXuZR+5PFRKKnOZhvmiGCCpRSSzXwysRwz5E=";
  private static final Pattern VERSIONS =
      Pattern.compile("[0-9]+(\\.[0-9]+){1,2}(-[A-Za-z0-9.]+)?");
  private static final Pattern INTEGRITIES =
      Pattern.compile(
          "sha256-[A-Za-z0-9+/]{43}=|sha384-[A-Za-z0-9+/]{64}|sha512-[A-Za-z0-9+/]{86}==");

  private final String url;
  private final String integrity;
  private final String nonce;

  private DatastarPage(String url, String integrity, String nonce) {
    this.url = url;
    this.integrity = integrity;
    this.nonce = nonce;
  }

  /** Datastar's client from the CDN that its project names, pinned by version and hash. */
  public static DatastarPage cdn() {
    return cdn(VERSION, INTEGRITY);
  }

  /**
   * Another version from that CDN.
   *
   * @param integrity the hash of the file (Subresource Integrity), such as {@code sha384-...}; the
   *     browser runs no file that has another one, and says so in its console
   * @throws IllegalArgumentException if either is malformed, or the hash is known to be another
   *     version's
   */
  public static DatastarPage cdn(String version, String integrity) {
    if (!VERSIONS.matcher(Objects.requireNonNull(version, "version")).matches()) {
      throw new IllegalArgumentException("version: must be as 1.0.4 or 1.0.0-RC.7");
    }
    if (!version.equals(VERSION) && INTEGRITY.equals(integrity)) {
      throw new IllegalArgumentException("integrity: is that of version " + VERSION);
    }
    String url =
        "https://cdn.jsdelivr.net/gh/starfederation/datastar@v" + version + "/bundles/datastar.js";
    return selfHosted(url).integrity(integrity);
  }

  /**
   * The client at a URL of the application's own.
   *
   * @throws IllegalArgumentException if it is not an http, https or relative URL
   */
  public static DatastarPage selfHosted(String url) {
    return new DatastarPage(Arguments.url("url", url), null, null);
  }

  /**
   * The hash of the file (Subresource Integrity): that of {@code openssl dgst -sha384 -binary
   * datastar.js | base64}, after {@code sha384-}.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  public DatastarPage integrity(String integrity) {
    if (!INTEGRITIES.matcher(Objects.requireNonNull(integrity, "integrity")).matches()) {
      throw new IllegalArgumentException(
          "integrity: must be sha256-, sha384- or sha512-, and as many bytes in base 64");
    }
    return new DatastarPage(url, integrity, nonce);
  }

  /**
   * The nonce of the page's content security policy, new for each page.
   *
   * @throws IllegalArgumentException if it is not 1 to 256 characters of base 64
   */
  public DatastarPage nonce(String nonce) {
    return new DatastarPage(url, integrity, Arguments.nonce(nonce));
  }

  /** The {@code script} tag. */
  public String script() {
    StringBuilder tag = new StringBuilder("<script type=\"module\" src=\"");
    tag.append(Escape.html(url)).append('"');
    if (integrity != null) {
      tag.append(" integrity=\"").append(integrity).append("\" crossorigin=\"anonymous\"");
    }
    if (nonce != null) {
      tag.append(" nonce=\"").append(nonce).append('"');
    }
    return tag.append("></script>").toString();
  }

  /**
   * The attribute of the {@code html} element by which Datastar, since 1.0.4, does without {@code
   * 'unsafe-eval'} in the page's content security policy, with a space before it; empty without a
   * nonce.
   */
  public String htmlAttributes() {
    return nonce == null ? "" : " data-nonce=\"" + nonce + "\"";
  }

  /**
   * An element that opens a stream when the page has loaded, and again whenever it ends: after a
   * deployment, a lost network, or the server's closing it; it resumes by the id of the last event.
   * Two elements with the same URL cancel each other. While the tab is hidden the stream is closed;
   * see {@link DatastarAction#openWhenHidden}.
   *
   * @throws IllegalArgumentException if it is not an http, https or relative URL
   */
  public String stream(String url) {
    return stream(DatastarAction.get(url).retryForever());
  }

  /**
   * As {@link #stream(String)}, resuming from the event that the page was rendered at, so that
   * nothing between rendering and connecting is lost.
   */
  public String stream(String url, String lastEventId) {
    String id =
        java.net.URLEncoder.encode(
            Arguments.line("lastEventId", lastEventId), java.nio.charset.StandardCharsets.UTF_8);
    int fragment = url.indexOf('#');
    String base = fragment < 0 ? url : url.substring(0, fragment);
    return stream(base + (base.indexOf('?') < 0 ? '?' : '&') + "lastEventId=" + id);
  }

  /** An element that runs this action when the page has loaded. */
  public String stream(DatastarAction action) {
    return "<div hidden" + DatastarAttributes.none().init(action) + "></div>";
  }
}
