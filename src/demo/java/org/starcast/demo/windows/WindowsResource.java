package org.starcast.demo.windows;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import org.starcast.ClientEvent;
import org.starcast.ClientEvent.Closed;
import org.starcast.ClientEvent.Opened;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.security.SameOrigin;

/** The windows that show the front page, counted as their streams open and close. */
@Path("windows")
@ApplicationScoped
@SameOrigin
public class WindowsResource {

  @Inject SseBroadcaster broadcaster;

  @Inject
  @Topic("windows")
  Event<Windows> changed;

  private long waves;

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    broadcaster.register(sink, Subscription.to("windows").type("windows"));
  }

  @POST
  @Path("wave")
  public synchronized void wave() {
    waves++;
    publish();
  }

  void opened(@Observes @Opened ClientEvent event) {
    publishFor(event.client());
  }

  void closed(@Observes @Closed ClientEvent event) {
    publishFor(event.client());
  }

  private void publishFor(SseClient client) {
    if (client.type().equals("windows")) {
      publish();
    }
  }

  private synchronized void publish() {
    changed.fire(new Windows(broadcaster.clients("windows").size(), waves));
  }

  /** The payload, sent as JSON. */
  public record Windows(int open, long waves) {}
}
