package org.starcast.demo.talk;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Instant;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.security.SameOrigin;

/**
 * All rooms are one topic. The room is the sender of what is said in it, and a stream hears the
 * rooms that it picks.
 */
@Path("talk")
@ApplicationScoped
@SameOrigin
public class TalkResource {

  private static final String TOPIC = "talk.message";
  private static final String ROOM = "[A-Za-z0-9_-]{1,32}";
  private static final String ROOM_RULE = "must be 1 to 32 letters, digits, - or _";

  @Inject SseBroadcaster broadcaster;

  @Inject Event<TalkLine> lines;

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(
      @Context SseEventSink sink,
      @QueryParam("rooms")
          @NotNull(message = "must be given")
          @Pattern(
              regexp = ROOM + "(," + ROOM + "){0,9}",
              message = "must be 1 to 10 rooms, parted by commas")
          String rooms) {
    broadcaster.register(sink, Subscription.none().topic(TOPIC, rooms.split(",")).type("talk"));
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  public void say(
      @FormParam("room")
          @NotNull(message = "must be given")
          @Pattern(regexp = ROOM, message = ROOM_RULE)
          String room,
      @FormParam("name")
          @NotBlank(message = "must not be empty")
          @Size(max = 40, message = "must be at most 40 characters")
          String name,
      @FormParam("text")
          @NotBlank(message = "must not be empty")
          @Size(max = 500, message = "must be at most 500 characters")
          String text) {
    lines
        .select(Topic.Literal.of(TOPIC, room))
        .fire(new TalkLine(room, name.strip(), text.strip(), Instant.now()));
  }
}
