package org.starcast.site;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.stream.Stream;
import org.starcast.TopicPattern;
import org.starcast.security.SameOrigin;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;
import org.starcast.stream.SseStreams.NamedStream;
import org.starcast.stream.StreamOptions;

/** An export that goes on while its page is loaded anew. */
@Path("exports/{id}")
@ApplicationScoped
@SameOrigin
public class Exports {

  // snippet: named
  @Inject SseStreams streams;

  @POST
  public void start(@PathParam("id") String id) {
    streams.named( // starts it, or finds the one that there is
        topic(id),
        Source.of(rows(id)),
        StreamOptions.defaults().event("row").unwatchedTimeout(Duration.ofMinutes(2)));
  }

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void watch(@Context SseEventSink sink, @PathParam("id") String id) {
    streams.watch(sink, topic(id)); // from its start, or behind what this browser has
  }

  @DELETE
  public void stop(@PathParam("id") String id) {
    streams.named(topic(id)).ifPresent(NamedStream::stop); // on whichever node it runs
  }

  private static String topic(String id) {
    return "exports." + TopicPattern.escape(id);
  }

  // end snippet

  // snippet: bounds
  static final StreamOptions<Object> LARGE =
      StreamOptions.defaults().keepItems(50_000).keepBytes(16 << 20).keep(Duration.ofHours(1));

  // end snippet

  private static Stream<String> rows(String id) {
    return Stream.of(id, "1", "2", "3");
  }
}
