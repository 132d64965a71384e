package org.starcast.site;

import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.starcast.security.SameOrigin;
import org.starcast.stream.SseStreams;
import org.starcast.stream.SseStreams.Progress;

/** Progress: a job that tells how far it is. */
// snippet: progress
@Path("imports")
@ApplicationScoped
@SameOrigin
public class Imports {
  @Inject SseStreams streams;
  @Resource ManagedExecutorService executor;

  private final Map<String, Progress> jobs = new ConcurrentHashMap<>();

  @POST
  public String start() {
    String id = UUID.randomUUID().toString();
    jobs.put(id, new Progress(0, "begins", null, Progress.State.RUNNING));
    executor.execute(() -> work(id));
    return id;
  }

  @GET
  @Path("{id}/progress")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void progress(@Context SseEventSink sink, @PathParam("id") String id) {
    streams.progress(sink, id, job -> Optional.ofNullable(jobs.get(job)), Duration.ofMillis(250));
  }

  private void work(String id) {
    try {
      for (int row = 1; row <= 1_000; row++) {
        // … read the row, store it …
        jobs.put(id, new Progress(row / 10.0, row + " rows", null, Progress.State.RUNNING));
      }
      jobs.put(id, new Progress(100, "1,000 rows", null, Progress.State.COMPLETED));
    } catch (RuntimeException e) {
      jobs.put(id, new Progress(0, "failed", null, Progress.State.FAILED)); // or pages wait
    }
  }
}
// end snippet
