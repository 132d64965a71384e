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

/** Migrating from OmniFaces push: a channel for all, and one for each user. */
// snippet: inbox
@Path("inbox")
@ApplicationScoped
@SameOrigin
public class Inbox {
  public record Note(String text) {}

  @Inject
  @Topic("news")
  Event<Note> news;

  @Inject @Any Event<Note> notes;
  @Inject SseBroadcaster broadcaster;

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink, @Context SecurityContext security) {
    if (security.getUserPrincipal() == null) {
      throw new NotAuthorizedException("Bearer");
    }
    String user = security.getUserPrincipal().getName();
    broadcaster.register(sink, Subscription.to("news", inbox(user)));
  }

  public void toAll(Note note) {
    news.fire(note);
  }

  public void toUser(String user, Note note) {
    notes.select(Topic.Literal.of(inbox(user))).fire(note);
  }

  private static String inbox(String user) {
    return "inbox." + TopicPattern.escape(user); // any name is a part of a topic
  }
}
// end snippet
