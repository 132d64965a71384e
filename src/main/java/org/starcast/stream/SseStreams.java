package org.starcast.stream;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.starcast.RefusedException;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.Arguments;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.cdi.Payloads;
import org.starcast.stream.Progress.UnknownJobException;

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
 */
@ApplicationScoped
public class SseStreams {

  private static final Subscription STREAM = Subscription.none().type("stream").resumeFrom("");

  private final BiFunction<SseEventSink, Subscription, SseClient> registry;
  private final Function<Object, SseMessage> encoder;
  private final Executor executor;
  private final Timer timer;

  /** For the container's proxy. */
  SseStreams() {
    this(null, null, null, null);
  }

  @Inject
  SseStreams(SseBroadcaster broadcaster, Payloads payloads, ContainerExecutors executors) {
    this.registry = broadcaster::register;
    this.encoder = payloads::toMessage;
    this.executor = executors.executor();
    this.timer = Timer.of(executors.scheduler());
  }

  SseStreams(
      BiFunction<SseEventSink, Subscription, SseClient> registry,
      Function<Object, SseMessage> encoder,
      Executor executor,
      Timer timer) {
    this.registry = registry;
    this.encoder = encoder;
    this.executor = executor;
    this.timer = timer;
  }

  /**
   * Streams a source to a sink: call it in the resource method that JAX-RS injected the sink into,
   * on its thread. The response ends with the stream.
   *
   * @throws RefusedException if a limit is reached or the application is stopping; the source is
   *     then closed
   * @throws IllegalStateException if the source is in use
   */
  public <T> SseStream stream(SseEventSink sink, Source<T> source) {
    return stream(sink, source, StreamOptions.defaults());
  }

  /** As {@link #stream(SseEventSink, Source)}. */
  public <T> SseStream stream(
      SseEventSink sink, Source<T> source, StreamOptions<? super T> options) {
    Subscription subscription = STREAM.lineSeparator(options.lineSeparator());
    SourceReader<T> reader = source.use();
    SseClient client;
    try {
      client = registry.apply(sink, subscription);
    } catch (RuntimeException | Error refused) {
      try {
        reader.close();
      } catch (Throwable e) {
        refused.addSuppressed(e);
      }
      throw refused;
    }
    return new Pump<T>(client, true, reader, options, encoder, executor, timer).start();
  }

  /**
   * Streams a source to a client, among what else it gets; the client stays open behind it.
   *
   * @throws IllegalStateException if the source is in use
   */
  public <T> SseStream stream(SseClient client, Source<T> source) {
    return stream(client, source, StreamOptions.defaults());
  }

  /** As {@link #stream(SseClient, Source)}. */
  public <T> SseStream stream(
      SseClient client, Source<T> source, StreamOptions<? super T> options) {
    Objects.requireNonNull(client, "client");
    Objects.requireNonNull(options, "options");
    return new Pump<T>(client, false, source.use(), options, encoder, executor, timer).start();
  }

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
  public SseStream progress(
      SseEventSink sink,
      String jobId,
      Function<String, Optional<Progress>> source,
      Duration interval) {
    return progress(sink, jobId, source, interval, StreamOptions.defaults());
  }

  /** As {@link #progress(SseEventSink, String, Function, Duration)}; the interval is the last's. */
  public SseStream progress(
      SseEventSink sink,
      String jobId,
      Function<String, Optional<Progress>> source,
      Duration interval,
      StreamOptions<? super Progress> options) {
    return stream(sink, job(jobId, source), job(jobId, interval, options));
  }

  /** As {@link #progress(SseEventSink, String, Function, Duration)}, to a client among all else. */
  public SseStream progress(
      SseClient client,
      String jobId,
      Function<String, Optional<Progress>> source,
      Duration interval) {
    return stream(client, job(jobId, source), job(jobId, interval, StreamOptions.defaults()));
  }

  private Source<Progress> job(String jobId, Function<String, Optional<Progress>> source) {
    Objects.requireNonNull(jobId, "jobId");
    return new Source<>(new ProgressReader(jobId, Objects.requireNonNull(source, "source"), timer));
  }

  /** Options for a job; what the application has not chosen is the job's. */
  private static StreamOptions<? super Progress> job(
      String jobId, Duration interval, StreamOptions<? super Progress> options) {
    return options
        .interval(Arguments.positive("interval", interval))
        .orElse(
            progress -> SseMessage.of(((Progress) progress).toJson(jobId)),
            "progress",
            failure ->
                failure instanceof UnknownJobException
                    ? Optional.of(
                        SseMessage.builder()
                            .event("error")
                            .data(
                                Json.createObjectBuilder()
                                    .add("error", "unknown job")
                                    .add("job", jobId)
                                    .build()
                                    .toString())
                            .build())
                    : StreamOptions.defaults().onError().apply(failure));
  }

  /**
   * A throttle as a processor, to be subscribed to a publisher and by one subscriber. It requests
   * everything from the publisher, and gives what it keeps as the subscriber requests it.
   */
  public <T> Flow.Processor<T, T> throttle(Throttle<? super T> throttle) {
    return new ThrottleProcessor<>(Objects.requireNonNull(throttle, "throttle"), executor, timer);
  }
}
