package org.starcast.site.plain;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseBroadcaster;
import jakarta.ws.rs.sse.SseEventSink;

/** Migrating from plain JAX-RS: before. */
// snippet: before
@Path("prices")
@ApplicationScoped
public class Prices {
  public record Price(String item, double euros) {}

  @Context Sse sse;
  private SseBroadcaster broadcaster; // of jakarta.ws.rs.sse

  @PostConstruct
  void start() {
    broadcaster = sse.newBroadcaster();
  }

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    broadcaster.register(sink);
  }

  public void changed(Price price) {
    broadcaster.broadcast(
        sse.newEventBuilder()
            .name("price")
            .mediaType(MediaType.APPLICATION_JSON_TYPE)
            .data(Price.class, price)
            .build());
  }

  @PreDestroy
  void stop() {
    broadcaster.close();
  }
}
// end snippet
