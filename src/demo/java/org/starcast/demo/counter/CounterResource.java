package org.starcast.demo.counter;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.Map;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.PatchSignals;
import org.starcast.security.SameOrigin;

/** One number that all tabs show. Its methods take turns, so that the last patch is the truth. */
@Path("counter")
@ApplicationScoped
@SameOrigin
public class CounterResource {

  @Inject SseBroadcaster broadcaster;

  @Inject DatastarSse datastar;

  private long count;

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public synchronized void stream(@Context SseEventSink sink) {
    SseClient client =
        broadcaster.register(
            sink, Subscription.to("counter").type("counter").overflow(Overflow.COALESCE));
    state().sendTo(client);
  }

  @POST
  public synchronized void add(
      @QueryParam("by")
          @Min(value = -10, message = "must be -10 to 10")
          @Max(value = 10, message = "must be -10 to 10")
          int by) {
    count += by;
    state().publish("counter");
  }

  private PatchSignals state() {
    return datastar.patchSignals(Map.of("count", count, "_live", true)).coalesce("count");
  }
}
