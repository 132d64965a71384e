package org.starcast.htmx;

/**
 * Which htmx a page has: the two differ in the attributes of a stream, and in what they do with an
 * event's name. An application decides once, by a constant or a configuration value of its own.
 */
public enum HtmxVersion {
  /** htmx 2 with {@code htmx-ext-sse}: {@code sse-swap} names the events that are swapped in. */
  V2,
  /**
   * htmx 4 with its {@code hx-sse} extension: events without a name are swapped in, others become
   * DOM events of the element.
   */
  V4
}
