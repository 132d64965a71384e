package org.starcast.datastar;

import java.util.Locale;
import java.util.Objects;

/** The namespace in which the client creates patched elements. */
public enum ElementNamespace {
  /** HTML, the default. */
  HTML,
  /** SVG: for elements inside of an {@code svg} element, such as {@code circle}. */
  SVG,
  /** MathML: for elements inside of a {@code math} element. */
  MATHML;

  private final String value = name().toLowerCase(Locale.ROOT);

  /** The namespace's name on the wire. */
  public String value() {
    return value;
  }

  /**
   * The namespace with this name on the wire, in any case.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static ElementNamespace parse(String namespace) {
    String wanted = Objects.requireNonNull(namespace, "namespace").toLowerCase(Locale.ROOT);
    for (ElementNamespace candidate : values()) {
      if (candidate.value.equals(wanted)) {
        return candidate;
      }
    }
    throw new IllegalArgumentException("namespace: must be html, svg or mathml");
  }
}
