package org.starcast.spi;

/** An event or command was not stored, or nobody knows whether it was. */
public final class BackplaneException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final boolean unknown;

  /**
   * A failure.
   *
   * @param message what failed, without the event's data
   * @param unknown whether it may have been stored all the same
   * @param cause or null
   */
  public BackplaneException(String message, boolean unknown, Throwable cause) {
    super(message, cause);
    this.unknown = unknown;
  }

  /**
   * Whether it may have been stored all the same, so that a publisher who repeats it may double it.
   */
  public boolean isUnknown() {
    return unknown;
  }
}
