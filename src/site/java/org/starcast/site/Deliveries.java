package org.starcast.site;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.TopicPattern;
import org.starcast.security.SameOrigin;

/** Replacing polling. */
@Path("deliveries")
@ApplicationScoped
@SameOrigin
public class Deliveries {

  public record Delivery(String id, String where) {}

  private final Map<String, Delivery> deliveries = new ConcurrentHashMap<>();

  @Inject SseBroadcaster broadcaster;

  // snippet: get
  @GET
  @Path("{id}")
  @Produces(MediaType.APPLICATION_JSON)
  public Delivery get(@PathParam("id") String id) {
    return find(id);
  }

  // end snippet

  // snippet: stream
  @Inject Event<Delivery> changes;

  @GET
  @Path("{id}/stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink, @PathParam("id") String id) {
    broadcaster.register(sink, Subscription.to("delivery." + TopicPattern.escape(id)));
  }

  public void update(Delivery delivery) {
    store(delivery);
    changes
        .select(Topic.Literal.of("delivery." + TopicPattern.escape(delivery.id())))
        .fire(delivery);
  }

  // end snippet

  private Delivery find(String id) {
    return deliveries.get(id);
  }

  private void store(Delivery delivery) {
    deliveries.put(delivery.id(), delivery);
  }
}
