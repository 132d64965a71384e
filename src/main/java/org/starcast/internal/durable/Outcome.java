package org.starcast.internal.durable;

import java.util.Map;

/**
 * What became of a request, as the protocol answers it.
 *
 * @param status the answer's
 * @param problem what is wrong, for people; null for nothing
 * @param headers of the answer
 */
public record Outcome(int status, String problem, Map<String, String> headers) {

  static final Outcome NOT_FOUND = new Outcome(404, "stream: there is none of this id", Map.of());

  /** Whether nothing is wrong. */
  public boolean isAccepted() {
    return problem == null;
  }
}
