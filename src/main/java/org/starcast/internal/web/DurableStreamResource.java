package org.starcast.internal.web;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.OPTIONS;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.InputStream;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.durable.DurableStream;
import org.starcast.internal.durable.DurableStream.Slice;
import org.starcast.internal.durable.DurableStreams;
import org.starcast.internal.durable.LiveReader;
import org.starcast.internal.durable.Offset;
import org.starcast.internal.durable.Operation;
import org.starcast.internal.durable.Outcome;
import org.starcast.internal.durable.WaitingPolls;
import org.starcast.internal.http.FormData;
import org.starcast.internal.http.Problem;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.web.EndpointGuard.Switch;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.security.TopicAccess;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;

/**
 * The Durable Streams protocol, at {@code starcast/durable/<topic>}; off by default ({@code
 * starcast.endpoint.durable-streams.enabled}). Who may subscribe to the topic may read; to create,
 * append, close and delete somebody has to permit, by a rule or an authorizer, to publish to it.
 */
@Path("starcast/durable")
@ApplicationScoped
public class DurableStreamResource {

  private static final String METHODS = "GET, HEAD, PUT, POST, DELETE, OPTIONS";
  private static final Set<String> PARAMETERS = Set.of("offset", "live", "cursor");

  /** What a page asks for as this would run, or be applied, with the rights of this origin. */
  private static final Set<String> ACTIVE =
      Set.of(
          "script",
          "style",
          "worker",
          "sharedworker",
          "serviceworker",
          "audioworklet",
          "paintworklet",
          "xslt");

  /** What pages of other origins, if they are listed, may see. */
  private static final String EXPOSED =
      "Location, ETag, Retry-After, Stream-Next-Offset, Stream-Cursor, Stream-Up-To-Date,"
          + " Stream-Closed, Stream-TTL, Stream-Expires-At, Stream-SSE-Data-Encoding,"
          + " Producer-Epoch, Producer-Seq, Producer-Expected-Seq, Producer-Received-Seq";

  /** How much one answer has at most, or one append. */
  static final int MOST_BYTES = 256 << 10;

  /** The same of an event. */
  private static final int MOST_EVENT_BYTES = 16 << 10;

  private final DurableStreams streams;
  private final SseStreams sse;
  private final StarcastConfig config;
  private final TopicAccess access;
  private final RecentRefusals refusals;
  private final EndpointGuard guard;
  private final Executor sends;
  private final WaitingPolls polls;

  /** For the container's proxy. */
  public DurableStreamResource() {
    this(null, null, null, null, null, (Executor) null);
  }

  /** The beans it serves; public, as JAX-RS asks for (Jakarta REST 3.1, section 3.1.2). */
  @Inject
  public DurableStreamResource(
      DurableStreams streams,
      SseStreams sse,
      StarcastConfig config,
      TopicAccess access,
      RecentRefusals refusals,
      ContainerExecutors executors) {
    this(streams, sse, config, access, refusals, executors.sends());
  }

  private DurableStreamResource(
      DurableStreams streams,
      SseStreams sse,
      StarcastConfig config,
      TopicAccess access,
      RecentRefusals refusals,
      Executor sends) {
    this.streams = streams;
    this.sse = sse;
    this.config = config;
    this.access = access;
    this.refusals = refusals;
    this.guard = new EndpointGuard(config, access);
    this.sends = sends;
    this.polls = config == null ? null : new WaitingPolls(config.limits());
  }

  /** What serves a request: whether it is for events its header does not say. */
  @Path("{id: .+}")
  public Object stream(@PathParam("id") String id, @QueryParam("live") String live) {
    return "sse".equals(live) ? new Live(this, id) : new Plain(this, id);
  }

  // ---- what all requests have in common

  private void enter(
      String id, Action action, HttpServletRequest request, HttpServletResponse response) {
    response.setHeader("X-Content-Type-Options", "nosniff");
    // whoever may write decides what it is: nothing that runs with the rights of this origin
    response.setHeader("Content-Security-Policy", "sandbox; default-src 'none'");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    try {
      guard.enter(Switch.DURABLE_STREAMS, request, response);
      if (response.containsHeader("Access-Control-Allow-Origin")) {
        response.setHeader("Access-Control-Expose-Headers", EXPOSED);
      }
      String use = request.getHeader("Sec-Fetch-Dest");
      if (use != null && ACTIVE.contains(use)) {
        throw Problem.exception(403, "Sec-Fetch-Dest: what clients wrote is no part of a page");
      }
      Parameters.checked("stream", () -> TopicName.check(id));
      if (LibraryEvents.isOwnTopic(id)) {
        throw Problem.badRequest("stream: those that begin with starcast. are the library's own");
      }
      if (action == Action.SUBSCRIBE) {
        access.require(request, action, id);
      } else {
        access.requirePermit(request, action, id);
      }
    } catch (WebApplicationException e) {
      refusals.add(e, request, List.of(id));
      throw e;
    }
  }

  private DurableStream find(String id) {
    DurableStream stream = streams.find(id);
    if (stream == null) {
      throw Problem.exception(404, "stream: there is none of this id");
    }
    return stream;
  }

  /** Where a request reads from; -1 where it does not say so. */
  private Offset place(DurableStream stream, Map<String, List<String>> query) {
    String text = Parameters.single(query, "offset");
    Offset place = Parameters.checked("offset", () -> stream.place(text == null ? "-1" : text));
    if (place == null) {
      throw Problem.exception(410, "offset: is of another stream that had this id");
    }
    if (streams.isUnknown(stream, place)) {
      throw Problem.badRequest("offset: is not one that this server gave");
    }
    return place;
  }

  // ---- writing

  /** The body; null for none. */
  private byte[] read(InputStream body) {
    int most = config.limits().messageBytes();
    byte[] bytes = EndpointResource.read(body, most + 1);
    if (bytes.length > most) {
      throw tooLarge();
    }
    return bytes.length == 0 ? null : bytes;
  }

  private WebApplicationException tooLarge() {
    return Problem.exception(
        413, "body: is larger than starcast.message.max-bytes, encoded, allows for one event");
  }

  private static void answer(
      AsyncResponse async, CompletionStage<Outcome> outcome, Map<String, String> more) {
    outcome.whenComplete(
        (done, failure) ->
            async.resume(
                failure == null ? answer(done, more) : EndpointResource.notStored().getResponse()));
  }

  private static Response answer(Outcome outcome, Map<String, String> more) {
    Response.ResponseBuilder answer =
        outcome.isAccepted()
            ? Response.status(outcome.status())
            : Problem.of(outcome.status(), outcome.problem());
    outcome.headers().forEach(answer::header);
    if (outcome.isAccepted()) {
      more.forEach(answer::header);
    }
    return answer.build();
  }

  /** Requests but those for events. */
  public static final class Plain {
    private final DurableStreamResource all;
    private final String id;

    Plain(DurableStreamResource all, String id) {
      this.all = all;
      this.id = id;
    }

    /** Creates the stream. */
    @PUT
    public void create(
        InputStream body,
        @Suspended AsyncResponse async,
        @Context UriInfo uri,
        @Context HttpServletRequest request,
        @Context HttpServletResponse response) {
      all.enter(id, Action.PUBLISH, request, response);
      if (request.getHeader("Stream-Forked-From") != null
          || request.getHeader("Stream-Fork-Sub-Offset") != null) {
        throw Problem.exception(501, "Stream-Forked-From: there are no forks here");
      }
      Operation creation = DurableWrites.creation(request, all.read(body));
      Map<String, String> more =
          Map.of(
              HttpHeaders.CONTENT_TYPE,
              creation.type(),
              HttpHeaders.LOCATION,
              uri.getAbsolutePath().toString());
      submit(() -> all.streams.create(id, creation), async, more);
    }

    /** Appends, closes, or both. */
    @POST
    public void append(
        InputStream body,
        @Suspended AsyncResponse async,
        @Context HttpServletRequest request,
        @Context HttpServletResponse response) {
      all.enter(id, Action.PUBLISH, request, response);
      DurableStream stream = all.find(id);
      Operation append = DurableWrites.append(stream, request, all.read(body));
      submit(() -> all.streams.append(stream, append), async, Map.of());
    }

    private void submit(
        Supplier<CompletionStage<Outcome>> write, AsyncResponse async, Map<String, String> more) {
      CompletionStage<Outcome> outcome;
      try {
        outcome = write.get();
      } catch (IllegalArgumentException e) {
        throw all.tooLarge();
      }
      answer(async, outcome, more);
    }

    /** Deletes the stream. */
    @DELETE
    public void delete(
        @Suspended AsyncResponse async,
        @Context HttpServletRequest request,
        @Context HttpServletResponse response) {
      all.enter(id, Action.PUBLISH, request, response);
      answer(async, all.streams.delete(all.find(id)), Map.of());
    }

    /** How the stream stands. */
    @HEAD
    public Response head(
        @Context HttpServletRequest request, @Context HttpServletResponse response) {
      all.enter(id, Action.SUBSCRIBE, request, response);
      DurableStream stream = all.find(id);
      Response.ResponseBuilder answer =
          Response.ok().header(HttpHeaders.CONTENT_TYPE, stream.type());
      stream.headers().forEach(answer::header);
      if (stream.ttl() != null) {
        answer.header("Stream-TTL", stream.ttl());
      }
      if (stream.expires() != null) {
        answer.header("Stream-Expires-At", stream.expires());
      }
      return answer.build();
    }

    /** Reads what is there, or waits until there is something. */
    @GET
    public void read(
        @Suspended AsyncResponse async,
        @Context HttpServletRequest request,
        @Context HttpServletResponse response) {
      all.enter(id, Action.SUBSCRIBE, request, response);
      Map<String, List<String>> query = FormData.parameters(request, PARAMETERS);
      DurableStream stream = all.find(id);
      Offset from = all.place(stream, query);
      String offset = Parameters.single(query, "offset");
      String live = Parameters.single(query, "live");
      all.streams.touch(stream);
      if (live == null) {
        boolean isNow = "now".equals(offset);
        async.resume(
            isNow
                ? slice(stream, stream.read(from, 0)).build()
                : cacheable(stream, stream.read(from, MOST_BYTES), request, response));
      } else if (!live.equals("long-poll")) {
        throw Problem.badRequest("live: must be long-poll or sse");
      } else if (offset == null) {
        throw Problem.badRequest("offset: is missing");
      } else {
        String cursor = Parameters.single(query, "cursor");
        new DurablePoll(stream, from, cursor, async, all.sends, all.counted(request))
            .begin(all.config.durableStreams().pollTimeout());
      }
    }

    /** Answers the preflight request of a page of an origin that is listed. */
    @OPTIONS
    public Response options(
        @Context HttpServletRequest request, @Context HttpServletResponse response) {
      return all.guard.options(Switch.DURABLE_STREAMS, METHODS, request, response);
    }
  }

  // ---- reading

  static Response.ResponseBuilder slice(DurableStream stream, Slice slice) {
    Response.ResponseBuilder answer =
        Response.ok(slice.data())
            .header(HttpHeaders.CONTENT_TYPE, stream.type())
            .header("Stream-Next-Offset", slice.next());
    return flags(answer, slice);
  }

  static Response.ResponseBuilder flags(Response.ResponseBuilder answer, Slice slice) {
    if (slice.isUpToDate()) {
      answer.header("Stream-Up-To-Date", "true");
    }
    if (slice.isClosed()) {
      answer.header("Stream-Closed", "true");
    }
    return answer;
  }

  /** For the client's own cache, which asks each time. */
  private static Response cacheable(
      DurableStream stream, Slice slice, HttpServletRequest request, HttpServletResponse response) {
    response.setHeader(HttpHeaders.CACHE_CONTROL, "private, no-cache");
    String tag =
        "\"" + slice.from() + ":" + slice.next().sequence() + (slice.isClosed() ? ":c\"" : "\"");
    boolean isKnown = tag.equals(request.getHeader(HttpHeaders.IF_NONE_MATCH));
    Response.ResponseBuilder answer =
        isKnown
            ? flags(Response.notModified().header("Stream-Next-Offset", slice.next()), slice)
            : slice(stream, slice);
    return answer.header(HttpHeaders.ETAG, tag).build();
  }

  private Runnable counted(HttpServletRequest request) {
    Principal user = request.getUserPrincipal();
    Runnable left = polls.enter(user == null ? null : user.getName(), request.getRemoteAddr());
    if (left == null) {
      throw new WebApplicationException(
          Problem.of(429, "as many requests wait as clients may be, of this caller or in all")
              .header(HttpHeaders.RETRY_AFTER, 5)
              .build());
    }
    return left;
  }

  /** Requests for events. */
  public static final class Live {
    private final DurableStreamResource all;
    private final String id;

    Live(DurableStreamResource all, String id) {
      this.all = all;
      this.id = id;
    }

    /** As {@link Plain#options}. */
    @OPTIONS
    public Response options(
        @Context HttpServletRequest request, @Context HttpServletResponse response) {
      return all.guard.options(Switch.DURABLE_STREAMS, METHODS, request, response);
    }

    /** Sends what there is, and what comes. */
    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public void read(
        @Context SseEventSink sink,
        @Context HttpServletRequest request,
        @Context HttpServletResponse response) {
      all.enter(id, Action.SUBSCRIBE, request, response);
      Map<String, List<String>> query = FormData.parameters(request, PARAMETERS);
      DurableStream stream = all.find(id);
      Parameters.required(query, "offset");
      Offset from = all.place(stream, query);
      String cursor = Parameters.single(query, "cursor");
      all.streams.touch(stream);
      if (!Operation.isText(stream.type())) {
        response.setHeader("Stream-SSE-Data-Encoding", "base64");
      }
      int most = Math.min(MOST_EVENT_BYTES, all.config.limits().messageBytes() / 16);
      all.sse.stream(sink, Source.of(new LiveReader(stream, from, cursor, most)));
    }
  }
}
