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
  public static final String VERSION = "1.0.2";

  private static final String INTEGRITY =
      "sha384-SnyFlWTdFL3c8+9/1WsPuMFBq6AQOGC1LmS9upY4YkM3En3wZr5q2UvydHaMgOVG";
  private static final Pattern VERSIONS =
      Pattern.compile("[0-9]+(\\.[0-9]+){1,2}(-[A-Za-z0-9.]+)?");
  private static final Pattern INTEGRITIES =
      Pattern.compile("sha(256|384|512)-[A-Za-z0-9+/]{43,88}={0,2}");

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
   * @param integrity the hash of the file (Subresource Integrity), such as {@code sha384-...}
   * @throws IllegalArgumentException if either is malformed
   */
  public static DatastarPage cdn(String version, String integrity) {
    if (!VERSIONS.matcher(Objects.requireNonNull(version, "version")).matches()) {
      throw new IllegalArgumentException("version: must be as 1.0.2 or 1.0.0-RC.7");
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
   * The hash of the file (Subresource Integrity).
   *
   * @throws IllegalArgumentException if it is malformed
   */
  public DatastarPage integrity(String integrity) {
    if (!INTEGRITIES.matcher(Objects.requireNonNull(integrity, "integrity")).matches()) {
      throw new IllegalArgumentException("integrity: must be sha256-, sha384- or sha512-, base 64");
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
   * The attribute that the {@code html} element needs for Datastar's CSP build (since 1.0.4), with
   * a space before it; empty without a nonce.
   */
  public String htmlAttributes() {
    return nonce == null ? "" : " data-nonce=\"" + nonce + "\"";
  }

  /**
   * An element that opens a stream when the page has loaded, and again whenever it ends: after a
   * deployment, a lost network, or the server's closing it; it resumes by the id of the last event.
   * Two elements with the same URL cancel each other.
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
