package org.starcast.stream;

import jakarta.json.JsonObjectBuilder;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Function;
import org.starcast.RefusedException;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.internal.json.Json;

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
 * a thread: sources are asked in short slices on threads of the container, see {@link Source}.
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
   * Starts a stream that outlives its viewers, or finds the one that there is: a source that runs
   * once, whoever watches, on the node that started it. The id is a topic; what the source gives is
   * published to it, in the order of all events, and kept. So who comes late, or comes back, on any
   * node, gets all of it: by {@link #watch}, by the built-in endpoint with {@code
   * lastEventId=earliest}, or by any subscription to the topic.
   *
   * <p>The first event of the topic is a {@code starcast-start}, the last a {@code starcast-end}:
   * <code>{"stream":"answers.42","outcome":"completed","items":120}</code>. The outcome is {@code
   * completed}, {@code failed} or {@code cancelled}; the latter two have a {@code reason}: {@code
   * error}, {@code timeout}, {@code lost} (the node is gone, or its process was ended), {@code
   * stopped} (by {@link NamedStream#stop}, or as the application ends), or {@code unwatched}.
   * {@code items} is left out where it is not known.
   *
   * <p>While it goes on, and for {@code starcast.streams.keep} afterwards, a call with the same id
   * finds it, on any node; then it is forgotten, and a call starts another one. Two calls at the
   * same time start one. A source that is not used is closed.
   *
   * <p>What is kept is bounded, see {@link StreamOptions#keepItems}, {@link
   * StreamOptions#keepBytes} and {@link StreamOptions#keep}: when all is kept that may be, and no
   * client has read the first of it, the source waits.
   *
   * <p>Of the options, all hold that are not about a client; the {@linkplain StreamOptions#closing
   * closing} message and that of an {@linkplain StreamOptions#onError error} come before the end. A
   * message's topics and sender are the stream's.
   *
   * @param id a topic, which nothing else is published to; none that begins with {@code starcast.}
   * @throws IllegalArgumentException if the id is not a topic
   * @throws IllegalStateException if the source is in use, or nothing is kept ({@code
   *     starcast.log.events=0})
   * @throws RefusedException 503, if {@code starcast.streams.max} named streams of this node go on,
   *     or the application is stopping
   */
  <T> NamedStream named(String id, Source<T> source, StreamOptions<? super T> options);

  /** The named stream of this id, if one goes on, or has ended and is not forgotten. */
  Optional<NamedStream> named(String id);

  /**
   * Shows a named stream to a client: what was published since it started, or after the client's
   * {@code Last-Event-ID}, and what comes. Call it in the resource method that JAX-RS injected the
   * sink into, on its thread. Behind the {@code starcast-end} the response ends, and a client that
   * then comes back is answered 204, at which {@code EventSource} stops: the page needs no code for
   * the end. A stream that has not started yet is waited for. One that is forgotten, or of which
   * the client has a part and nobody knows anything, is answered 410, at which {@code EventSource}
   * stops, too.
   *
   * <p>The client is one like any other, whose type is {@code stream}, subscribed to the topic; the
   * application has decided that it may hear it, and only what an authorizer denies is refused.
   *
   * @return the client
   * @throws IllegalArgumentException if the id is not a topic
   * @throws RefusedException as {@link SseBroadcaster#register}
   */
  SseClient watch(SseEventSink sink, String id);

  /**
   * A throttle as a processor, to be subscribed to a publisher and by one subscriber. It requests
   * everything from the publisher, and gives what it keeps as the subscriber requests it.
   */
  <T> Flow.Processor<T, T> throttle(Throttle<? super T> throttle);

  /** A stream that outlives its viewers, as this node knows it. Thread-safe; no method waits. */
  interface NamedStream {

    /** How it stands. */
    enum State {
      /** The source runs, or is about to. */
      RUNNING,
      /** The source has no more items. */
      COMPLETED,
      /**
       * The source, or a function of the options, failed; or a time-out was reached; or the node.
       */
      FAILED,
      /** It was stopped, or nobody watched. */
      CANCELLED
    }

    /** Its id, which is its topic. */
    String id();

    /** How it stands. */
    State state();

    /** How many messages it has published so far, as far as this node has seen. */
    long items();

    /** Completes when it has ended, with how, on a thread of the container. */
    CompletionStage<State> completion();

    /**
     * Ends it behind what it has published, on whichever node it runs. Does nothing once it has
     * ended.
     */
    void stop();
  }

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
