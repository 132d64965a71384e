package org.starcast.internal.web;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.json.JsonObject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.http.Problem;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.web.EndpointGuard.Switch;
import org.starcast.security.TopicAccess;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;
import org.starcast.stream.StreamOptions;

/**
 * The monitor: a page that shows how the broadcaster stands, under the application's own JAX-RS
 * path; off by default ({@code starcast.endpoint.monitor.enabled}), and only for callers that have
 * the role {@code starcast.endpoint.registry.role}, or may administer everything; others get 401 or
 * 403.
 *
 * <ul>
 *   <li>{@code GET starcast/monitor} is the page; what it loads lies below.
 *   <li>{@code GET starcast/monitor/figures} is a stream of events {@code figures}, one a second:
 *       what {@link RegistryResource} says of the broadcaster, and the clients that are furthest
 *       behind.
 *   <li>{@code GET starcast/monitor/tap?topic=…} is a stream of events {@code tap}: what is
 *       published on topics that match the pattern, see {@link Tap}.
 *   <li>{@code GET starcast/monitor/check?topic=…&client=…} says why nothing may arrive on the
 *       topic, at all clients or at those of an id or user: JSON, see {@link TopicCheck}.
 * </ul>
 *
 * <p>Who watches is a client of type {@code starcast-monitor}, and counts as any other. Nothing is
 * sampled while nobody does.
 */
@Path("starcast/monitor")
@ApplicationScoped
@Tag(ref = "Starcast")
public class MonitorResource {

  /** How often a watcher asks whether there is something new. */
  private static final Duration ASKING = Duration.ofMillis(250);

  /** The names of a frame's fields and of its event, and its line breaks. */
  private static final int FRAME_BYTES = 64;

  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
          + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /** What the page loads: where it lies in the jar, and its type. */
  private static final Map<String, Asset> ASSETS =
      Map.of(
          "monitor.js", new Asset("monitor.js", "text/javascript;charset=UTF-8"),
          "monitor.css", new Asset("monitor.css", "text/css;charset=UTF-8"),
          "starcast.js",
              new Asset(
                  "/META-INF/resources/starcast/starcast.js", "text/javascript;charset=UTF-8"));

  private static final System.Logger LOG = System.getLogger(MonitorResource.class.getName());

  private final SseBroadcaster broadcaster;
  private final SseStreams streams;
  private final StarcastConfig config;
  private final RecentRefusals refusals;
  private final EndpointGuard guard;
  private final Sampler sampler;

  private record Asset(String resource, String type) {}

  /** For the container's proxy. */
  public MonitorResource() {
    this(null, null, null, null, null);
  }

  /** The beans it serves; public, as JAX-RS asks for (Jakarta REST 3.1, section 3.1.2). */
  @Inject
  public MonitorResource(
      SseBroadcaster broadcaster,
      SseStreams streams,
      StarcastConfig config,
      TopicAccess access,
      RecentRefusals refusals) {
    this.broadcaster = broadcaster;
    this.refusals = refusals;
    this.streams = streams;
    this.config = config;
    this.guard = new EndpointGuard(config, access);
    this.sampler = new Sampler(broadcaster, config == null ? 0 : config.limits().messageBytes());
  }

  /** Warns, when the application starts, of a monitor that is open to all. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    if (config.endpoint().monitor() && guard.isOpenToAll()) {
      LogMessage.MONITOR_OPEN.log(LOG);
    }
  }

  /** The page. */
  @GET
  @Produces(MediaType.TEXT_HTML)
  @Operation(operationId = "starcastMonitor", summary = "Shows how the broadcaster stands")
  @APIResponse(responseCode = "200", description = "The page")
  @APIResponse(responseCode = "401", description = "Nobody is logged in")
  @APIResponse(responseCode = "403", description = "The caller does not have the role")
  @APIResponse(responseCode = "404", description = "It is switched off")
  public Response page(
      @Context UriInfo uri,
      @Context SecurityContext security,
      @Context HttpServletRequest request) {
    // no rule of origins: a link of another page may lead here
    guard.requireEnabled(Switch.MONITOR);
    guard.requireRole(security, request);
    String below = uri.getPath().endsWith("/") ? "" : "monitor/";
    String html =
        new String(read("monitor.html"), StandardCharsets.UTF_8)
            .replace("{below}", below)
            .replace("{contract}", Boolean.toString(config.endpoint().contract()))
            .replace("{closes}", Boolean.toString(config.endpoint().registry()));
    return safe(Response.ok(html, MediaType.TEXT_HTML + ";charset=UTF-8"))
        .header(HttpHeaders.CACHE_CONTROL, "no-store")
        .build();
  }

  /** What the page loads. */
  @GET
  @Path("{asset: [a-z]+\\.(js|css)}")
  @Operation(hidden = true)
  public Response asset(
      @PathParam("asset") String name,
      @Context SecurityContext security,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    allow(security, request, response);
    Asset asset = ASSETS.get(name);
    if (asset == null) {
      throw new NotFoundException();
    }
    return safe(Response.ok(read(asset.resource), asset.type))
        .header(HttpHeaders.CACHE_CONTROL, "no-cache")
        .build();
  }

  /** How the broadcaster stands, once a second. */
  @GET
  @Path("figures")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @Operation(hidden = true)
  public void figures(
      @Context SseEventSink sink,
      @Context SecurityContext security,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    allow(security, request, response);
    watch(sink, sampler.watcher());
  }

  /** What is published, as far as it matches a pattern. */
  @GET
  @Path("tap")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @Operation(hidden = true)
  public void tap(
      @Context SseEventSink sink,
      @Context SecurityContext security,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    allow(security, request, response);
    Map<String, List<String>> query = Parameters.query(request, "topic");
    Parameters.required(query, "topic");
    String topic = Parameters.single(query, "topic");
    CompiledPattern pattern = Parameters.checked("topic", () -> CompiledPattern.of(topic));
    if (config.log().events() == 0) {
      throw Problem.badRequest("topic: cannot be followed, as starcast.log.events is 0");
    }
    watch(sink, new Tap(broadcaster, pattern.toString(), config.limits().messageBytes()));
  }

  /** Why nothing may arrive on a topic. */
  @GET
  @Path("check")
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(hidden = true)
  public Response check(
      @Context SecurityContext security,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    allow(security, request, response);
    Map<String, List<String>> query = Parameters.query(request, "topic", "client");
    Parameters.required(query, "topic");
    String topic = Parameters.single(query, "topic");
    Parameters.checked("topic", () -> TopicName.check(topic));
    JsonObject result =
        new TopicCheck(broadcaster, refusals, topic)
            .result(Parameters.single(query, "client"))
            // of this very request: a filter before all paths is before this one, too
            .add("asyncSupported", request.isAsyncSupported())
            .build();
    return safe(Response.ok(result.toString()))
        .header(HttpHeaders.CACHE_CONTROL, "no-store")
        .build();
  }

  private void watch(SseEventSink sink, Supplier<SseMessage> news) {
    SseClient client =
        broadcaster.register(sink, Subscription.none().type("starcast-monitor").resumeFrom(""));
    streams.stream(client, Source.poll(news), StreamOptions.defaults().interval(ASKING));
  }

  /**
   * An event with as much as a message may have.
   *
   * @param maxBytes {@code starcast.message.max-bytes}
   * @param most how much there would be to show
   * @param data gives the data with at most so much
   */
  static SseMessage fitting(String event, int maxBytes, int most, IntFunction<JsonObject> data) {
    for (int shown = most; ; shown /= 2) {
      String text = data.apply(shown).toString();
      int size = text.getBytes(StandardCharsets.UTF_8).length + FRAME_BYTES;
      if (size <= maxBytes || shown == 0) {
        return SseMessage.builder().event(event).data(text).build();
      }
    }
  }

  private void allow(
      SecurityContext security, HttpServletRequest request, HttpServletResponse response) {
    guard.enter(Switch.MONITOR, request, response);
    guard.requireRole(security, request);
  }

  private static Response.ResponseBuilder safe(Response.ResponseBuilder response) {
    return response
        .header("Content-Security-Policy", POLICY)
        .header("X-Content-Type-Options", "nosniff")
        .header("Referrer-Policy", "no-referrer");
  }

  private static byte[] read(String resource) {
    try (InputStream in = MonitorResource.class.getResourceAsStream(resource)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
