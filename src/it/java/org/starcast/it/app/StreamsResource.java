package org.starcast.it.app;

import static java.time.Duration.ofMillis;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription.LineSeparator;
import org.starcast.stream.Source;
import org.starcast.stream.Source.Emitter;
import org.starcast.stream.SseStream;
import org.starcast.stream.SseStreams;
import org.starcast.stream.SseStreams.NamedStream;
import org.starcast.stream.SseStreams.Progress;
import org.starcast.stream.StreamOptions;
import org.starcast.stream.Throttle;

/** Streams of every kind of source; each under a key, by which a test asks what became of it. */
@Path("streams")
@ApplicationScoped
public class StreamsResource {

  private static final SseMessage DONE = SseMessage.builder().event("done").data("").build();

  @Inject SseStreams streams;

  private final Map<String, SseStream> running = new ConcurrentHashMap<>();
  private final Map<String, Counter> counters = new ConcurrentHashMap<>();
  private final Map<String, Emitter<Integer>> emitters = new ConcurrentHashMap<>();
  private final Map<String, Progress> jobs = new ConcurrentHashMap<>();

  /** Counts, and notes how far it is ahead of what the container has taken. */
  private static final class Counter
      implements Iterable<Integer>, Iterator<Integer>, AutoCloseable {
    private final int end;
    private final AtomicInteger closes = new AtomicInteger();
    private volatile SseClient client;
    private volatile long lead;
    private int next;

    Counter(int end) {
      this.end = end;
    }

    @Override
    public Iterator<Integer> iterator() {
      return this;
    }

    @Override
    public boolean hasNext() {
      return next < end;
    }

    @Override
    public Integer next() {
      SseClient known = client;
      if (known != null) {
        lead = Math.max(lead, next - known.sent());
      }
      return next++;
    }

    @Override
    public void close() {
      closes.incrementAndGet();
    }
  }

  @GET
  @Path("count/{key}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void count(
      @Context SseEventSink sink,
      @Context HttpServletResponse response,
      @PathParam("key") String key,
      @QueryParam("end") int end,
      @QueryParam("interval") int interval) {
    response.setHeader("X-Stream", key);
    Counter counter = new Counter(end);
    counters.put(key, counter);
    String padding = "x".repeat(200);
    SseStream stream =
        streams.stream(
            sink,
            Source.of((Iterable<Integer>) counter),
            StreamOptions.defaults()
                .interval(ofMillis(interval))
                .closing(DONE)
                .transform((Integer n) -> n + ":" + padding));
    counter.client = stream.client();
    running.put(key, stream);
  }

  @GET
  @Path("failing/{key}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void failing(@Context SseEventSink sink, @PathParam("key") String key) {
    running.put(
        key,
        streams.stream(
            sink,
            Source.of(
                Stream.of("a", "b", "c")
                    .map(
                        item -> {
                          if (item.equals("c")) {
                            throw new IllegalStateException("secret");
                          }
                          return item;
                        }))));
  }

  /** Three numbers, one of two lines, with line separators as asked for. */
  @GET
  @Path("separated/{key}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void separated(
      @Context SseEventSink sink,
      @PathParam("key") String key,
      @QueryParam("separator") LineSeparator separator) {
    running.put(
        key,
        streams.stream(
            sink,
            Source.of(List.of("1", "2\n2", "3")),
            StreamOptions.defaults().retry(ofMillis(1500)).lineSeparator(separator).closing(DONE)));
  }

  @GET
  @Path("throttled/{key}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void throttled(@Context SseEventSink sink, @PathParam("key") String key) {
    running.put(
        key,
        streams.stream(
            sink,
            Source.<Integer>emitter(emitter -> emitters.put(key, emitter)),
            StreamOptions.defaults().throttle(Throttle.latest(ofMillis(200)))));
  }

  @POST
  @Path("emit/{key}")
  public int emit(@PathParam("key") String key, @QueryParam("count") int count) {
    Emitter<Integer> emitter = emitters.get(key);
    int taken = 0;
    for (int i = 1; i <= count; i++) {
      emitter.ready().toCompletableFuture().join();
      taken += emitter.emit(i) ? 1 : 0;
    }
    return taken;
  }

  @POST
  @Path("complete/{key}")
  public void complete(@PathParam("key") String key) {
    emitters.get(key).complete();
  }

  @GET
  @Path("silent/{key}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void silent(
      @Context SseEventSink sink,
      @PathParam("key") String key,
      @QueryParam("timeout") int timeout,
      @QueryParam("idle") int idle) {
    StreamOptions<Object> options = StreamOptions.defaults().closing(DONE);
    running.put(
        key,
        streams.stream(
            sink,
            Source.queue(new LinkedBlockingQueue<>(List.of("only"))),
            timeout > 0
                ? options.timeout(ofMillis(timeout))
                : options
                    .idleTimeout(ofMillis(idle))
                    .heartbeat(
                        ofMillis(300), () -> SseMessage.builder().comment("my ping").build())));
  }

  /** Submits faster than anybody reads, on a thread of the publisher's. */
  @GET
  @Path("published/{key}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void published(@Context SseEventSink sink, @PathParam("key") String key) {
    SubmissionPublisher<Integer> publisher = new SubmissionPublisher<>();
    running.put(key, streams.stream(sink, Source.of(publisher)));
    Thread submitter =
        new Thread(
            () -> {
              while (!publisher.hasSubscribers()) {
                Thread.onSpinWait();
              }
              for (int i = 0; i < 5000; i++) {
                publisher.submit(i);
              }
              publisher.close();
            });
    submitter.setDaemon(true);
    submitter.start();
  }

  @GET
  @Path("progress/{job}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void progress(@Context SseEventSink sink, @PathParam("job") String job) {
    running.put(
        job, streams.progress(sink, job, id -> Optional.ofNullable(jobs.get(id)), ofMillis(100)));
  }

  @POST
  @Path("jobs/{job}")
  public void job(
      @PathParam("job") String job,
      @QueryParam("percent") double percent,
      @QueryParam("state") Progress.State state,
      String message) {
    jobs.put(job, new Progress(percent, message, null, state));
  }

  @DELETE
  @Path("{key}")
  public void stop(@PathParam("key") String key) {
    running.get(key).stop();
  }

  /** Starts a named stream of numbers, or finds it; the one after {@code failing} cannot be had. */
  @POST
  @Path("named/{id}")
  public String named(
      @PathParam("id") String id,
      @QueryParam("items") int items,
      @QueryParam("interval") int interval,
      @QueryParam("failing") @DefaultValue("-1") int failing) {
    return streams
        .named(
            "named." + id,
            Source.of(IntStream.range(0, items).boxed().peek(i -> fail(i == failing))),
            StreamOptions.defaults().interval(ofMillis(interval)))
        .state()
        .name();
  }

  private static void fail(boolean fails) {
    if (fails) {
      throw new IllegalStateException("as it was asked to");
    }
  }

  /** Shows a named stream. */
  @GET
  @Path("named/{id}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void watch(@Context SseEventSink sink, @PathParam("id") String id) {
    streams.watch(sink, "named." + id);
  }

  /** Ends a named stream. */
  @DELETE
  @Path("named/{id}")
  public void stopNamed(@PathParam("id") String id) {
    streams.named("named." + id).ifPresent(NamedStream::stop);
  }

  /** How a named stream stands, and how many items it has. */
  @GET
  @Path("named/{id}/state")
  public String namedState(@PathParam("id") String id) {
    return streams.named("named." + id).map(s -> s.state() + " " + s.items()).orElse("none");
  }

  @GET
  @Path("state/{key}")
  @Produces(MediaType.APPLICATION_JSON)
  public JsonObject state(@PathParam("key") String key) {
    SseStream stream = running.get(key);
    Counter counter = counters.get(key);
    var end = stream.completion().toCompletableFuture();
    return Json.createObjectBuilder()
        .add("taken", stream.taken())
        .add("sent", stream.sent())
        .add("dropped", stream.dropped())
        .add("queued", stream.client().queued())
        .add("end", end.isDone() ? end.join().name() : "")
        .add("closes", counter == null ? 0 : counter.closes.get())
        .add("lead", counter == null ? 0 : counter.lead)
        .build();
  }
}
