package ${package};

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
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
import org.starcast.Topic;
import org.starcast.security.SameOrigin;

@Path("chat")
@ApplicationScoped
@SameOrigin // pages of other sites can neither read nor post
public class ChatResource {

  public record Message(String text) {}

  @Inject SseBroadcaster broadcaster;

  @Inject
  @Topic("chat.message")
  Event<Message> messages;

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    broadcaster.register(sink, Subscription.to("chat.*"));
  }

  @POST
  public void post(@FormParam("text") String text) {
    messages.fire(new Message(text));
  }
}
