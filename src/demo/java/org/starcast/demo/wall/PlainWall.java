package org.starcast.demo.wall;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
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
import org.starcast.security.SameOrigin;

/** For plain JavaScript: the event as it is fired, as JSON. */
@Path("wall/plain")
@ApplicationScoped
@SameOrigin
public class PlainWall {

  @Inject SseBroadcaster broadcaster;
  @Inject Wall wall;

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    broadcaster.register(sink, Subscription.to("wall"));
  }

  @POST
  public void add(@FormParam("text") @NotBlank @Size(max = 200) String text) {
    wall.add(text);
  }
}
