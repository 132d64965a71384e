package org.starcast.demo.htmx;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.datastar.Html;
import org.starcast.htmx.HtmxVersion;
import org.starcast.htmx.OobSwap;
import org.starcast.htmx.OobSwap.SwapMode;
import org.starcast.htmx.SseElement;
import org.starcast.security.SameOrigin;

/** The chat for htmx, 4 and 2: one event swaps several elements, each by its id. */
@Path("htmx")
@ApplicationScoped
@SameOrigin
public class HtmxChatResource {

  private static final String ROOM = "[A-Za-z0-9_-]{1,32}";
  private static final String ROOM_RULE = "must be 1 to 32 letters, digits, - or _";
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm");

  @Inject SseBroadcaster broadcaster;

  /** What the page shows of a room; the old element's stream ends when it is replaced. */
  @GET
  @Produces(MediaType.TEXT_HTML)
  public String enter(
      @QueryParam("room") @NotNull @Pattern(regexp = ROOM, message = ROOM_RULE) String room,
      @QueryParam("htmx") @DefaultValue("V4") HtmxVersion htmx) {
    return SseElement.connect(htmx, "../api/htmx/" + room + "/stream").oobOnly().hidden()
        + Html.format(
                """
                <h3 class="note">Room: <span id="room-name">{}</span>
                  \u00b7 last heard: <span id="last">nobody</span></h3>
                <div class="log" id="log" role="log" aria-live="polite" tabindex="0"
                  aria-label="What is said" data-empty="Nothing has been said since you came in."></div>
                """,
                room)
            .asString();
  }

  @GET
  @Path("{room}/stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(
      @Context SseEventSink sink,
      @PathParam("room") @Pattern(regexp = ROOM, message = ROOM_RULE) String room) {
    broadcaster.register(sink, Subscription.to("htmx." + room).type("htmx"));
  }

  /** Answers with an empty input in place of the one that was sent. */
  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Produces(MediaType.TEXT_HTML)
  public String say(
      @FormParam("room") @NotNull @Pattern(regexp = ROOM, message = ROOM_RULE) String room,
      @FormParam("name")
          @NotBlank(message = "must not be empty")
          @Size(max = 40, message = "must be at most 40 characters")
          String name,
      @FormParam("text")
          @NotBlank(message = "must not be empty")
          @Size(max = 500, message = "must be at most 500 characters")
          String text) {
    Html line =
        Html.format(
            """
            <div class="line fresh">
              <div class="who"><strong>{}</strong><time>{}</time></div>
              <p class="text">{}</p>
            </div>
            """,
            name.strip(),
            LocalTime.now().format(TIME),
            text.strip());
    // snippet: swap
    OobSwap said =
        OobSwap.none().add("log", SwapMode.BEFORE_END, line).add("last", Html.text(name.strip()));
    broadcaster.publish(said.toSseMessage().toBuilder().topic("htmx." + room).build());
    // end snippet
    return OobSwap.none()
        .addElement(
            "text",
            SwapMode.OUTER_HTML,
            "<input id=\"text\" name=\"text\" required maxlength=\"500\" autocomplete=\"off\">")
        .build();
  }
}
