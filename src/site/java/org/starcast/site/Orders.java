package org.starcast.site;

import static jakarta.enterprise.event.TransactionPhase.AFTER_SUCCESS;
import static org.starcast.datastar.PatchElements.Mode.APPEND;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.security.SameOrigin;

/** README: in short. Tutorial: patching pages. */
// snippet: short
@Path("orders")
@ApplicationScoped
@SameOrigin // no forged requests
public class Orders {
  public record Order(String id, String item) {}

  @Inject SseBroadcaster broadcaster;
  @Inject DatastarSse datastar;

  @Inject
  @Topic("orders.created")
  Event<Order> created;

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) { // 1. subscribe
    broadcaster.register(sink, Subscription.to("orders.*"));
  }

  @POST
  @Transactional
  public void order(@FormParam("id") String id, @FormParam("item") String item) {
    created.fire(new Order(id, item)); // 2. fire
  }

  void show(@Observes(during = AFTER_SUCCESS) @Topic("orders.*") Order order) { // 3. patch
    datastar
        .patchElements(Html.format("<li id=\"order-{}\">{}</li>", order.id(), order.item()))
        .selector("#orders")
        .mode(APPEND)
        .publish("orders.page");
  }
}
// end snippet
