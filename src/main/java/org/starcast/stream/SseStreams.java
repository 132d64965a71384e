package org.starcast.stream;

import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.function.Function;
import org.starcast.RefusedException;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;

/**
 * Turns sources into streams. Inject it anywhere; thread-safe; no method waits.
 *
 * <pre>{@code
 * @GET
 * @Path("numbers")
 * @Produces(MediaType.SERVER_SENT_EVENTS)
 * public void numbers(@Context SseEventSink sink) {
 *   streams.stream(sink, Source.of(IntStream.range(0, 100).boxed()),
 *       StreamOptions.defaults().interval(ofMillis(100)));
 * }
 * }</pre>
 *
 * <p>The source is asked for an item when the client's queue has taken the last one, and never when
 * half of that queue is full: a slow client slows its source down, not the server. No stream keeps
 * a thread: sources are asked in short slices on the container's managed executor, see {@link
 * Source}.
 *
 * <p>A stream's client is a client like any other ({@link SseBroadcaster#register}): the limits,
 * heartbeats, the send timeout, the drain and the statistics hold for it. Its type is {@code
 * stream}, and it is subscribed to nothing; messages without a topic reach it too. Response headers
 * are the resource method's, by {@code @Context HttpServletResponse}, before the stream is made.
 *
 * <p>The bean is application scoped. A test may put its own in the place of it, as an
 * {@code @Alternative}.
 */
public interface SseStreams {

  /**
   * Streams a source to a sink: call it in the resource method that JAX-RS injected the sink into,
   * on its thread. The response ends with the stream.
   *
   * @throws RefusedException if a limit is reached or the application is stopping; the source is
   *     then closed
   * @throws IllegalStateException if the source is in use
   */
  default <T> SseStream stream(SseEventSink sink, Source<T> source) {
    return stream(sink, source, StreamOptions.defaults());
  }

  /** As {@link #stream(SseEventSink, Source)}. */
  <T> SseStream stream(SseEventSink sink, Source<T> source, StreamOptions<? super T> options);

  /**
   * Streams a source to a client, among what else it gets; the client stays open behind it.
   *
   * @throws IllegalStateException if the source is in use
   */
  default <T> SseStream stream(SseClient client, Source<T> source) {
    return stream(client, source, StreamOptions.defaults());
  }

  /** As {@link #stream(SseClient, Source)}. */
  <T> SseStream stream(SseClient client, Source<T> source, StreamOptions<? super T> options);

  /**
   * Streams a job's progress to a sink until the job is completed or failed. Only changes are sent,
   * the last state always, each as an event {@code progress} with the data
   *
   * <pre>{@code
   * {"job":"42","state":"running","percent":12.5,"message":"rows","etaSeconds":7.0}
   * }</pre>
   *
   * where the time left is the job's own or an estimate, and null if there is neither. A job that
   * is not known, or no longer, is an error: the last event is {@code error} then.
   *
   * @param source the job's present state by its id; empty if there is no such job
   * @param interval how often to look
   * @throws IllegalArgumentException if {@code interval} is not 1 ms to a year
   * @throws RefusedException if a limit is reached or the application is stopping
   */
  default SseStream progress(
      SseEventSink sink,
      String jobId,
      Function<String, Optional<Progress>> source,
      Duration interval) {
    return progress(sink, jobId, source, interval, StreamOptions.defaults());
  }

  /** As {@link #progress(SseEventSink, String, Function, Duration)}; the interval is the last's. */
  SseStream progress(
      SseEventSink sink,
      String jobId,
      Function<String, Optional<Progress>> source,
      Duration interval,
      StreamOptions<? super Progress> options);

  /** As {@link #progress(SseEventSink, String, Function, Duration)}, to a client among all else. */
  SseStream progress(
      SseClient client,
      String jobId,
      Function<String, Optional<Progress>> source,
      Duration interval);

  /**
   * A throttle as a processor, to be subscribed to a publisher and by one subscriber. It requests
   * everything from the publisher, and gives what it keeps as the subscriber requests it.
   */
  <T> Flow.Processor<T, T> throttle(Throttle<? super T> throttle);

  /**
   * How far a job is.
   *
   * @param percent 0 to 100
   * @param message what it does, for people; empty for nothing to say
   * @param eta how long it will still take; null if not known, for which {@link
   *     SseStreams#progress} makes an estimate
   * @param state whether it goes on
   */
  record Progress(double percent, String message, Duration eta, State state) {

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
     * @throws IllegalArgumentException if {@code percent} is not 0 to 100 or {@code eta} is
     *     negative
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
}
