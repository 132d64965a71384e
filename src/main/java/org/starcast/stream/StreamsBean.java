package org.starcast.stream;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.Arguments;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.cdi.Payloads;
import org.starcast.internal.http.FormData;
import org.starcast.internal.http.NoErrorException;
import org.starcast.internal.http.Problem;
import org.starcast.internal.json.Json;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.EventId;
import org.starcast.stream.SseStreams.Progress.UnknownJobException;

/** Makes a {@link Pump} for each stream. */
@ApplicationScoped
class StreamsBean implements SseStreams {

  private static final Subscription STREAM = Subscription.none().type("stream").resumeFrom("");

  private final BiFunction<SseEventSink, Subscription, SseClient> registry;
  private final Function<Object, SseMessage> encoder;
  private final StreamThreads threads;
  private final NamedStreams named;
  private final Supplier<HttpServletRequest> request;

  /** For the container's proxy. */
  StreamsBean() {
    this(null, null, (StreamThreads) null, null, null);
  }

  @Inject
  StreamsBean(
      SseBroadcaster broadcaster,
      Payloads payloads,
      ContainerExecutors executors,
      NamedStreams named,
      Instance<HttpServletRequest> request) {
    this(
        broadcaster::register,
        payloads::toMessage,
        StreamThreads.of(executors),
        named,
        () -> request.isResolvable() ? request.get() : null);
  }

  StreamsBean(
      BiFunction<SseEventSink, Subscription, SseClient> registry,
      Function<Object, SseMessage> encoder,
      StreamThreads threads,
      NamedStreams named,
      Supplier<HttpServletRequest> request) {
    this.registry = registry;
    this.encoder = encoder;
    this.threads = threads;
    this.named = named;
    this.request = request;
  }

  @Override
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
    return new Pump<T>(new PumpTarget.OfClient(client, true), reader, options, encoder, threads)
        .start();
  }

  @Override
  public <T> SseStream stream(
      SseClient client, Source<T> source, StreamOptions<? super T> options) {
    Objects.requireNonNull(client, "client");
    Objects.requireNonNull(options, "options");
    return new Pump<T>(
            new PumpTarget.OfClient(client, false), source.use(), options, encoder, threads)
        .start();
  }

  @Override
  public SseStream progress(
      SseEventSink sink,
      String jobId,
      Function<String, Optional<Progress>> source,
      Duration interval,
      StreamOptions<? super Progress> options) {
    return stream(sink, job(jobId, source), job(jobId, interval, options));
  }

  @Override
  public SseStream progress(
      SseClient client,
      String jobId,
      Function<String, Optional<Progress>> source,
      Duration interval) {
    return stream(client, job(jobId, source), job(jobId, interval, StreamOptions.defaults()));
  }

  private Source<Progress> job(String jobId, Function<String, Optional<Progress>> source) {
    Objects.requireNonNull(jobId, "jobId");
    return new Source<>(
        new ProgressReader(jobId, Objects.requireNonNull(source, "source"), threads.timer()));
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

  @Override
  public <T> NamedStream named(String id, Source<T> source, StreamOptions<? super T> options) {
    return named.named(id, source, Objects.requireNonNull(options, "options"));
  }

  @Override
  public Optional<NamedStream> named(String id) {
    return Optional.ofNullable(named.find(id));
  }

  @Override
  public SseClient watch(SseEventSink sink, String id) {
    TopicName.check(id);
    String now = named.position(); // before it is looked for
    NamedRun run = named.find(id);
    EventId[] bounds = run == null ? new EventId[2] : named.bounds(run);
    String asked = FormData.lastEventId(request.get());
    if (run == null && named.isGone(id, asked)) {
      throw new WebApplicationException(
          Problem.of(410, "there is no stream of this id any more").build());
    }
    if (isBehind(bounds[1], asked)) {
      throw new NoErrorException(Response.noContent().build());
    }
    Subscription subscription = Subscription.to(id).type("stream");
    if (asked.isEmpty() || asked.equals(Subscription.EARLIEST)) {
      EventId begin = bounds[0];
      subscription =
          subscription.resumeFrom(
              begin == null
                  ? named.hasBegun(run) ? Subscription.EARLIEST : now
                  : new EventId(begin.epoch(), begin.sequence() - 1).toString());
    }
    SseClient client = registry.apply(sink, subscription);
    // one that begins now closes those that it finds
    named.closeBehind(id, client);
    return client;
  }

  /** Whether the client has the last event. */
  private static boolean isBehind(EventId end, String asked) {
    if (end == null || !EventId.isOne(asked)) {
      return false;
    }
    EventId has = EventId.parse(asked);
    return has.epoch().equals(end.epoch()) && has.sequence() >= end.sequence();
  }

  @Override
  public <T> Flow.Processor<T, T> throttle(Throttle<? super T> throttle) {
    return new ThrottleProcessor<>(
        Objects.requireNonNull(throttle, "throttle"), threads.application(), threads.timer());
  }
}
