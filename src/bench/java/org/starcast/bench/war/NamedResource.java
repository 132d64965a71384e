package org.starcast.bench.war;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.starcast.SseBroadcaster;
import org.starcast.SseStatistics.Metric;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;
import org.starcast.stream.SseStreams.NamedStream;
import org.starcast.stream.SseStreams.NamedStream.State;
import org.starcast.stream.StreamOptions;

/** Named streams, many at a time. */
@Path("bench/streams")
@RequestScoped
public class NamedResource {

  private static final int END_SECONDS = 60;

  @Inject private SseStreams streams;
  @Inject private SseBroadcaster broadcaster;

  /** Runs streams {@code <prefix>.0} and so on, and answers when all have ended. */
  @POST
  @Produces(MediaType.APPLICATION_JSON)
  public String run(
      @QueryParam("prefix") String prefix,
      @QueryParam("count") int count,
      @QueryParam("rate") int rate,
      @QueryParam("seconds") int seconds,
      @QueryParam("size") int size) {
    long dropped = broadcaster.statistics().get(Metric.STREAM_ITEMS_DROPPED);
    PacedItems paced = new PacedItems(count, rate, rate * seconds, size);
    List<NamedStream> started = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      started.add(
          streams.named(prefix + "." + i, Source.of(paced.source(i)), StreamOptions.defaults()));
    }
    long items = paced.run();
    awaitEnd(started);
    return "{\"items\":%d,\"lateMillis\":%d,\"dropped\":%d,\"failed\":%d}"
        .formatted(
            items,
            paced.mostLateMillis(),
            broadcaster.statistics().get(Metric.STREAM_ITEMS_DROPPED) - dropped,
            started.stream().filter(stream -> stream.state() != State.COMPLETED).count());
  }

  private static void awaitEnd(List<NamedStream> started) {
    try {
      CompletableFuture.allOf(
              started.stream()
                  .map(stream -> stream.completion().toCompletableFuture())
                  .toArray(CompletableFuture[]::new))
          .get(END_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // those that have not completed are counted
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One of them, from its start or from where this client was. */
  @GET
  @Path("{id}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void watch(@Context SseEventSink sink, @PathParam("id") String id) {
    streams.watch(sink, id);
  }
}
