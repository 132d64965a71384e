package org.starcast.it.secured;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.OPTIONS;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;
import java.util.stream.Collectors;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.security.SameOrigin;
import org.starcast.security.TopicAccess;
import org.starcast.security.TopicAuthorizer.Action;

/** What an application does itself, and how a test drives it. */
@Path("secured")
@ApplicationScoped
public class SecuredResource {

  @Inject SseBroadcaster broadcaster;
  @Inject TopicAccess access;
  @Inject Blocklist blocklist;

  /** A stream that the application decides about itself. */
  @GET
  @Path("stream/{id}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(
      @Context SseEventSink sink, @PathParam("id") String id, @QueryParam("topic") List<String> t) {
    broadcaster.register(sink, Subscription.to(t.toArray(String[]::new)).clientId(id));
  }

  @POST
  @Path("subscribe/{id}")
  public void subscribe(@PathParam("id") String id, @QueryParam("topic") String topic) {
    broadcaster.client(id).orElseThrow().subscribe(topic);
  }

  /** From inside of the application, which nobody is asked about. */
  @POST
  @Path("publish")
  public String publish(@QueryParam("topic") String topic, String data) {
    return broadcaster.publish(topic, data).id();
  }

  /** A resource that asks. */
  @POST
  @Path("asking")
  public String asking(@QueryParam("topic") String topic, @Context HttpServletRequest request) {
    access.require(request, Action.PUBLISH, topic);
    return "done";
  }

  @POST
  @Path("revoke")
  public int revoke(@QueryParam("principal") String principal) {
    return broadcaster.revoke(principal).closed();
  }

  @POST
  @Path("revoke-topic")
  public int revokeTopic(@QueryParam("pattern") String pattern) {
    return broadcaster.revokeTopic(pattern).closed();
  }

  @POST
  @Path("block")
  public void block(@QueryParam("name") String name, @QueryParam("pattern") String pattern) {
    blocklist.block(name, pattern);
  }

  @DELETE
  @Path("block")
  public void unblock() {
    blocklist.clear();
  }

  @GET
  @Path("caller")
  public String caller(@Context SecurityContext security) {
    return security.getUserPrincipal() == null ? "nobody" : security.getUserPrincipal().getName();
  }

  @GET
  @Path("closed")
  public String closed() {
    return broadcaster.statistics().closed().entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(","));
  }

  /** What no page of another origin may do. */
  @POST
  @SameOrigin
  @Path("own")
  public String own() {
    return "done";
  }

  @OPTIONS
  @SameOrigin
  @Path("own")
  public void preflight() {
    // the filter answers
  }
}
