package org.starcast.site;

import static java.time.Duration.ofMillis;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.concurrent.Flow;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.security.SameOrigin;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;
import org.starcast.stream.StreamOptions;
import org.starcast.stream.Throttle;

/** A dashboard: state that changes often. */
@Path("quotes")
@ApplicationScoped
@SameOrigin
public class Quotes {

  public record Quote(String symbol, double value) {}

  // snippet: coalesce
  @Inject SseBroadcaster broadcaster;

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    broadcaster.register(sink, Subscription.to("stock.*").overflow(Overflow.COALESCE));
  }

  public void changed(Quote quote) {
    broadcaster.publish(
        SseMessage.builder()
            .topic("stock." + quote.symbol())
            .data(quote) // the whole state, not a difference
            .coalesce(quote.symbol())); // replaces what waits for this symbol
  }

  // end snippet

  @Inject SseStreams streams;
  @Inject Flow.Publisher<Quote> ticks;

  // snippet: throttle
  @GET
  @Path("ticks")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void ticks(@Context SseEventSink sink) {
    streams.stream(
        sink,
        Source.of(ticks), // a Flow.Publisher of thousands a second
        StreamOptions.defaults().throttle(Throttle.conflate(ofMillis(250), Quote::symbol, 1_000)));
  }
  // end snippet
}
