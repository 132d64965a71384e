package org.starcast.it.app;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.Topic;
import org.starcast.spi.BackplaneException;

/** Lets a test drive the library from inside of a server. */
@Path("probe")
@ApplicationScoped
public class ProbeResource {

  @Inject SseBroadcaster broadcaster;
  @Inject Journal journal;
  @Inject @Any Event<String> events;

  /** Opens a stream with settings of its own. */
  @GET
  @Path("stream/{id}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(
      @Context SseEventSink sink,
      @PathParam("id") String id,
      @QueryParam("topic") List<String> topics,
      @QueryParam("overflow") @DefaultValue("DISCONNECT") Overflow overflow,
      @QueryParam("messages") @DefaultValue("1024") int messages,
      @QueryParam("bytes") @DefaultValue("1048576") long bytes,
      @QueryParam("user") String user) {
    Subscription subscription =
        Subscription.to(topics.toArray(String[]::new))
            .clientId(id)
            .type("probe")
            .overflow(overflow)
            .queue(messages, bytes);
    broadcaster.register(sink, user == null ? subscription : subscription.user(user));
  }

  /** The same for topics that do not fit a URL. */
  @POST
  @Path("stream/{id}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void streamByForm(
      @Context SseEventSink sink,
      @PathParam("id") String id,
      @FormParam("topic") List<String> topics) {
    broadcaster.register(sink, Subscription.to(topics.toArray(String[]::new)).clientId(id));
  }

  /** Begins a session. */
  @POST
  @Path("session")
  public void beginSession(@Context HttpServletRequest request) {
    request.getSession();
  }

  /** Ends the session of the request. */
  @POST
  @Path("session/end")
  public void endSession(@Context HttpServletRequest request) {
    request.getSession(false).invalidate();
  }

  @POST
  @Path("fire")
  public void fire(
      @QueryParam("topic") String topic, @QueryParam("sender") String sender, String data) {
    events.select(Topic.Literal.of(topic, sender == null ? "" : sender)).fire(data);
  }

  @POST
  @Path("fire-async")
  public void fireAsync(@QueryParam("topic") String topic, String data) {
    events.select(Topic.Literal.of(topic)).fireAsync(data).toCompletableFuture().join();
  }

  /** A stream that says how it begins, and what it does about a gap. */
  @GET
  @Path("replay/{id}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void replay(
      @Context SseEventSink sink,
      @PathParam("id") String id,
      @QueryParam("topic") List<String> topics,
      @QueryParam("overflow") @DefaultValue("CATCH_UP") Overflow overflow,
      @QueryParam("messages") @DefaultValue("1024") int messages,
      @QueryParam("resumeFrom") String resumeFrom) {
    Subscription subscription =
        Subscription.to(topics.toArray(String[]::new))
            .clientId(id)
            .overflow(overflow)
            .queue(messages, 1 << 20)
            .onGap(SseMessage.builder().event("recover").data("load anew").build());
    broadcaster.register(
        sink, resumeFrom == null ? subscription : subscription.resumeFrom(resumeFrom));
  }

  /** What a page would embed. */
  @GET
  @Path("last-event-id")
  public String lastEventId() {
    return broadcaster.lastEventId();
  }

  @GET
  @Path("history")
  @Produces(MediaType.APPLICATION_JSON)
  public String history(@QueryParam("topic") String topic, @QueryParam("limit") int limit) {
    return json(
        broadcaster.history(topic, limit).stream()
            .map(message -> message.id().orElseThrow() + " " + message.data().orElseThrow())
            .toList());
  }

  /**
   * As text: a WAR need not bring what makes JSON of entities to a server that has no such thing.
   */
  private static String json(List<String> texts) {
    return Json.createArrayBuilder(texts).build().toString();
  }

  @POST
  @Path("broadcast-except/{id}")
  public void broadcastExcept(
      @PathParam("id") String id, @QueryParam("topic") String topic, String data) {
    broadcaster.publish(SseMessage.builder().topic(topic).data(data).except(id));
  }

  /** Publishes "topic:thread:number" from several threads at once. */
  @POST
  @Path("storm")
  public String storm(
      @QueryParam("threads") int threads,
      @QueryParam("events") int eventCount,
      @QueryParam("topics") int topics,
      @QueryParam("prefix") @DefaultValue("storm") String prefix,
      @QueryParam("padding") int padding,
      @QueryParam("key") String coalesceKey)
      throws Exception {
    String pad = "x".repeat(padding);
    List<Callable<Void>> publishers = new ArrayList<>();
    for (int thread = 0; thread < threads; thread++) {
      int number = thread;
      publishers.add(
          () -> {
            for (int i = 0; i < eventCount / threads; i++) {
              int topic = (number + i) % topics;
              SseMessage.Builder message =
                  SseMessage.builder()
                      .topic(prefix + "." + topic)
                      .data(topic + ":" + number + ":" + i + ":" + pad);
              if (coalesceKey != null) {
                message.coalesce(coalesceKey);
              }
              broadcaster.publish(message.build());
            }
            return null;
          });
    }
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      for (Future<Void> publisher : executor.invokeAll(publishers)) {
        publisher.get();
      }
    } finally {
      executor.shutdown();
    }
    return "done";
  }

  /**
   * Publishes {@code topic:name:number} with rising numbers, on topics by turns, and waits for all.
   * A line for each: its id; {@code -} if it was not stored, {@code ?} if it may have been.
   */
  @POST
  @Path("batch")
  public String batch(
      @QueryParam("prefix") String prefix,
      @QueryParam("topics") int topics,
      @QueryParam("from") int from,
      @QueryParam("count") int count,
      String name) {
    List<CompletionStage<String>> results = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      int topic = i % topics;
      SseMessage message =
          SseMessage.builder()
              .topic(prefix + "." + topic)
              .data(topic + ":" + name + ":" + i)
              .build();
      CompletionStage<String> result;
      try {
        result = broadcaster.publish(message).stored();
      } catch (BackplaneException e) {
        result = CompletableFuture.failedStage(e);
      }
      results.add(result.exceptionally(ProbeResource::notStored));
    }
    return results.stream()
        .map(result -> result.toCompletableFuture().join())
        .collect(Collectors.joining("\n"));
  }

  private static String notStored(Throwable failure) {
    Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
    return cause instanceof BackplaneException e && !e.isUnknown() ? "-" : "?";
  }

  @POST
  @Path("send-to-user/{user}")
  public int sendToUser(@PathParam("user") String user, String data) {
    return broadcaster.sendToUser(user, SseMessage.of(data));
  }

  @POST
  @Path("revoke/{principal}")
  public int revoke(@PathParam("principal") String principal) {
    return broadcaster.revoke(principal).closed();
  }

  @POST
  @Path("send/{id}")
  public boolean send(@PathParam("id") String id, String data) {
    return broadcaster.send(id, SseMessage.of(data));
  }

  @POST
  @Path("subscribe/{id}")
  public void subscribe(@PathParam("id") String id, @QueryParam("topic") String topic) {
    broadcaster.client(id).orElseThrow().subscribe(topic);
  }

  @POST
  @Path("mute/{id}")
  public void mute(@PathParam("id") String id, @QueryParam("topic") String topic) {
    broadcaster.client(id).orElseThrow().mute(topic);
  }

  @DELETE
  @Path("clients/{id}")
  public void close(@PathParam("id") String id) {
    broadcaster.client(id).orElseThrow().close();
  }

  @POST
  @Path("drain")
  public void drain(@QueryParam("window") String window) {
    broadcaster.drain(
        Duration.parse(window),
        SseMessage.builder().event("farewell").data("see you").build(),
        Duration.ofMillis(100));
  }

  @GET
  @Path("journal")
  @Produces(MediaType.APPLICATION_JSON)
  public String journal() {
    return json(journal.entries());
  }

  /** What the JMX bean shows, as text; there is one application in the server. */
  @GET
  @Path("jmx")
  @Produces(MediaType.APPLICATION_JSON)
  public String jmx() throws JMException {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    Set<ObjectName> beans = server.queryNames(new ObjectName("org.starcast:*"), null);
    var shown = Json.createObjectBuilder();
    shown.add("beans", beans.toString());
    for (ObjectName bean : beans) {
      for (var attribute : server.getMBeanInfo(bean).getAttributes()) {
        Object value = server.getAttribute(bean, attribute.getName());
        shown.add(
            attribute.getName(),
            value instanceof String[] texts ? List.of(texts).toString() : value.toString());
      }
    }
    return shown.build().toString();
  }

  @GET
  @Path("statistics")
  @Produces(MediaType.APPLICATION_JSON)
  public String statistics() {
    var statistics = broadcaster.statistics();
    var byWriter = Json.createObjectBuilder();
    statistics.byWriter().forEach(byWriter::add);
    var closed = Json.createObjectBuilder();
    statistics.closed().forEach((reason, n) -> closed.add(reason.name(), n));
    Runtime runtime = Runtime.getRuntime();
    return Json.createObjectBuilder()
        .add("clients", statistics.clients())
        .add("byWriter", byWriter)
        .add("closed", closed)
        .add("refused", statistics.get(Metric.REFUSED))
        .add("published", statistics.get(Metric.PUBLISHED))
        .add("matched", statistics.get(Metric.MATCHED))
        .add("direct", statistics.get(Metric.DIRECT))
        .add("delivered", statistics.get(Metric.DELIVERED))
        .add("written", statistics.get(Metric.WRITTEN))
        .add("dropped", statistics.get(Metric.DROPPED))
        .add("coalesced", statistics.get(Metric.COALESCED))
        .add("missed", statistics.get(Metric.MISSED))
        .add("discarded", statistics.get(Metric.DISCARDED))
        .add("pending", statistics.get(Metric.PENDING))
        .add("latencies", statistics.latency().count())
        .add("queuedBytes", statistics.get(Metric.QUEUED_BYTES))
        .add("writes", statistics.get(Metric.WRITES))
        .add("behind", statistics.get(Metric.BEHIND))
        .add("replayed", statistics.get(Metric.REPLAYED))
        .add("gaps", statistics.get(Metric.GAPS))
        .add("logged", statistics.get(Metric.LOGGED))
        .add("unstored", statistics.get(Metric.BACKPLANE_FAILED))
        .add("heap", runtime.totalMemory() - runtime.freeMemory())
        .build()
        .toString();
  }
}
