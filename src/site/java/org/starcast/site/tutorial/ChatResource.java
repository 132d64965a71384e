package org.starcast.site.tutorial;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
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
import org.starcast.security.SameOrigin;
import org.starcast.security.TopicAccess;
import org.starcast.security.TopicAuthorizer.Action;

@Path("chat")
@ApplicationScoped
@SameOrigin
public class ChatResource {

  @Inject SseBroadcaster broadcaster;

  // snippet: post
  @Inject ChatLog log;

  @POST
  public void post(@FormParam("text") String text) {
    log.say(text);
  }

  // end snippet

  // snippet: members-post
  @Inject TopicAccess access;

  @POST
  @Path("members")
  public void post(@Context HttpServletRequest request, @FormParam("text") String text) {
    access.require(request, Action.PUBLISH, "chat.message"); // 401 or 403 unless permitted
    log.say(text);
  }

  // end snippet

  // snippet: stream
  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    broadcaster.register(sink, Subscription.to("chat.*").history(20));
  }

  // end snippet

  // snippet: page
  @GET
  @Path("page")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void page(@Context SseEventSink sink) {
    broadcaster.register(sink, Subscription.to("page.chat").history(20));
  }

  // end snippet

  // snippet: members
  @GET
  @Path("members")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void members(@Context SseEventSink sink) {
    broadcaster.register(
        sink, Subscription.to("chat.message", "starcast.presence.chat.message").guarded());
  }
  // end snippet
}
