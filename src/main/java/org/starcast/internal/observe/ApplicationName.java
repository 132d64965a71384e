package org.starcast.internal.observe;

import jakarta.servlet.ServletContext;
import java.util.function.UnaryOperator;
import org.starcast.internal.Jndi;

/**
 * Distinguishes the metrics of the applications in one server, by the application's name (Jakarta
 * EE Platform 10, EE.5.16), and in an enterprise application, whose WARs share one, {@code /} and
 * the module's; else by the context path, which Payara does not give.
 */
final class ApplicationName {

  private ApplicationName() {}

  /**
   * The name of the application that was initialized.
   *
   * @param event what the container said it with
   */
  static String of(Object event) {
    return of(Jndi::lookUp, event);
  }

  /**
   * As {@link #of(Object)}.
   *
   * @param jndi what is found by a name of JNDI, or null
   */
  static String of(UnaryOperator<String> jndi, Object event) {
    String name = jndi.apply("java:app/AppName");
    if (name == null) {
      String path = event instanceof ServletContext context ? context.getContextPath() : "";
      return path.isEmpty() ? "/" : path;
    }
    String module = jndi.apply("java:module/ModuleName");
    return module == null || module.equals(name) ? name : name + "/" + module;
  }
}
