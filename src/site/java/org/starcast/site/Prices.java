package org.starcast.site;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Subscription;

/** Migrating from plain JAX-RS: after. */
// snippet: after
@Path("prices")
@ApplicationScoped
public class Prices {
  public record Price(String item, double euros) {}

  @Inject SseBroadcaster broadcaster; // of org.starcast

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    broadcaster.register(sink, Subscription.to("prices"));
  }

  public void changed(Price price) {
    broadcaster.publish(SseMessage.builder().topic("prices").event("price").data(price));
  }
}
// end snippet
