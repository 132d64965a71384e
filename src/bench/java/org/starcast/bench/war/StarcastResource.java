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
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.concurrent.atomic.AtomicLong;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Subscription;

/**
 * Publishes through the library from inside the server; the streams are the built-in endpoint's.
 */
@Path("bench")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class StarcastResource {

  private static final AtomicLong MADE = new AtomicLong();

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

  /** A stream that begins with the state, of about {@code size} characters. */
  @GET
  @Path("state")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void state(
      @Context SseEventSink sink,
      @QueryParam("topic") String topic,
      @QueryParam("size") @DefaultValue("20000") int size) {
    broadcaster.register(
        sink,
        Subscription.to(topic)
            .initial("state", () -> SseMessage.builder().data(makeState(size)).build()));
  }

  /** A page with the state; in the format of an event, so that who reads it knows its end. */
  @GET
  @Path("page")
  @Produces(MediaType.TEXT_HTML)
  public String page(@QueryParam("size") @DefaultValue("20000") int size) {
    return "data: " + makeState(size) + "\n\n";
  }

  /** A table, as a page has it, of rows of 100 characters. */
  private static String makeState(int size) {
    MADE.incrementAndGet();
    StringBuilder table = new StringBuilder(size + 200);
    table.append("ts=").append(System.nanoTime()).append(" <table>");
    for (int row = 0; table.length() < size; row++) {
      table.append("<tr id=\"order-%05d\"><td>%-20s</td>".formatted(row, "item " + row));
      table.append("<td>%12.2f</td><td class=\"state\">shipped</td></tr>".formatted(row * 1.01));
    }
    return table.append("</table>").toString();
  }

  /** How many states were made so far. */
  @GET
  @Path("made")
  @Produces(MediaType.TEXT_PLAIN)
  public long made() {
    return MADE.get();
  }

  /** The id that a page would be rendered at. */
  @GET
  @Path("last")
  @Produces(MediaType.TEXT_PLAIN)
  public String last() {
    return broadcaster.lastEventId();
  }
}
