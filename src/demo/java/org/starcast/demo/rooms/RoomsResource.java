package org.starcast.demo.rooms;

import static java.util.concurrent.TimeUnit.SECONDS;

import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.datastar.PatchElements;
import org.starcast.datastar.Signals;
import org.starcast.demo.ProblemsAsSignals;
import org.starcast.security.SameOrigin;

/** Chat rooms that remember their last lines, and show who is typing. */
@Path("rooms/{room}")
@ApplicationScoped
@ProblemsAsSignals
@SameOrigin
public class RoomsResource {

  private static final String ROOM = "[A-Za-z0-9_-]{1,32}";
  private static final String ROOM_RULE = "must be 1 to 32 letters, digits, - or _";
  private static final int MOST_ROOMS = 100;
  private static final int MOST_LINES = 50;
  private static final int TYPING_SECONDS = 3;
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm");

  @Inject SseBroadcaster broadcaster;

  @Inject DatastarSse datastar;

  @Resource ManagedScheduledExecutorService scheduler;

  /** The rooms by name; the one that nobody has used for longest is forgotten first. */
  private final Map<String, Room> rooms =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Room> eldest) {
          return size() > MOST_ROOMS;
        }
      };

  private static final class Room {
    final Deque<Html> lines = new ArrayDeque<>();
    long said;
    long typed;
  }

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public synchronized void stream(
      @Context SseEventSink sink,
      @PathParam("room") @Pattern(regexp = ROOM, message = ROOM_RULE) String room) {
    // the whole room comes below: nothing of it again out of the log
    SseClient client =
        broadcaster.register(sink, Subscription.to("rooms." + room).type("rooms").resumeFrom(""));
    Room current = room(room);
    datastar
        .batch(
            datastar
                .patchElements(Html.format("{}", List.copyOf(current.lines)))
                .selector("#log")
                .mode(PatchElements.Mode.INNER),
            datastar.patchSignals(
                Map.of("_live", true, "client", client.id(), "_said", current.said)))
        .sendTo(client);
  }

  @POST
  public synchronized Response say(
      @PathParam("room") @Pattern(regexp = ROOM, message = ROOM_RULE) String room,
      @Signals Line line) {
    Room current = room(room);
    Html entry =
        Html.format(
            """
            <div class="line fresh">
              <div class="who"><strong>{}</strong><time>{}</time></div>
              <p class="text">{}</p>
            </div>
            """,
            line.name().strip(),
            LocalTime.now().format(TIME),
            line.text().strip());
    current.lines.add(entry);
    if (current.lines.size() > MOST_LINES) {
      current.lines.remove();
    }
    current.said++;
    current.typed++;
    datastar
        .batch(
            datastar.patchElements(entry).selector("#log").mode(PatchElements.Mode.APPEND),
            datastar.patchSignals(Map.of("_said", current.said)),
            typist(""))
        .publish("rooms." + room);
    return datastar.response(datastar.patchSignals(Map.of("text", "")));
  }

  /** Forgets what was said, in all windows. */
  @DELETE
  public synchronized void clear(
      @PathParam("room") @Pattern(regexp = ROOM, message = ROOM_RULE) String room) {
    Room current = room(room);
    current.lines.clear();
    current.said = 0;
    datastar
        .batch(
            datastar.removeElements("#log .line"),
            datastar.patchSignals(Map.of("_said", current.said)))
        .publish("rooms." + room);
  }

  @POST
  @Path("typing")
  public synchronized void type(
      @PathParam("room") @Pattern(regexp = ROOM, message = ROOM_RULE) String room,
      @Signals Typist typist) {
    Room current = room(room);
    long typed = ++current.typed;
    String who = typist.name().isBlank() ? "Somebody" : typist.name().strip();
    broadcaster.publish(
        typist(who + " is typing\u2026").toSseMessage().toBuilder()
            .topic("rooms." + room)
            .except(typist.client()));
    scheduler.schedule(() -> stopTyping(room, typed), TYPING_SECONDS, SECONDS);
  }

  private synchronized void stopTyping(String room, long typed) {
    if (room(room).typed == typed) {
      typist("").publish("rooms." + room);
    }
  }

  private PatchElements typist(String text) {
    return datastar.patchElements(
        Html.format("<p class=\"note typing\" id=\"typing\" aria-live=\"polite\">{}</p>", text));
  }

  private Room room(String name) {
    return rooms.computeIfAbsent(name, key -> new Room());
  }

  /** The page's signals when somebody says something. */
  public record Line(
      @NotBlank(message = "must not be empty")
          @Size(max = 40, message = "must be at most 40 characters")
          String name,
      @NotBlank(message = "must not be empty")
          @Size(max = 500, message = "must be at most 500 characters")
          String text) {}

  /**
   * The page's signals when somebody types.
   *
   * @param client the page's stream, which need not be told
   */
  public record Typist(@NotNull @Size(max = 40) String name, @NotNull String client) {}
}
