package org.starcast.it.http;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.Subscription;

/** Streams, and what resource methods do wrong with them. */
@Path("http")
@RequestScoped
public class HttpResource {

  private static final List<String> DESTROYED_ON = new CopyOnWriteArrayList<>();

  @Inject SseBroadcaster broadcaster;

  @Context private HttpHeaders headers;

  private String streamed;

  @PreDestroy
  void destroyed() {
    if (streamed != null) {
      DESTROYED_ON.add(streamed + " on " + Thread.currentThread().getName());
    }
  }

  @GET
  @Path("destroyed-on")
  public String destroyedOn() {
    return String.join("\n", DESTROYED_ON);
  }

  /** Takes whatever is put into its queue. */
  @GET
  @Path("stream/{topic}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink, @PathParam("topic") String topic) {
    streamed = topic;
    register(sink, topic);
  }

  private void register(SseEventSink sink, String topic) {
    broadcaster.register(sink, Subscription.to(topic).queue(10_000, 50_000_000));
  }

  @DELETE
  @Path("stream/{topic}")
  public void close(@PathParam("topic") String topic) {
    broadcaster.clientsOn(topic).forEach(SseClient::close);
  }

  @POST
  @Path("publish/{topic}")
  public void publish(@PathParam("topic") String topic, @QueryParam("size") int size, String data) {
    broadcaster.publish(SseMessage.builder().topic(topic).data(data + "x".repeat(size)).build());
  }

  @GET
  @Path("clients")
  public int clients() {
    return broadcaster.count();
  }

  @GET
  @Path("closed/{reason}")
  public long closed(@PathParam("reason") CloseReason reason) {
    return broadcaster.statistics().closed().get(reason);
  }

  @GET
  @Path("throws/{topic}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void throwing(@Context SseEventSink sink, @PathParam("topic") String topic) {
    register(sink, topic);
    throw new IllegalStateException("thrown after the client was registered");
  }

  @GET
  @Path("throws-mapped/{topic}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void throwingMapped(@Context SseEventSink sink, @PathParam("topic") String topic) {
    register(sink, topic);
    throw new BadRequestException(Response.status(400).entity("thrown with a text").build());
  }

  @GET
  @Path("closes/{topic}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void closing(@Context SseEventSink sink, @PathParam("topic") String topic) {
    try (sink) {
      register(sink, topic);
    }
    // the request's scope goes on
    if (headers.getHeaderString("Host") == null) {
      throw new IllegalStateException("the request is gone");
    }
  }

  @GET
  @Path("no-stream/{topic}")
  public void noStream(@Context SseEventSink sink, @PathParam("topic") String topic) {
    register(sink, topic);
  }

  /** Behind {@link Filters.Synchronous}. */
  @GET
  @Path("synchronous/{topic}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void synchronous(@Context SseEventSink sink, @PathParam("topic") String topic) {
    register(sink, topic);
  }
}
