package org.starcast.bench.war;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.starcast.SseBroadcaster;

/**
 * Publishes through the library from inside the server; the streams are the built-in endpoint's.
 */
@Path("bench")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class StarcastResource {

  @Inject private SseBroadcaster broadcaster;
  @Inject private CloseCounts closes;

  /** Publishes {@code count} events of {@code size} characters, {@code pause} ms apart. */
  @POST
  @Path("burst")
  public String burst(
      @QueryParam("topic") @DefaultValue("bench") String topic,
      @QueryParam("count") @DefaultValue("200") int count,
      @QueryParam("size") @DefaultValue("100") int size,
      @QueryParam("pause") @DefaultValue("0") int pauseMillis) {
    try {
      return Burst.run(count, size, pauseMillis, data -> broadcaster.publish(topic, data)).toJson();
    } catch (IllegalArgumentException e) {
      throw new BadRequestException(e.getMessage(), e);
    }
  }

  /** How many clients there are, and how many were closed so far, by reason. */
  @GET
  @Path("stats")
  public String stats() {
    return "{\"clients\":" + broadcaster.count() + ",\"closed\":" + closes.toJson() + "}";
  }
}
