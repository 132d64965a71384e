package org.starcast.site;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotAuthorizedException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.sse.SseEventSink;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.TopicPattern;
import org.starcast.security.SameOrigin;

/** Notifications of a user, in all of the user's windows. */
// snippet: notices
@Path("notices")
@ApplicationScoped
@SameOrigin
public class Notices {
  public record Notice(String text, String link) {}

  @Inject SseBroadcaster broadcaster;
  @Inject @Any Event<Notice> notices;

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink, @Context SecurityContext security) {
    if (security.getUserPrincipal() == null) {
      throw new NotAuthorizedException("Bearer");
    }
    String user = security.getUserPrincipal().getName();
    broadcaster.register(sink, Subscription.to(topic(user), "notices-for-all").user(user));
  }

  /** To one user, wherever and however often that user is connected. */
  public void tell(String user, Notice notice) {
    notices.select(Topic.Literal.of(topic(user))).fire(notice);
  }

  /** To everybody. */
  public void tellAll(Notice notice) {
    notices.select(Topic.Literal.of("notices-for-all")).fire(notice);
  }

  /** A name may have dots and stars, which mean something in topics. */
  private static String topic(String user) {
    return "notices." + TopicPattern.escape(user);
  }
}
// end snippet
