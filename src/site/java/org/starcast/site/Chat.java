package org.starcast.site;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.ArrayList;
import java.util.List;
import org.starcast.ClientEvent;
import org.starcast.ClientEvent.Closed;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.TopicPattern;

/** Topics: at a glance. */
@Path("chat")
@ApplicationScoped
public class Chat {

  public record Line(String text) {}

  private final List<Line> heard = new ArrayList<>();
  private final List<String> gone = new ArrayList<>();

  // snippet: publish
  @Inject
  @Topic("chat.lobby")
  Event<Line> lobby;

  @Inject @Any Event<Line> lines;
  @Inject SseBroadcaster broadcaster;

  void say(Line line, String room, SseClient author) {
    lobby.fire(line); // to a fixed topic
    lines.select(Topic.Literal.of("chat." + room)).fire(line); // to a topic made at run time
    broadcaster.publish("chat." + room, line); // without a CDI event
    broadcaster.publish( // with all that a message can say
        SseMessage.builder()
            .topic("chat." + room, "audit.chat")
            .sender("ann")
            .event("line") // the page listens to "line", not to "message"
            .data(line)
            .except(author.id())); // not to this client
  }

  void heard(@Observes @Topic("chat.*") Line line) { // in the application, by pattern
    heard.add(line);
  }

  // end snippet

  // snippet: subscribe
  @GET
  @Path("{room}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void enter(@Context SseEventSink sink, @PathParam("room") String room) {
    broadcaster.register(
        sink,
        Subscription.to("chat." + TopicPattern.escape(room), "news.*") // a room "*" is a room
            .topic("chat.all", "ann", "bob") // only from these senders
            .mute("news.debug") // muted wins
            .type("chat") // what the application calls such clients
            .metadata("room", room)
            .history(20)); // the latest 20 events first
  }

  // end snippet

  // snippet: clients
  void tell(String clientId, String user) {
    broadcaster.client(clientId).ifPresent(client -> client.subscribe("chat.extra"));
    broadcaster.send(clientId, SseMessage.of(new Line("only you"))); // false: unknown, or not taken
    broadcaster.sendToUser(user, SseMessage.of(new Line("all your windows")));
    for (SseClient client : broadcaster.clientsOn("chat.lobby")) {
      client.send(new Line("you are in the lobby"));
    }
  }

  void gone(@Observes @Closed ClientEvent event) {
    gone.add(event.client().id() + ": " + event.reason().orElseThrow());
  }

  // end snippet

  // snippet: past
  List<SseMessage> latest(String room) {
    return broadcaster.history("chat." + room, 50); // oldest first
  }

  // end snippet

  List<Line> heard() {
    return List.copyOf(heard);
  }
}
