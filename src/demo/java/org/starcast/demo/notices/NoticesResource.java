package org.starcast.demo.notices;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.datastar.DatastarEvent;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.datastar.PatchElements;
import org.starcast.datastar.Signals;
import org.starcast.demo.ProblemsAsSignals;
import org.starcast.security.SameOrigin;

/** Notifications: each of three users has a topic, an inbox, and as many tabs as they like. */
@Path("notices")
@ApplicationScoped
@ProblemsAsSignals
@SameOrigin
public class NoticesResource {

  private static final String USER = "ada|grace|vera";
  private static final int MOST = 20;

  @Inject SseBroadcaster broadcaster;

  @Inject DatastarSse datastar;

  private final Map<String, Inbox> inboxes = new TreeMap<>();

  private static final class Inbox {
    final Deque<Html> notices = new ArrayDeque<>();
    int unread;
  }

  @GET
  @Path("{user: " + USER + "}/stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public synchronized void stream(@Context SseEventSink sink, @PathParam("user") String user) {
    SseClient client =
        // the whole state comes next: nothing of it again out of the log
        broadcaster.register(
            sink, Subscription.to("notices." + user).type("notices").resumeFrom(""));
    state(user).sendTo(client);
  }

  /** Notifies one user, or all. */
  @POST
  public synchronized Response send(@Signals Notice notice) {
    List<String> users =
        notice.to().equals("all") ? List.of(USER.split("\\|")) : List.of(notice.to());
    for (String user : users) {
      Inbox inbox = inbox(user);
      inbox.unread++;
      inbox.notices.addFirst(
          Html.format(
              "<li class=\"notice {}\"><strong>{}</strong> {}</li>",
              notice.level(),
              notice.level(),
              notice.text().strip()));
      if (inbox.notices.size() > MOST) {
        inbox.notices.removeLast();
      }
      state(user).and(toast(notice)).publish("notices." + user);
    }
    return datastar.response(datastar.patchSignals(Map.of("text", "")));
  }

  /** Marks all of a user's notifications as read, in all of the user's tabs. */
  @POST
  @Path("{user: " + USER + "}/read")
  public synchronized void read(@PathParam("user") String user) {
    inbox(user).unread = 0;
    state(user).publish("notices." + user);
  }

  private DatastarEvent.Batch state(String user) {
    Inbox inbox = inbox(user);
    return datastar.batch(
        datastar.patchElements(
            Html.format(
                "<ul class=\"notices\" id=\"notices\" role=\"list\" aria-labelledby=\"inbox-title\""
                    + " data-empty=\"Nothing has happened yet.\">{}</ul>",
                List.copyOf(inbox.notices))),
        datastar.patchSignals(Map.of("_live", true, "_unread", inbox.unread)));
  }

  /** Takes itself away. */
  private PatchElements toast(Notice notice) {
    return datastar
        .patchElements(
            Html.format(
                """
                <div class="toast notice {}" data-init__delay.6s="el.remove()">
                  <span>{}</span>
                  <button aria-label="Dismiss" data-on:click="el.parentElement.remove()"></button>
                </div>
                """,
                notice.level(),
                notice.text().strip()))
        .selector("#toasts")
        .mode(PatchElements.Mode.APPEND);
  }

  private Inbox inbox(String user) {
    return inboxes.computeIfAbsent(user, key -> new Inbox());
  }

  /** The page's signals when somebody is notified. */
  public record Notice(
      @NotNull @Pattern(regexp = USER + "|all", message = "must be ada, grace, vera or all")
          String to,
      @NotNull @Pattern(regexp = "info|warning", message = "must be info or warning") String level,
      @NotBlank(message = "must not be empty")
          @Size(max = 120, message = "must be at most 120 characters")
          String text) {}
}
