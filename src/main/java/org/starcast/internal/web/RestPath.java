package org.starcast.internal.web;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import jakarta.ws.rs.core.Application;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Under which path Jakarta REST answers, for what is not a resource itself: that of the servlet
 * that the server, or {@code web.xml}, has made for an {@link Application}, or else what its {@code
 * ApplicationPath} says (Jakarta REST 3.1, section 2.3.2).
 */
public final class RestPath {

  private static final String ATTRIBUTE = "org.starcast.rest-applications";
  private static final String PARAMETER = "jakarta.ws.rs.Application";

  private RestPath() {}

  /** Notes the applications that have Starcast's resources, with what they say of their path. */
  static void note(ServletContext context, Map<String, String> applications) {
    context.setAttribute(ATTRIBUTE, applications);
  }

  /**
   * The path below that of the servlet context, such as {@code /api}, or the empty text; of
   * several, that of the first by its name.
   *
   * @throws IllegalStateException if there is none
   */
  @SuppressWarnings("unchecked")
  public static String of(ServletContext context) {
    Object noted = context.getAttribute(ATTRIBUTE);
    Map<String, String> applications = noted == null ? Map.of() : (Map<String, String>) noted;
    for (var application : applications.entrySet()) {
      Optional<String> path =
          mapped(context, application.getKey())
              .or(() -> Optional.ofNullable(application.getValue()).map(RestPath::normal));
      if (path.isPresent()) {
        return path.get();
      }
    }
    return mapped(context, Application.class.getName())
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "no application of Jakarta REST is found here: annotate one with"
                        + " @ApplicationPath"));
  }

  private static Optional<String> mapped(ServletContext context, String application) {
    return context.getServletRegistrations().values().stream()
        .filter(servlet -> isOf(servlet, application))
        .flatMap(servlet -> servlet.getMappings().stream())
        .filter(mapping -> mapping.endsWith("/*"))
        .map(RestPath::normal)
        .sorted()
        .findFirst();
  }

  private static boolean isOf(ServletRegistration servlet, String application) {
    return application.equals(servlet.getName())
        || application.equals(servlet.getClassName())
        || Objects.equals(application, servlet.getInitParameter(PARAMETER));
  }

  /** With a slash before and none behind. */
  private static String normal(String path) {
    String bare = path.replaceAll("/?\\*$", "").replaceAll("^/+|/+$", "");
    return bare.isEmpty() ? "" : "/" + bare;
  }
}
