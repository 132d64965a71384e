package org.starcast;

/**
 * What ends the lines of a client's stream. The format knows all three, and a client that keeps to
 * it reads them alike: others than {@link #LF} are for clients that do not.
 */
public enum LineSeparator {
  /** Line feed; the default. */
  LF,
  /** Carriage return and line feed. */
  CRLF,
  /** Carriage return. */
  CR
}
