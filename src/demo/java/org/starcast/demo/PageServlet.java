package org.starcast.demo;

import jakarta.inject.Inject;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.starcast.datastar.DatastarPage;
import org.starcast.htmx.HtmxVersion;

/**
 * Serves the demos' pages: fills in the script tags that a page asks for by {@code <!-- datastar
 * -->}, {@code <!-- htmx -->} or {@code <!-- htmx 2 -->}, with a security policy and a nonce of its
 * own for each answer. {@code ?htmx=V2} has the older htmx, too, and {@code ?source} shows a page
 * as it is written. {@code {{answer}}} is the page's parameter of that name, if it is an answer's
 * id; what is between {@code {{#answer}}} and {@code {{/answer}}} is there with one only.
 */
@WebServlet("*.html")
public class PageServlet extends HttpServlet {

  private static final long serialVersionUID = 1L;
  private static final String DATASTAR = "<!-- datastar -->";
  private static final String HTMX = "<!-- htmx -->";
  private static final String HTMX_2 = "<!-- htmx 2 -->";

  private static final Pattern ID = Pattern.compile("[0-9a-f-]{36}");

  private static final Pattern WITH_ANSWER =
      Pattern.compile("\\{\\{#answer}}(.*?)\\{\\{/answer}}", Pattern.DOTALL);

  private static final SecureRandom RANDOM = new SecureRandom();

  /** The file of Datastar's client, which {@link DatastarServlet} serves. */
  @Inject
  @ConfigProperty(name = "datastar.js")
  transient Optional<String> datastarFile;

  /** Where Datastar's client is if there is no such file; the CDN unless set. */
  @Inject
  @ConfigProperty(name = "demo.datastar.url")
  transient Optional<String> datastarUrl;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    byte[] bytes;
    try (InputStream file = getServletContext().getResourceAsStream(request.getServletPath())) {
      if (file == null) {
        response.sendError(HttpServletResponse.SC_NOT_FOUND);
        return;
      }
      bytes = file.readAllBytes();
    }
    response.setCharacterEncoding("UTF-8");
    if ("source".equals(request.getQueryString())) {
      response.setContentType("text/plain");
    } else {
      response.setContentType("text/html");
      response.setHeader("Cache-Control", "no-store");
      HtmxVersion htmx =
          "V2".equals(request.getParameter("htmx")) ? HtmxVersion.V2 : HtmxVersion.V4;
      String answer = Objects.requireNonNullElse(request.getParameter("answer"), "");
      bytes =
          filled(
              bytes,
              request.getContextPath(),
              htmx,
              ID.matcher(answer).matches() ? answer : "",
              response);
    }
    response.setContentLength(bytes.length);
    response.getOutputStream().write(bytes);
  }

  private byte[] filled(
      byte[] file, String root, HtmxVersion asked, String answer, HttpServletResponse response) {
    String page = new String(file, StandardCharsets.UTF_8);
    HtmxVersion htmx = page.contains(HTMX_2) ? HtmxVersion.V2 : asked;
    String nonce = nonce();
    if (page.contains(DATASTAR)) {
      DatastarPage datastar =
          datastarFile
              .map(given -> root + DatastarServlet.PATH)
              .or(() -> datastarUrl)
              .map(DatastarPage::selfHosted)
              .orElseGet(DatastarPage::cdn)
              .nonce(nonce);
      page =
          page.replace(
              DATASTAR,
              script(root, "assets/missing.js?" + DatastarPage.VERSION) + datastar.script());
      // the client compiles the expressions in the page's attributes
      SecurityHeaders.allowScripts(response, "'self' 'unsafe-eval' 'nonce-" + nonce + "'");
    } else if (page.contains(HTMX) || page.contains(HTMX_2)) {
      String tags =
          htmx == HtmxVersion.V4
              ? script(root, "assets/htmx4/htmx.min.js")
                  + script(root, "assets/htmx4/ext/hx-sse.min.js")
              : script(root, "assets/htmx2/htmx.min.js")
                  + script(root, "assets/htmx2/ext/sse.min.js");
      String transport =
          "<script type=\"module\" src=\"" + root + "/starcast/htmx.js\"></script>\n";
      page = page.replace(HTMX, tags + transport).replace(HTMX_2, tags + transport);
      SecurityHeaders.allowScripts(response, "'self'");
    }
    page = WITH_ANSWER.matcher(page).replaceAll(answer.isEmpty() ? "" : "$1");
    return page.replace("{{nonce}}", nonce)
        .replace("{{htmx}}", htmx.name())
        .replace("{{answer}}", answer)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String script(String root, String path) {
    return "<script src=\"" + root + "/" + path + "\"></script>\n";
  }

  private static String nonce() {
    byte[] random = new byte[18];
    RANDOM.nextBytes(random);
    return Base64.getUrlEncoder().encodeToString(random);
  }
}
