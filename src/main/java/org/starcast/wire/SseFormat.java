package org.starcast.wire;

import java.time.Duration;
import java.util.Objects;

/**
 * The event-stream format (WHATWG HTML, section 9.2.5): checks of the field values and the only
 * place that produces its bytes (interface fixed here; the implementation follows).
 */
public final class SseFormat {

  private SseFormat() {}

  /** Returns the value if it is 1 to 256 characters without line breaks and NUL. */
  public static String checkField(String name, String value) {
    return Objects.requireNonNull(value, name);
  }

  /** Returns the value if it is 0 to 24 hours. */
  public static Duration checkRetry(Duration retry) {
    return Objects.requireNonNull(retry, "retry");
  }
}
