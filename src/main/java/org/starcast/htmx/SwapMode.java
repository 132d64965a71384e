package org.starcast.htmx;

/** How htmx puts an out-of-band element into the page. */
public enum SwapMode {
  /** Replaces the target's content. */
  INNER_HTML("innerHTML"),
  /** Replaces the target. */
  OUTER_HTML("outerHTML"),
  /** Inserts before the target. */
  BEFORE_BEGIN("beforebegin"),
  /** Inserts at the beginning of the target's content. */
  AFTER_BEGIN("afterbegin"),
  /** Inserts at the end of the target's content. */
  BEFORE_END("beforeend"),
  /** Inserts after the target. */
  AFTER_END("afterend"),
  /** Removes the target. */
  DELETE("delete");

  private final String value;

  SwapMode(String value) {
    this.value = value;
  }

  /** The mode's name in htmx. */
  public String value() {
    return value;
  }
}
