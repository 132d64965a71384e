package org.starcast.demo.wall;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.datastar.Html;
import org.starcast.security.SameOrigin;

/** For htmx, 4 and 2: the event as markup, which the element that is connected takes in. */
@Path("wall/htmx")
@ApplicationScoped
@SameOrigin
public class HtmxWall {

  @Inject SseBroadcaster broadcaster;
  @Inject Wall wall;

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    broadcaster.register(sink, Subscription.to("wall.html"));
  }

  void changed(@Observes @Topic("wall") Notes notes) {
    broadcaster.publish("wall.html", items(notes));
  }

  static Html items(Notes notes) {
    List<Html> items =
        notes.notes().stream().map(note -> Html.format("<li>{}</li>", note)).toList();
    return Html.format("{}", items);
  }

  /** Answers with an empty input in place of the one that was sent. */
  @POST
  @Produces(MediaType.TEXT_HTML)
  public String add(@FormParam("text") @NotBlank @Size(max = 200) String text) {
    wall.add(text);
    return "<input id=\"text\" name=\"text\" required maxlength=\"200\" autocomplete=\"off\">";
  }
}
