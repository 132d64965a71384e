package org.starcast.internal.web;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.OPTIONS;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.LatencyHistogram;
import org.starcast.SseStatistics.Metric;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.http.Problem;
import org.starcast.internal.json.Json;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.web.EndpointGuard.Switch;
import org.starcast.security.SameOrigin;
import org.starcast.security.TopicAccess;
import org.starcast.security.TopicAuthorizer.Action;

/**
 * The registry of clients for administrators, under the application's own JAX-RS path; off by
 * default ({@code starcast.endpoint.registry.enabled}), and only for callers that have the role
 * {@code starcast.endpoint.registry.role}, or that a rule or a {@link
 * org.starcast.security.TopicAuthorizer} permits {@link Action#ADMINISTER} on {@code *}, and that
 * none denies it; others get 403, or 401 where nobody is logged in. Pages of other origins are
 * refused as {@link SameOrigin} says.
 *
 * <ul>
 *   <li>{@code GET starcast/clients?type=…&topic=…&limit=…&after=…&metadata=…} lists clients by
 *       ascending id. {@code type}: only of this type; {@code topic}: only those that a message on
 *       this topic would reach; {@code limit}: the most in one answer, 1 to 1,000, default 100;
 *       {@code after}: the id behind which to go on, which is {@code next} of the page before and
 *       not there on the last; {@code metadata}: {@code true} to have it shown, as text of at most
 *       256 characters for each value.
 *   <li>{@code DELETE starcast/clients/{id}} closes a client: 204, or 404 if there is none.
 *   <li>{@code GET starcast/stats} says what the broadcaster did so far, and how it stands.
 * </ul>
 */
@Path("starcast")
@ApplicationScoped
@Tag(ref = "Starcast")
public class RegistryResource {

  private static final int MAX_LIMIT = 1000;
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_METADATA = 256;
  private static final System.Logger LOG = System.getLogger(RegistryResource.class.getName());

  private static final String BACKPLANE = "backplane";

  /** The metrics that are named otherwise here than everywhere else. */
  private static final Map<Metric, String> NAMES =
      Map.of(
          Metric.CLIENTS_BY_TYPE, "byType",
          Metric.CLIENTS_BY_WRITER, "byWriter",
          Metric.REFUSED, "refusedBecause",
          Metric.PUBLISHED, "messages",
          Metric.LOGGED, "history",
          Metric.LOGGED_BYTES, "historyBytes");

  private final SseBroadcaster broadcaster;
  private final StarcastConfig config;
  private final EndpointGuard guard;

  /** For the container's proxy. */
  public RegistryResource() {
    this(null, null, null);
  }

  /** The beans it serves; public, as JAX-RS asks for (Jakarta REST 3.1, section 3.1.2). */
  @Inject
  public RegistryResource(SseBroadcaster broadcaster, StarcastConfig config, TopicAccess access) {
    this.broadcaster = broadcaster;
    this.config = config;
    this.guard = new EndpointGuard(config, access);
  }

  /** Warns, when the application starts, of a registry that is open to all. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    if (config.endpoint().registry() && guard.isOpenToAll()) {
      LogMessage.REGISTRY_OPEN.log(LOG);
    }
  }

  /** Lists clients. */
  @GET
  @Path("clients")
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(operationId = "starcastClients", summary = "Lists clients, by ascending id")
  @Parameter(
      name = "type",
      in = ParameterIn.QUERY,
      description = "Only clients of this type",
      schema = @Schema(type = SchemaType.STRING))
  @Parameter(
      name = "topic",
      in = ParameterIn.QUERY,
      description = "Only those that a message on this topic would reach",
      schema = @Schema(type = SchemaType.STRING))
  @Parameter(
      name = "limit",
      in = ParameterIn.QUERY,
      description = "The most in one answer",
      schema =
          @Schema(type = SchemaType.INTEGER, minimum = "1", maximum = "1000", defaultValue = "100"))
  @Parameter(
      name = "after",
      in = ParameterIn.QUERY,
      description = "The id behind which to go on: next of the page before",
      schema = @Schema(type = SchemaType.STRING))
  @Parameter(
      name = "metadata",
      in = ParameterIn.QUERY,
      description = "Whether to show it",
      schema = @Schema(type = SchemaType.BOOLEAN))
  @APIResponse(
      responseCode = "200",
      description = "clients, and next if there are more",
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema = @Schema(type = SchemaType.OBJECT)))
  @APIResponse(responseCode = "400", description = "A parameter is wrong: a problem (RFC 9457)")
  @APIResponse(responseCode = "401", description = "Nobody is logged in")
  @APIResponse(responseCode = "403", description = "The caller may not, or not from this origin")
  @APIResponse(responseCode = "404", description = "It is switched off")
  public Response clients(
      @Context SecurityContext security,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    allow(security, request, response);
    Map<String, List<String>> query =
        Parameters.query(request, "type", "topic", "limit", "after", "metadata");
    String type = Parameters.single(query, "type");
    String after = Parameters.single(query, "after");
    String topic = Parameters.single(query, "topic");
    String shown = Parameters.single(query, "metadata");
    if (shown != null && !shown.equals("true") && !shown.equals("false")) {
      throw Problem.badRequest("metadata: must be true or false");
    }
    int limit = limit(Parameters.single(query, "limit"));
    List<SseClient> candidates =
        topic == null
            ? broadcaster.clients()
            : Parameters.checked("topic", () -> broadcaster.clientsOn(topic));
    List<SseClient> page =
        candidates.stream()
            .filter(client -> type == null || client.type().equals(type))
            .filter(client -> after == null || client.id().compareTo(after) > 0)
            .sorted(Comparator.comparing(SseClient::id))
            .limit(limit + 1L)
            .toList();
    JsonArrayBuilder array = Json.createArrayBuilder();
    page.stream().limit(limit).forEach(client -> array.add(json(client, "true".equals(shown))));
    JsonObjectBuilder answer = Json.createObjectBuilder().add("clients", array);
    if (page.size() > limit) {
      answer.add("next", page.get(limit - 1).id());
    }
    return fresh(answer.build());
  }

  /** Closes a client. */
  @DELETE
  @Path("clients/{id}")
  @Operation(operationId = "starcastCloseClient", summary = "Closes a client")
  @APIResponse(responseCode = "204", description = "It is being closed")
  @APIResponse(responseCode = "401", description = "Nobody is logged in")
  @APIResponse(responseCode = "403", description = "The caller may not, or not from this origin")
  @APIResponse(responseCode = "404", description = "There is no such client, or it is switched off")
  public Response close(
      @PathParam("id") String id,
      @Context SecurityContext security,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    allow(security, request, response);
    String detail = "id: there is no such client";
    SseClient client =
        broadcaster
            .client(id)
            .orElseThrow(() -> new NotFoundException(detail, Problem.of(404, detail).build()));
    client.close();
    return Response.noContent().build();
  }

  /** Says how the broadcaster stands. */
  @GET
  @Path("stats")
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(operationId = "starcastStats", summary = "Says how the broadcaster stands")
  @APIResponse(
      responseCode = "200",
      description = "Counters since the start, and figures of now",
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema = @Schema(type = SchemaType.OBJECT)))
  @APIResponse(responseCode = "401", description = "Nobody is logged in")
  @APIResponse(responseCode = "403", description = "The caller may not, or not from this origin")
  @APIResponse(responseCode = "404", description = "It is switched off")
  public Response stats(
      @Context SecurityContext security,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    allow(security, request, response);
    return fresh(
        figures(broadcaster.statistics(), broadcaster.clients(), broadcaster.lastEventId())
            .build());
  }

  /** What the statistics say, also in the monitor. */
  static JsonObjectBuilder figures(
      SseStatistics statistics, List<SseClient> clients, String lastEventId) {
    JsonObjectBuilder json =
        Json.createObjectBuilder()
            .add("total", statistics.clients())
            .add("active", clients.stream().filter(c -> c.state() == SseClient.State.OPEN).count())
            .add("refused", statistics.get(Metric.REFUSED));
    JsonObjectBuilder backplane =
        Json.createObjectBuilder().add("name", statistics.backplane().name());
    for (Metric metric : Metric.values()) {
      String key = NAMES.getOrDefault(metric, metric.key());
      if (metric.isTable()) {
        json.add(key, counts(metric.read(statistics)));
      } else if (key.startsWith(BACKPLANE)) {
        backplane.add(within(key), statistics.get(metric));
      } else {
        json.add(key, statistics.get(metric));
      }
    }
    return json.remove(Metric.LATENCY_BUCKET.key())
        .remove(Metric.LATENCY_SUM.key())
        .add("latency", latency(statistics.latency()))
        .add("backplane", backplane.add("available", statistics.backplane().available()))
        .add("lastEventId", lastEventId);
  }

  /** {@code backplaneWaitingBytes} is {@code waitingBytes} of the backplane. */
  private static String within(String key) {
    return Character.toLowerCase(key.charAt(BACKPLANE.length()))
        + key.substring(BACKPLANE.length() + 1);
  }

  /** Percentiles since the start, in microseconds. */
  private static JsonObjectBuilder latency(LatencyHistogram latency) {
    return Json.createObjectBuilder()
        .add("count", latency.count())
        .add("p50", latency.percentile(0.5).toNanos() / 1000)
        .add("p99", latency.percentile(0.99).toNanos() / 1000)
        .add("max", latency.percentile(1).toNanos() / 1000);
  }

  private void allow(
      SecurityContext security, HttpServletRequest request, HttpServletResponse response) {
    guard.enter(Switch.REGISTRY, request, response);
    guard.requireRole(security, request);
  }

  /** Answers the preflight request of a page of an origin that is listed. */
  @OPTIONS
  @Operation(hidden = true)
  @Path("clients")
  public Response clientsOptions(
      @Context HttpServletRequest request, @Context HttpServletResponse response) {
    return options("GET, HEAD, OPTIONS", request, response);
  }

  /** As {@link #clientsOptions}. */
  @OPTIONS
  @Operation(hidden = true)
  @Path("clients/{id}")
  public Response closeOptions(
      @Context HttpServletRequest request, @Context HttpServletResponse response) {
    return options("DELETE, OPTIONS", request, response);
  }

  /** As {@link #clientsOptions}. */
  @OPTIONS
  @Operation(hidden = true)
  @Path("stats")
  public Response statsOptions(
      @Context HttpServletRequest request, @Context HttpServletResponse response) {
    return options("GET, HEAD, OPTIONS", request, response);
  }

  private Response options(
      String allowed, HttpServletRequest request, HttpServletResponse response) {
    return guard.options(Switch.REGISTRY, allowed, request, response);
  }

  private static int limit(String text) {
    int limit = text == null ? DEFAULT_LIMIT : Parameters.number("limit", text);
    if (limit < 1 || limit > MAX_LIMIT) {
      throw Problem.badRequest("limit: must be 1 to " + MAX_LIMIT + ", is " + limit);
    }
    return limit;
  }

  private static JsonObject json(SseClient client, boolean metadata) {
    JsonObjectBuilder topics = Json.createObjectBuilder();
    client
        .subscription()
        .topics()
        .forEach((pattern, senders) -> topics.add(pattern, Json.createArrayBuilder(senders)));
    JsonObjectBuilder json =
        Json.createObjectBuilder().add("id", client.id()).add("type", client.type());
    client.principal().ifPresent(principal -> json.add("principal", principal));
    json.add("topics", topics)
        .add("muted", Json.createArrayBuilder(client.subscription().muted()))
        .add("age", Duration.between(client.created(), Instant.now()).toSeconds())
        .add("queued", client.queued())
        .add("queuedBytes", client.queuedBytes())
        .add("sent", client.sent())
        .add("dropped", client.dropped())
        .add("writer", client.writer())
        .add("state", client.state().name());
    if (metadata) {
      JsonObjectBuilder values = Json.createObjectBuilder();
      client
          .metadata()
          .forEach((key, value) -> values.add(key, start(String.valueOf(value), MAX_METADATA)));
      json.add("metadata", values);
    }
    return json.build();
  }

  /** The text, or as much of it; no character is cut in two. */
  static String start(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    boolean inside = Character.isHighSurrogate(text.charAt(most - 1));
    return text.substring(0, inside ? most - 1 : most);
  }

  private static JsonObjectBuilder counts(Map<String, ? extends Number> counts) {
    JsonObjectBuilder json = Json.createObjectBuilder();
    counts.forEach((key, n) -> json.add(key, n.longValue()));
    return json;
  }

  private static Response fresh(JsonObject body) {
    return Response.ok(body.toString()).header(HttpHeaders.CACHE_CONTROL, "no-store").build();
  }
}
