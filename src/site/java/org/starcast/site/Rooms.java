package org.starcast.site;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotAuthorizedException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.TopicPattern;
import org.starcast.presence.Presence;
import org.starcast.presence.PresenceEvent;

/** Presence. */
@Path("rooms")
@ApplicationScoped
public class Rooms {

  // snippet: presence
  @Inject SseBroadcaster broadcaster;
  @Inject Presence presence;

  @GET
  @Path("{room}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void enter(
      @Context SseEventSink sink,
      @Context SecurityContext security,
      @PathParam("room") String room) {
    if (security.getUserPrincipal() == null) {
      throw new NotAuthorizedException("Bearer");
    }
    String topic = "chat." + TopicPattern.escape(room);
    broadcaster.register(
        sink,
        Subscription.to(topic, "starcast.presence." + topic)
            .user(security.getUserPrincipal().getName()));
  }

  public List<String> members(String room) {
    // a member is a user, however many clients it has; since when, and with what metadata
    return presence.on("chat." + TopicPattern.escape(room)).members().stream()
        .map(Presence.Snapshot.Member::user)
        .toList();
  }

  void moved(@Observes PresenceEvent event) { // JOIN, LEAVE, AWAY, BACK; in order
    if (event.action() == PresenceEvent.Action.JOIN) {
      broadcaster.sendToUser(event.user(), SseMessage.of("Welcome")); // to all of its clients
    }
  }
  // end snippet
}
