package org.starcast.demo.rows;

import static java.time.Duration.ofMillis;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.PositiveOrZero;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;
import java.util.stream.Stream;
import org.starcast.SseMessage;
import org.starcast.demo.rows.Reading.Row;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;
import org.starcast.stream.StreamOptions;

/**
 * Streams a table. The next page is read when the client has taken the last one: a client may be as
 * slow as it likes, and neither a transaction nor a connection to the database waits for it.
 */
@Path("rows")
@ApplicationScoped
public class RowsResource {

  private static final int PAGE = 100;

  @Inject SseStreams streams;

  @Inject Readings readings;

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(
      @Context SseEventSink sink,
      @QueryParam("after") @PositiveOrZero(message = "must be 0 or a row's number") long after) {
    Stream<Row> rows =
        Stream.iterate(
                readings.after(after, PAGE),
                page -> !page.isEmpty(),
                page -> readings.after(last(page).id(), PAGE))
            .flatMap(List::stream);
    streams.stream(
        sink,
        Source.of(rows),
        StreamOptions.defaults()
            .initial(SseMessage.builder().event("count").data(readings.count()).build())
            .interval(ofMillis(2)) // so that there is something to see
            .closing(SseMessage.builder().event("done").data("").build()));
  }

  private static Row last(List<Row> page) {
    return page.get(page.size() - 1);
  }
}
