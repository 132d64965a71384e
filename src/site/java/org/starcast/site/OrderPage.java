package org.starcast.site;

import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;
import java.util.function.Supplier;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.datastar.DatastarPage;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;

/** Replay: a page that is rendered at an id. */
class OrderPage {

  private final DatastarPage page = DatastarPage.selfHosted("/datastar.js");

  @Inject SseBroadcaster broadcaster;
  @Inject DatastarSse datastar;
  @Inject Supplier<List<Orders.Order>> repository;

  record Rendered(List<Orders.Order> orders, String stream) {}

  Rendered render() {
    // snippet: render
    String id = broadcaster.lastEventId(); // 1. the id
    List<Orders.Order> orders = repository.get(); // 2. the state, at least as new
    String stream = page.stream("/api/orders/stream", id); // 3. the stream goes on from the id
    // end snippet
    return new Rendered(orders, stream);
  }

  // snippet: initial
  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    broadcaster.register(
        sink,
        Subscription.to("orders.*")
            .initial(
                "orders", () -> datastar.patchElements(table(repository.get())).toSseMessage()));
  }

  // end snippet

  private static Html table(List<Orders.Order> orders) {
    return Html.format("<p id=\"orders\">{} orders</p>", orders.size());
  }
}
