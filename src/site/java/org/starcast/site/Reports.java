package org.starcast.site;

import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.starcast.SseMessage;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;
import org.starcast.stream.StreamOptions;

/** Streams to one client. */
@Path("reports")
public class Reports {

  record Row(String summary, boolean hidden) {}

  private final Map<String, SseStreams.Progress> jobs = new ConcurrentHashMap<>();

  // snippet: streams
  @Inject SseStreams streams;

  @GET
  @Path("export")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void export(@Context SseEventSink sink) {
    streams.stream(
        sink,
        Source.of(rows()), // a java.util.stream.Stream, closed at the end
        StreamOptions.defaults()
            .event("row")
            .closing(SseMessage.builder().event("done").data("").build())
            .transform((Row row) -> row.hidden() ? null : row.summary()));
  }

  @GET
  @Path("jobs/{id}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void job(@Context SseEventSink sink, @PathParam("id") String id) {
    streams.progress(sink, id, this::progress, Duration.ofMillis(500));
  }

  // end snippet

  private Optional<SseStreams.Progress> progress(String id) {
    return Optional.ofNullable(jobs.get(id));
  }

  private static Stream<Row> rows() {
    return Stream.of(new Row("Tea", false), new Row("Secret", true));
  }
}
