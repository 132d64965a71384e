package org.starcast.datastar;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Objects;

/** How elements are patched into the page. */
public enum ElementPatchMode {
  /**
   * Morphs the target, keeping focus, input and listeners of what stays. The default, and what
   * older Datastar SDKs called {@code MORPH}.
   */
  OUTER,
  /** Morphs the target's content. */
  INNER,
  /**
   * Replaces the target with new elements: nothing of the old ones is kept, neither focus nor
   * input. Whoever wrote {@code REPLACE} for "update this element" means {@link #OUTER}.
   */
  REPLACE,
  /** Inserts at the beginning of the target's content. */
  PREPEND,
  /** Inserts at the end of the target's content. */
  APPEND,
  /** Inserts before the target. */
  BEFORE,
  /** Inserts after the target. */
  AFTER,
  /** Removes the target; elements are not needed. */
  REMOVE;

  private static final Logger LOGGER = System.getLogger(ElementPatchMode.class.getName());

  private final String value = name().toLowerCase(Locale.ROOT);

  /** The mode's name on the wire. */
  public String value() {
    return value;
  }

  /**
   * The mode with this name on the wire, in any case; {@code morph}, of Datastar's betas, is taken
   * for {@link #OUTER} with a warning in the log.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static ElementPatchMode parse(String mode) {
    String wanted = Objects.requireNonNull(mode, "mode").toLowerCase(Locale.ROOT);
    if (wanted.equals("morph")) {
      LOGGER.log(Level.WARNING, "Patch mode 'morph' is called 'outer' since Datastar 1.0");
      return OUTER;
    }
    for (ElementPatchMode candidate : values()) {
      if (candidate.value.equals(wanted)) {
        return candidate;
      }
    }
    throw new IllegalArgumentException(
        "mode: must be outer, inner, replace, prepend, append, before, after or remove");
  }
}
