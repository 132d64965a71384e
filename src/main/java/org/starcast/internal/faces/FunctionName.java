package org.starcast.internal.faces;

import jakarta.faces.FacesException;
import java.util.List;
import java.util.regex.Pattern;

/** An attribute that names a function of the page's: code in it would have to be evaluated. */
final class FunctionName {

  private static final Pattern PART = Pattern.compile("[\\p{L}_$][\\p{L}\\p{Nd}_$]*");

  private FunctionName() {}

  /**
   * Returns the name; null for none.
   *
   * @throws FacesException if it is not the name of a function
   */
  static String check(String attribute, Object value) {
    if (value == null || value.toString().isBlank()) {
      return null;
    }
    String name = value.toString().strip();
    if (!List.of(name.split("\\.", -1)).stream().allMatch(part -> PART.matcher(part).matches())) {
      throw new FacesException(
          attribute
              + ": must be the name of a function, such as app.show, as a policy of the page may"
              + " forbid to evaluate code");
    }
    return name;
  }
}
