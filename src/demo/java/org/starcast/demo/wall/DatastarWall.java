package org.starcast.demo.wall;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.Map;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.datastar.PatchElements;
import org.starcast.datastar.Signals;
import org.starcast.security.SameOrigin;

/** For Datastar: the event as a patch of the list. */
@Path("wall/datastar")
@ApplicationScoped
@SameOrigin
public class DatastarWall {

  @Inject SseBroadcaster broadcaster;
  @Inject DatastarSse datastar;
  @Inject Wall wall;

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    datastar
        .patchSignals(Map.of("_live", true))
        .sendTo(broadcaster.register(sink, Subscription.to("wall.datastar")));
  }

  void changed(@Observes @Topic("wall") Notes notes) {
    Html items = HtmxWall.items(notes);
    datastar
        .patchElements(items)
        .selector("#notes")
        .mode(PatchElements.Mode.INNER)
        .publish("wall.datastar");
  }

  @POST
  public Response add(@Signals Note note) {
    wall.add(note.text());
    return datastar.response(datastar.patchSignals(Map.of("text", "")));
  }

  /** What the page sends. */
  public record Note(@NotBlank @Size(max = 200) String text) {}
}
