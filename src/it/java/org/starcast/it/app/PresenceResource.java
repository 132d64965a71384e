package org.starcast.it.app;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.presence.Presence;
import org.starcast.presence.PresenceEvent;

/** Who is there, as an application sees it. */
@Path("presence")
@ApplicationScoped
public class PresenceResource {

  @Inject SseBroadcaster broadcaster;
  @Inject Presence presence;

  private final List<String> moves = new CopyOnWriteArrayList<>();

  void moved(@Observes PresenceEvent event) {
    moves.add(event.action() + " " + event.user() + " " + event.topic());
  }

  @GET
  @Path("stream/{user}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(
      @Context SseEventSink sink,
      @PathParam("user") String user,
      @QueryParam("topic") List<String> topics) {
    broadcaster.register(sink, Subscription.to(topics.toArray(String[]::new)).user(user));
  }

  /**
   * Not the library's: a stream that ends at once, with a token that anybody may have published
   * where it has an id.
   */
  @GET
  @Path("told")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public String told(@QueryParam("id") String id, @QueryParam("resume") String resume) {
    moves.add("TOLD " + resume + " " + id);
    return "retry: 100\n"
        + (id == null ? "" : "id: " + id + "\n")
        + "event: starcast-client\ndata: {\"resume\":\"a-token\"}\n\n";
  }

  /** The cursor, then the members with the numbers of their clients, or that they are away. */
  @GET
  @Path("on")
  @Produces(MediaType.APPLICATION_JSON)
  public List<String> on(@QueryParam("topic") String topic) {
    var snapshot = presence.on(topic);
    List<String> answer = new CopyOnWriteArrayList<>(List.of(snapshot.cursor()));
    snapshot
        .members()
        .forEach(
            member ->
                answer.add(
                    member.user()
                        + ":"
                        + (member.state() == Presence.State.AWAY ? "away" : member.clients())));
    return answer;
  }

  @GET
  @Path("moves")
  @Produces(MediaType.APPLICATION_JSON)
  public List<String> moves() {
    return moves;
  }

  @POST
  @Path("send/{user}")
  public int send(@PathParam("user") String user, String data) {
    return broadcaster.sendToUser(user, SseMessage.of(data));
  }
}
