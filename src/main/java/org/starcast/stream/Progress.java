package org.starcast.stream;

import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import java.time.Duration;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Objects;

/**
 * How far a job is.
 *
 * @param percent 0 to 100
 * @param message what it does, for people; empty for nothing to say
 * @param eta how long it will still take; null if not known, for which {@link SseStreams#progress}
 *     makes an estimate
 * @param state whether it goes on
 */
public record Progress(double percent, String message, Duration eta, State state) {

  /** Whether a job goes on. */
  public enum State {
    /** It does. */
    RUNNING,
    /** It has been done. */
    COMPLETED,
    /** It has been given up. */
    FAILED
  }

  /** There is no job of that id. */
  public static final class UnknownJobException extends NoSuchElementException {
    private static final long serialVersionUID = 1L;

    UnknownJobException(String jobId) {
      super("jobId: there is no job " + jobId);
    }
  }

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if {@code percent} is not 0 to 100 or {@code eta} is negative
   */
  public Progress {
    if (!(percent >= 0 && percent <= 100)) {
      throw new IllegalArgumentException("percent: must be 0 to 100, is " + percent);
    }
    if (eta != null && eta.isNegative()) {
      throw new IllegalArgumentException("eta: must not be negative, is " + eta);
    }
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(state, "state");
  }

  /** A job that goes on. */
  public static Progress running(double percent, String message) {
    return new Progress(percent, message, null, State.RUNNING);
  }

  /** A job that has been done. */
  public static Progress completed(String message) {
    return new Progress(100, message, Duration.ZERO, State.COMPLETED);
  }

  /** A job that was given up. */
  public static Progress failed(double percent, String message) {
    return new Progress(percent, message, null, State.FAILED);
  }

  /** The same with an estimate. */
  Progress withEta(Duration estimate) {
    return new Progress(percent, message, estimate, state);
  }

  /** What the browser gets. */
  String toJson(String jobId) {
    JsonObjectBuilder json =
        Json.createObjectBuilder()
            .add("job", jobId)
            .add("state", state.name().toLowerCase(Locale.ROOT))
            .add("percent", percent)
            .add("message", message);
    if (eta == null) {
      json.addNull("etaSeconds");
    } else {
      json.add("etaSeconds", eta.toMillis() / 1000.0);
    }
    return json.build().toString();
  }
}
