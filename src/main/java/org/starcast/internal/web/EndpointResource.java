package org.starcast.internal.web;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.json.JsonObjectBuilder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.OPTIONS;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.media.SchemaProperty;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.starcast.PublishResult;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.http.FormData;
import org.starcast.internal.http.Problem;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.internal.json.Json;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.web.EndpointGuard.Switch;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.security.SameOrigin;
import org.starcast.security.TopicAccess;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.spi.BackplaneException;

/**
 * The ready-made endpoint, under the application's own JAX-RS path; off by default.
 *
 * <ul>
 *   <li>{@code GET starcast/stream?topic=…&topic=…&mute=…&sender=…&history=…&lastEventId=…} opens a
 *       stream ({@code starcast.endpoint.enabled}). {@code topic}: one pattern or more; {@code
 *       mute}: patterns to leave out; {@code sender}: only what these senders send; {@code
 *       history}: how many of the latest events a new client gets first; {@code lastEventId}: where
 *       to go on, for clients that cannot send {@code Last-Event-ID}; {@code resume}: the token of
 *       a client without a name, see {@link SseBroadcaster#register}.
 *   <li>{@code POST} and {@code QUERY starcast/stream} (RFC 10008) do the same, with the parameters
 *       as a form in the body, for those that do not fit a URL. What the query has besides counts,
 *       too.
 *   <li>{@code POST starcast/publish} with the form fields {@code topic} (one or more), {@code
 *       data}, and if wanted {@code event} and {@code sender}, publishes ({@code
 *       starcast.endpoint.publish.enabled}) and answers 202 with the event's id as JSON; without it
 *       if a shared backplane takes more than a second to store the event, and 503 if that fails.
 * </ul>
 *
 * <p>Once there is a rule or a {@link org.starcast.security.TopicAuthorizer}, what neither permits
 * is answered by 401 where nobody is logged in, else by 403: each pattern of a stream, each topic
 * of a message. An event whose name begins with {@code datastar} changes pages and runs scripts in
 * them: it needs {@link Action#PATCH} besides, and is refused where nothing permits that. Names
 * that begin with {@code starcast} are the library's own. Pages of other origins are refused by 403
 * as {@link SameOrigin} says, whose defence against forged requests covers forms, too: a form of
 * another origin's page says its origin. A token in the query is answered by 400, as queries end up
 * in logs, unless {@code starcast.security.query-token} is on.
 *
 * <p>Bad input is answered by 400 and a problem body that names the parameter; a body that is
 * larger than {@code starcast.message.max-bytes}, or the patterns and senders that a client may
 * have, by 413. A stream takes parameters that it does not know in its query, and refuses those
 * that may be a mistyped one; a form takes its fields only. Text is UTF-8, encoded or not; what is
 * none is refused.
 *
 * <p>Over 500 lines, as many of them describe the endpoint for OpenAPI.
 */
@Path("starcast")
@ApplicationScoped
public class EndpointResource {

  /** How long a request waits for a backplane that is slow, and how many may at once. */
  private static final long MAX_WAIT_MILLIS = 1_000;

  private static final Semaphore WAITING = new Semaphore(16);

  /** A byte of data takes at most three in a form; the rest is for the other fields. */
  private static final int FORM_FACTOR = 3;

  private static final int FORM_EXTRA = 16 << 10;

  /**
   * The most that a pattern or a sender takes in a form: of each character three bytes, encoded as
   * three each; and its name.
   */
  private static final int FIELD_BYTES = 9 * TopicName.MAX_LENGTH + 8;

  /**
   * {@code lastEventId} and {@code resume} are read where clients are registered, {@code datastar}
   * by nobody here.
   */
  private static final Set<String> STREAM_PARAMETERS =
      Set.of("topic", "mute", "sender", "history", "lastEventId", "resume", "datastar");

  /** Datastar's client acts on events whose names begin so. */
  private static final String DATASTAR = "datastar";

  private final SseBroadcaster broadcaster;
  private final StarcastConfig config;
  private final TopicAccess access;
  private final RecentRefusals refusals;
  private final EndpointGuard guard;

  /** For the container's proxy. */
  public EndpointResource() {
    this(null, null, null, null);
  }

  /** The beans it serves; public, as JAX-RS asks for (Jakarta REST 3.1, section 3.1.2). */
  @Inject
  public EndpointResource(
      SseBroadcaster broadcaster,
      StarcastConfig config,
      TopicAccess access,
      RecentRefusals refusals) {
    this.broadcaster = broadcaster;
    this.config = config;
    this.access = access;
    this.refusals = refusals;
    this.guard = new EndpointGuard(config, access);
  }

  /** Opens a stream. */
  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @Tag(name = "Starcast", description = "Server push")
  @Operation(operationId = "starcastStream", summary = "Opens a stream of events")
  @Parameter(
      name = "topic",
      in = ParameterIn.QUERY,
      required = true,
      description = "Patterns: the topics to follow",
      schema = @Schema(type = SchemaType.ARRAY, implementation = String.class))
  @Parameter(
      name = "mute",
      in = ParameterIn.QUERY,
      description = "Patterns: the topics to leave out",
      schema = @Schema(type = SchemaType.ARRAY, implementation = String.class))
  @Parameter(
      name = "sender",
      in = ParameterIn.QUERY,
      description = "Only what these senders send",
      schema = @Schema(type = SchemaType.ARRAY, implementation = String.class))
  @Parameter(
      name = "history",
      in = ParameterIn.QUERY,
      description = "How many of the latest events a new client gets first",
      schema = @Schema(type = SchemaType.INTEGER, minimum = "0"))
  @Parameter(
      name = "lastEventId",
      in = ParameterIn.QUERY,
      description = "Where to go on, or earliest; for clients that cannot send Last-Event-ID",
      schema = @Schema(type = SchemaType.STRING))
  @Parameter(
      name = "Last-Event-ID",
      in = ParameterIn.HEADER,
      description = "Where to go on",
      schema = @Schema(type = SchemaType.STRING))
  @Parameter(
      name = "resume",
      in = ParameterIn.QUERY,
      description = "The token of a client without a name",
      schema = @Schema(type = SchemaType.STRING))
  @APIResponse(
      responseCode = "200",
      description = "The stream (WHATWG, server-sent events)",
      content =
          @Content(
              mediaType = MediaType.SERVER_SENT_EVENTS,
              schema = @Schema(type = SchemaType.STRING)))
  @APIResponse(responseCode = "400", description = "A parameter is wrong: a problem (RFC 9457)")
  @APIResponse(responseCode = "401", description = "Not permitted, and nobody is logged in")
  @APIResponse(responseCode = "403", description = "Not permitted, or not from this origin")
  @APIResponse(responseCode = "404", description = "It is switched off")
  @APIResponse(responseCode = "429", description = "The caller has too many streams")
  @APIResponse(responseCode = "503", description = "There are too many clients, or it stops")
  public void stream(
      @Context SseEventSink sink,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    open(sink, null, request, response);
  }

  /** Opens a stream whose parameters are in the body. */
  @POST
  @Path("stream")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @Tag(ref = "Starcast")
  @Operation(
      operationId = "starcastStreamByForm",
      summary = "Opens a stream of events whose topics do not fit a URL")
  @RequestBody(
      required = true,
      content =
          @Content(
              mediaType = MediaType.APPLICATION_FORM_URLENCODED,
              schema =
                  @Schema(
                      type = SchemaType.OBJECT,
                      requiredProperties = "topic",
                      properties = {
                        @SchemaProperty(
                            name = "topic",
                            type = SchemaType.ARRAY,
                            implementation = String.class,
                            description = "Patterns: the topics to follow"),
                        @SchemaProperty(
                            name = "mute",
                            type = SchemaType.ARRAY,
                            implementation = String.class,
                            description = "Patterns: the topics to leave out"),
                        @SchemaProperty(
                            name = "sender",
                            type = SchemaType.ARRAY,
                            implementation = String.class,
                            description = "Only what these senders send"),
                        @SchemaProperty(name = "history", type = SchemaType.INTEGER),
                        @SchemaProperty(name = "lastEventId", type = SchemaType.STRING),
                        @SchemaProperty(name = "resume", type = SchemaType.STRING)
                      })))
  @APIResponse(
      responseCode = "200",
      description = "The stream (WHATWG, server-sent events)",
      content =
          @Content(
              mediaType = MediaType.SERVER_SENT_EVENTS,
              schema = @Schema(type = SchemaType.STRING)))
  @APIResponse(responseCode = "400", description = "A parameter is wrong: a problem (RFC 9457)")
  @APIResponse(responseCode = "401", description = "Not permitted, and nobody is logged in")
  @APIResponse(responseCode = "403", description = "Not permitted, or not from this origin")
  @APIResponse(responseCode = "404", description = "It is switched off")
  @APIResponse(responseCode = "413", description = "The form is too large")
  @APIResponse(responseCode = "429", description = "The caller has too many streams")
  @APIResponse(responseCode = "503", description = "There are too many clients, or it stops")
  public void streamByPost(
      InputStream body,
      @Context SseEventSink sink,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    open(sink, body, request, response);
  }

  /**
   * As {@link #streamByPost}. OpenAPI 3.1 has no word for it, and Payara's document fails of an
   * annotation that is for a method which it does not know, the class's included.
   */
  @QUERY
  @Path("stream")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void streamByQuery(
      InputStream body,
      @Context SseEventSink sink,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    open(sink, body, request, response);
  }

  /** The body is null for none. */
  private void open(
      SseEventSink sink,
      InputStream body,
      HttpServletRequest request,
      HttpServletResponse response) {
    List<String> asked = new ArrayList<>();
    Subscription subscription;
    try {
      guard.enter(Switch.STREAM, request, response);
      Map<String, List<String>> query = FormData.parameters(request, STREAM_PARAMETERS);
      Parameters.knownOrForeign(query.keySet(), STREAM_PARAMETERS);
      if (body != null) {
        requireType(request);
        FormData.addBody(request, Parameters.known(streamForm(body), STREAM_PARAMETERS));
      }
      subscription = subscription(FormData.parameters(request, STREAM_PARAMETERS), asked);
    } catch (WebApplicationException e) {
      throw refused(e, request, asked);
    }
    try {
      broadcaster.register(sink, subscription);
    } catch (IllegalArgumentException e) {
      throw refusals.answered(
          e, Parameters.badRequest("topic", e), request, subscription.topics().keySet());
    }
  }

  /** Keeps it for the monitor. */
  private WebApplicationException refused(
      WebApplicationException why, HttpServletRequest request, List<String> asked) {
    refusals.add(why, request, asked.isEmpty() ? Origins.of(request) : asked);
    return why;
  }

  private Subscription subscription(Map<String, List<String>> parameters, List<String> asked) {
    String[] senders = parameters.getOrDefault("sender", List.of()).toArray(String[]::new);
    List<String> topics = Parameters.required(parameters, "topic");
    asked.addAll(topics);
    List<String> mutes = parameters.getOrDefault("mute", List.of());
    // before anything is made of them
    Parameters.atMost(config.limits().sendersPerClient(), "sender", senders.length, "senders");
    int patterns = topics.size() + mutes.size();
    Parameters.atMost(config.limits().patternsPerClient(), "topic", patterns, "patterns");
    for (String sender : senders) {
      Parameters.checked("sender", () -> TopicName.checkSender(sender));
    }
    Subscription subscription = Subscription.none().guarded();
    for (String topic : topics) {
      Subscription before = subscription;
      subscription = Parameters.checked("topic", () -> before.topic(topic, senders));
    }
    for (String mute : mutes) {
      Subscription before = subscription;
      subscription = Parameters.checked("mute", () -> before.mute(mute));
    }
    String history = Parameters.single(parameters, "history");
    if (history != null) {
      Subscription before = subscription;
      subscription =
          Parameters.checked(
              "history", () -> before.history(Parameters.number("history", history)));
    }
    return subscription;
  }

  /** Answers the preflight request of a page of an origin that is listed. */
  @OPTIONS
  @Operation(hidden = true)
  @Path("stream")
  public Response streamOptions(
      @Context HttpServletRequest request, @Context HttpServletResponse response) {
    Response answer =
        guard.options(Switch.STREAM, "GET, HEAD, POST, QUERY, OPTIONS", request, response);
    return Response.fromResponse(answer)
        .header("Accept-Query", MediaType.APPLICATION_FORM_URLENCODED)
        .build();
  }

  /** As {@link #streamOptions}. */
  @OPTIONS
  @Operation(hidden = true)
  @Path("publish")
  public Response publishOptions(
      @Context HttpServletRequest request, @Context HttpServletResponse response) {
    return guard.options(Switch.PUBLISH, "POST, OPTIONS", request, response);
  }

  /** Publishes. */
  @POST
  @Path("publish")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Produces(MediaType.APPLICATION_JSON)
  @Tag(ref = "Starcast")
  @Operation(operationId = "starcastPublish", summary = "Publishes an event")
  @RequestBody(
      required = true,
      content =
          @Content(
              mediaType = MediaType.APPLICATION_FORM_URLENCODED,
              schema =
                  @Schema(
                      type = SchemaType.OBJECT,
                      requiredProperties = {"topic", "data"},
                      properties = {
                        @SchemaProperty(
                            name = "topic",
                            type = SchemaType.ARRAY,
                            implementation = String.class,
                            description = "The topics; none begins with starcast."),
                        @SchemaProperty(name = "data", type = SchemaType.STRING),
                        @SchemaProperty(name = "event", type = SchemaType.STRING),
                        @SchemaProperty(name = "sender", type = SchemaType.STRING)
                      })))
  @APIResponse(
      responseCode = "202",
      description = "Published: the event's id",
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              schema =
                  @Schema(
                      type = SchemaType.OBJECT,
                      properties = @SchemaProperty(name = "id", type = SchemaType.STRING))))
  @APIResponse(responseCode = "400", description = "A field is wrong: a problem (RFC 9457)")
  @APIResponse(responseCode = "401", description = "Not permitted, and nobody is logged in")
  @APIResponse(responseCode = "403", description = "Not permitted, or not from this origin")
  @APIResponse(responseCode = "404", description = "It is switched off")
  @APIResponse(responseCode = "413", description = "The message is too large")
  @APIResponse(responseCode = "503", description = "The backplane did not store the event")
  public Response publish(
      InputStream body, @Context HttpServletRequest request, @Context HttpServletResponse response)
      throws IOException {
    List<String> asked = new ArrayList<>();
    try {
      return publish(body, request, response, asked);
    } catch (WebApplicationException e) {
      throw refused(e, request, asked);
    }
  }

  private Response publish(
      InputStream body,
      HttpServletRequest request,
      HttpServletResponse response,
      List<String> asked) {
    guard.enter(Switch.PUBLISH, request, response);
    Map<String, List<String>> form =
        Parameters.known(publishForm(body), Set.of("topic", "data", "event", "sender"));
    SseMessage.Builder message = SseMessage.builder();
    List<String> topics = Parameters.required(form, "topic");
    asked.addAll(topics);
    Parameters.checked("topic", () -> message.topics(topics));
    if (topics.stream().anyMatch(LibraryEvents::isOwnTopic)) {
      throw Problem.badRequest("topic: those that begin with starcast. are the library's own");
    }
    for (String topic : topics) {
      access.require(request, Action.PUBLISH, topic);
    }
    String data = Parameters.single(form, "data");
    if (data == null) {
      throw Problem.badRequest("data: is missing");
    }
    if (data.length() > config.limits().messageBytes()) {
      throw messageTooLarge();
    }
    message.data(data);
    String event = Parameters.single(form, "event");
    if (event != null) {
      Parameters.checked("event", () -> LibraryEvents.checkForeign(event));
      Parameters.checked("event", () -> message.event(event));
      if (event.startsWith(DATASTAR)) {
        for (String topic : topics) {
          access.requirePermit(request, Action.PATCH, topic);
        }
      }
    }
    String sender = Parameters.single(form, "sender");
    if (sender != null) {
      if (LibraryEvents.isStreamSender(sender)) {
        throw Problem.badRequest(
            "sender: those that begin with starcast.stream. are the library's");
      }
      Parameters.checked("sender", () -> message.sender(sender));
    }
    PublishResult result;
    try {
      result = broadcaster.publish(message.build());
    } catch (IllegalArgumentException e) {
      throw messageTooLarge();
    } catch (BackplaneException e) {
      throw notStored();
    }
    JsonObjectBuilder answer = Json.createObjectBuilder();
    id(result).ifPresent(id -> answer.add("id", id));
    return Response.accepted(answer.build().toString()).build();
  }

  /** The id of what was published; none if the backplane takes its time. */
  private static Optional<String> id(PublishResult result) {
    CompletableFuture<String> stored = result.stored().toCompletableFuture();
    boolean waits = !stored.isDone();
    if (waits && !WAITING.tryAcquire()) {
      return Optional.empty();
    }
    try {
      return Optional.of(stored.get(MAX_WAIT_MILLIS, TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } catch (ExecutionException e) {
      throw notStored();
    } finally {
      if (waits) {
        WAITING.release();
      }
    }
  }

  static WebApplicationException notStored() {
    String detail = "the event was not stored, or may not have been";
    return new WebApplicationException(
        detail, Problem.of(503, detail).header("Retry-After", 2).build());
  }

  /** A client that is gone, or too slow for the server, is no failure of ours. */
  static byte[] read(InputStream body, int most) {
    try {
      return body.readNBytes(most);
    } catch (IOException e) {
      throw Problem.exception(408, "body: did not arrive in full");
    }
  }

  /** Of the types that there are JAX-RS takes the right one alone, but it takes none, too. */
  private static void requireType(HttpServletRequest request) {
    if (request.getContentType() == null) {
      throw Problem.exception(415, "body: has no Content-Type; it must be a form");
    }
  }

  private Map<String, List<String>> streamForm(InputStream body) {
    int most =
        (config.limits().patternsPerClient() + config.limits().sendersPerClient()) * FIELD_BYTES
            + FORM_EXTRA;
    return form(
        body,
        most,
        () ->
            tooLarge(
                "body: is larger than "
                    + most
                    + " bytes, which hold as many topics and senders as a client may have"));
  }

  private Map<String, List<String>> publishForm(InputStream body) {
    int most = FORM_FACTOR * config.limits().messageBytes() + FORM_EXTRA;
    return form(body, most, this::messageTooLarge);
  }

  private static Map<String, List<String>> form(
      InputStream body, int most, Supplier<WebApplicationException> tooLarge) {
    byte[] bytes = read(body, most + 1);
    if (bytes.length > most) {
      throw tooLarge.get();
    }
    return FormData.parse(bytes);
  }

  private WebApplicationException messageTooLarge() {
    return tooLarge(
        "data: the message is larger than " + config.limits().messageBytes() + " bytes");
  }

  private static WebApplicationException tooLarge(String detail) {
    return new WebApplicationException(detail, Problem.of(413, detail).build());
  }
}
