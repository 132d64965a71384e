package org.starcast.demo.chat;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Instant;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.security.SameOrigin;

/** Chat with rooms: each room is a topic, and a line is an event on it. */
@Path("chat/{room}")
@ApplicationScoped
@SameOrigin
public class ChatResource {

  private static final String ROOM = "[A-Za-z0-9_-]{1,32}";
  private static final String ROOM_RULE = "must be 1 to 32 letters, digits, - or _";
  private static final int LAST_LINES = 20;

  @Inject SseBroadcaster broadcaster;

  @Inject Event<ChatLine> lines;

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(
      @Context SseEventSink sink,
      @PathParam("room") @Pattern(regexp = ROOM, message = ROOM_RULE) String room) {
    broadcaster.register(sink, Subscription.to("chat." + room).type("chat").history(LAST_LINES));
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  public void say(
      @PathParam("room") @Pattern(regexp = ROOM, message = ROOM_RULE) String room,
      @FormParam("name")
          @NotBlank(message = "must not be empty")
          @Size(max = 40, message = "must be at most 40 characters")
          String name,
      @FormParam("text")
          @NotBlank(message = "must not be empty")
          @Size(max = 500, message = "must be at most 500 characters")
          String text) {
    lines
        .select(Topic.Literal.of("chat." + room))
        .fire(new ChatLine(name.strip(), text.strip(), Instant.now()));
  }
}
