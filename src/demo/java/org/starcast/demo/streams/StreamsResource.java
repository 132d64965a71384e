package org.starcast.demo.streams;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.starcast.SseMessage;
import org.starcast.Subscription.LineSeparator;
import org.starcast.stream.Source;
import org.starcast.stream.Source.Emitter;
import org.starcast.stream.SseStreams;
import org.starcast.stream.StreamOptions;

/** Sources as streams, each for the one client that asks for it. */
@Path("streams")
@ApplicationScoped
public class StreamsResource {

  /** Tells the page that this was all: an EventSource would begin anew at the end of an answer. */
  private static final SseMessage DONE = SseMessage.builder().event("done").data("").build();

  private static final StreamOptions<Object> FIVE_A_SECOND =
      StreamOptions.defaults().interval(ofMillis(200)).closing(DONE);

  @Inject SseStreams streams;

  @GET
  @Path("numbers")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void numbers(@Context SseEventSink sink) {
    streams.stream(sink, Source.of(IntStream.rangeClosed(1, 10).boxed()), FIVE_A_SECOND);
  }

  @GET
  @Path("range")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void range(
      @Context SseEventSink sink,
      @QueryParam("from")
          @Min(value = 0, message = "must be 0 to 1000000")
          @Max(value = 1_000_000, message = "must be 0 to 1000000")
          int from,
      @QueryParam("to")
          @Min(value = 0, message = "must be 0 to 1000000")
          @Max(value = 1_000_000, message = "must be 0 to 1000000")
          int to) {
    streams.stream(
        sink,
        Source.of(IntStream.rangeClosed(from, to).boxed()),
        FIVE_A_SECOND.interval(ofMillis(20)).event("number"));
  }

  /** Ends when the client goes. */
  @GET
  @Path("endless")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void endless(@Context SseEventSink sink) {
    streams.stream(sink, Source.poll(new AtomicLong()::incrementAndGet), FIVE_A_SECOND);
  }

  /** Says one thing, then nothing; pings of its own fill the silence, for five seconds. */
  @GET
  @Path("pings")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void pings(@Context SseEventSink sink) {
    streams.stream(
        sink,
        Source.emitter((Emitter<String> emitter) -> emitter.emit("the only item")),
        StreamOptions.defaults()
            .heartbeat(
                ofSeconds(1),
                () -> SseMessage.builder().event("ping").data(Instant.now().toString()).build())
            .timeout(ofSeconds(5))
            .closing(DONE));
  }

  /** What the source gave before it failed arrives, then how it failed, in words of our own. */
  @GET
  @Path("failing")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void failing(@Context SseEventSink sink) {
    streams.stream(
        sink,
        Source.of(IntStream.of(4, 2, 1, 0, 5).mapToObj(n -> 100 / n)),
        FIVE_A_SECOND.onError(
            failure ->
                Optional.of(
                    SseMessage.builder().event("failed").data("One cannot divide by 0.").build())));
  }

  /** For clients that know but one line break; browsers know them all. */
  @GET
  @Path("separated")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void separated(@Context SseEventSink sink, @QueryParam("by") LineSeparator separator) {
    streams.stream(
        sink,
        Source.of(IntStream.rangeClosed(1, 3).boxed()),
        FIVE_A_SECOND.lineSeparator(separator == null ? LineSeparator.CRLF : separator));
  }
}
