package org.starcast.site;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.sse.SseEventSink;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.TopicPattern;
import org.starcast.security.SameOrigin;

/** A chat: a room is a topic. */
// snippet: rooms
@Path("chat/{room}")
@ApplicationScoped
@SameOrigin
public class ChatRooms {
  public record Line(String author, String text) {}

  @Inject SseBroadcaster broadcaster;
  @Inject Event<Line> lines;

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void enter(@Context SseEventSink sink, @PathParam("room") String room) {
    broadcaster.register(sink, Subscription.to(topic(room)).history(50));
  }

  @POST
  public void say(
      @PathParam("room") String room,
      @FormParam("text") String text,
      @Context SecurityContext security) {
    String author = security.getUserPrincipal().getName(); // never what the request says
    lines.select(Topic.Literal.of(topic(room))).fire(new Line(author, text));
  }

  private static String topic(String room) {
    return "chat." + TopicPattern.escape(room);
  }
}
// end snippet
