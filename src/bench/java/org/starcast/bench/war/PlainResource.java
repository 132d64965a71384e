package org.starcast.bench.war;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseBroadcaster;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;

/** What an application does without the library: one platform broadcaster for each topic. */
@Path("plain")
@RequestScoped
public class PlainResource {

  @Inject private PlainBroadcasters broadcasters;

  /** Opens a stream of the topics' events; its first bytes are a comment. */
  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(
      @QueryParam("topic") @DefaultValue("bench") List<String> topics,
      @Context SseEventSink sink,
      @Context Sse sse) {
    for (String topic : topics) {
      broadcasters.of(topic, sse).register(sink);
    }
    sink.send(sse.newEventBuilder().comment("open").build());
  }

  /** Publishes one event. */
  @POST
  @Path("publish")
  public void publish(
      @FormParam("topic") @DefaultValue("bench") String topic,
      @FormParam("data") String data,
      @Context Sse sse) {
    if (data == null) {
      throw new BadRequestException("data: is missing");
    }
    broadcasters.of(topic, sse).broadcast(sse.newEvent(data));
  }

  /** Publishes {@code count} events of {@code size} characters, {@code pause} ms apart. */
  @POST
  @Path("burst")
  @Produces(MediaType.APPLICATION_JSON)
  public String burst(
      @QueryParam("topic") @DefaultValue("bench") String topic,
      @QueryParam("count") @DefaultValue("200") int count,
      @QueryParam("size") @DefaultValue("100") int size,
      @QueryParam("pause") @DefaultValue("0") int pauseMillis,
      @Context Sse sse) {
    SseBroadcaster broadcaster = broadcasters.of(topic, sse);
    try {
      return Burst.run(count, size, pauseMillis, data -> broadcaster.broadcast(sse.newEvent(data)))
          .toJson();
    } catch (IllegalArgumentException e) {
      throw new BadRequestException(e.getMessage(), e);
    }
  }
}
