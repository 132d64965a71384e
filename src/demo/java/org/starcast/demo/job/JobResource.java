package org.starcast.demo.job;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.Pattern;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Future;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.datastar.DatastarAction;
import org.starcast.datastar.DatastarAttributes;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.datastar.PatchSignals;
import org.starcast.demo.Problem;
import org.starcast.security.SameOrigin;

/** Jobs that tell how far they are; at its end, a job sends its pages on and ends their streams. */
@Path("jobs")
@ApplicationScoped
@SameOrigin
public class JobResource {

  private static final int MOST_JOBS = 100;
  private static final int STEPS = 20;
  private static final int STEP_MILLIS = 150;
  private static final int DONE_MILLIS = 1000;
  private static final String NONCE_HEADER = "Page-Nonce";
  private static final String NONCE = "[A-Za-z0-9_-]{1,64}";

  @Inject SseBroadcaster broadcaster;

  @Inject DatastarSse datastar;

  @Resource ManagedScheduledExecutorService scheduler;

  private final Map<String, Job> jobs =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Job> eldest) {
          return size() > MOST_JOBS;
        }
      };

  private static final class Job {
    final String id = UUID.randomUUID().toString();
    int done;
    Future<?> running;

    String topic() {
      return "jobs." + id;
    }
  }

  /** Starts a job, and answers with an element that opens the job's stream. */
  @POST
  public synchronized Response start(
      @HeaderParam(NONCE_HEADER) @Pattern(regexp = NONCE) String nonce) {
    Job job = new Job();
    jobs.put(job.id, job);
    job.running =
        scheduler.scheduleAtFixedRate(() -> step(job), STEP_MILLIS, STEP_MILLIS, MILLISECONDS);
    DatastarAction follow = DatastarAction.get("../api/jobs/" + job.id + "/stream");
    return datastar.response(
        progress(job),
        datastar.patchElements(
            Html.format(
                "<div id=\"job\"{}></div>",
                Html.of(
                    DatastarAttributes.none()
                        .init(nonce == null ? follow : follow.headers(Map.of(NONCE_HEADER, nonce)))
                        .toString()))));
  }

  @GET
  @Path("{id}/stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public synchronized void stream(
      @Context SseEventSink sink,
      @PathParam("id") String id,
      @HeaderParam(NONCE_HEADER) @Pattern(regexp = NONCE) String nonce) {
    Job job = jobs.get(id);
    if (job == null) {
      throw new NotFoundException(Problem.of(Response.Status.NOT_FOUND, "there is no such job"));
    }
    Subscription subscription = Subscription.to(job.topic()).type("jobs");
    SseClient client =
        broadcaster.register(
            sink, nonce == null ? subscription : subscription.metadata("nonce", nonce));
    progress(job).sendTo(client);
    if (job.done == STEPS) {
      finish(job, client);
    }
  }

  private synchronized void step(Job job) {
    job.done++;
    progress(job).publish(job.topic());
    if (job.done == STEPS) {
      job.running.cancel(false);
      // long enough to be seen
      scheduler.schedule(() -> finish(job), DONE_MILLIS, MILLISECONDS);
    }
  }

  private synchronized void finish(Job job) {
    broadcaster.clientsOn(job.topic()).forEach(client -> finish(job, client));
  }

  /** The redirect is a script, which the page's policy admits by the page's nonce alone. */
  private void finish(Job job, SseClient client) {
    var redirect = datastar.redirect("done.html?job=" + job.id);
    Object nonce = client.metadata().get("nonce");
    (nonce == null ? redirect : redirect.nonce((String) nonce)).sendTo(client);
    client.close();
  }

  private PatchSignals progress(Job job) {
    return datastar.patchSignals(
        Map.of(
            "_percent",
            100 * job.done / STEPS,
            "_status",
            job.done == STEPS ? "Done" : "Step " + job.done + " of " + STEPS,
            "_running",
            true));
  }
}
