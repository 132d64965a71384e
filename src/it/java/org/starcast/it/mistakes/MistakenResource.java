package org.starcast.it.mistakes;

import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;

/** Has no scope, and is of a WAR without a beans.xml. */
@Path("mistaken")
public class MistakenResource {

  @Inject SseBroadcaster broadcaster;

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    broadcaster.register(sink, Subscription.to("a"));
  }

  @GET
  @Path("closed")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void closed(@Context SseEventSink sink) {
    sink.close();
    broadcaster.register(sink, Subscription.to("a"));
  }

  @GET
  @Path("twice")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void twice(@Context SseEventSink sink) {
    broadcaster.register(sink, Subscription.to("a"));
    broadcaster.register(sink, Subscription.to("b"));
  }
}
