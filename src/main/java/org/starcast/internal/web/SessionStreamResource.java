package org.starcast.internal.web;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.starcast.RefusedException;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.http.FormData;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.security.TopicAccess;

/**
 * {@code GET starcast/session?id=…} opens a stream that a page of the caller's own HTTP session was
 * given, see {@link SessionStreams}. There is nothing to switch on: without such a page it has
 * nothing to give. An id that is not of the caller's session is answered by 403, and so is one that
 * somebody else was logged in for; by 401 if nobody is any more. What is behind an id the
 * application has decided: nothing but the denial of a {@link
 * org.starcast.security.TopicAuthorizer} is asked for besides.
 */
@Path("starcast/session")
@ApplicationScoped
public class SessionStreamResource {

  /** The type of the clients. */
  static final String TYPE = "session";

  private static final Set<String> PARAMETERS = Set.of("id", "lastEventId", "resume");

  private final SseBroadcaster broadcaster;
  private final RecentRefusals refusals;
  private final EndpointGuard guard;

  /** For the container's proxy. */
  public SessionStreamResource() {
    this(null, null, null, null);
  }

  /** The beans it serves; public, as JAX-RS asks for (Jakarta REST 3.1, section 3.1.2). */
  @Inject
  public SessionStreamResource(
      SseBroadcaster broadcaster,
      StarcastConfig config,
      TopicAccess access,
      RecentRefusals refusals) {
    this.broadcaster = broadcaster;
    this.refusals = refusals;
    this.guard = new EndpointGuard(config, access);
  }

  /** Opens the stream. */
  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @Operation(hidden = true)
  public void stream(
      @Context SseEventSink sink,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    SessionStreams.Stream stream;
    HttpSession session;
    try {
      guard.check(request, response);
      Map<String, List<String>> query = FormData.parameters(request, PARAMETERS);
      Parameters.knownOrForeign(query.keySet(), PARAMETERS);
      Parameters.required(query, "id");
      session = request.getSession(false); // before it is looked into: it may end meanwhile
      stream = find(request, Parameters.single(query, "id"));
    } catch (WebApplicationException e) {
      refusals.add(e, request, Origins.of(request));
      throw e;
    }
    Subscription subscription = Subscription.to(stream.topics().toArray(String[]::new)).type(TYPE);
    if (stream.user() != null) {
      subscription = subscription.user(stream.user());
    }
    try {
      SessionStreams.opened(session, broadcaster.register(sink, subscription));
    } catch (IllegalArgumentException e) {
      throw refusals.answered(e, Parameters.badRequest("topic", e), request, stream.topics());
    }
  }

  private static SessionStreams.Stream find(HttpServletRequest request, String id) {
    SessionStreams.Stream stream =
        SessionStreams.find(request, id)
            .orElseThrow(
                () -> RefusedException.forbidden(true, "id: is not one of the caller's session"));
    if (!SessionStreams.isOfCaller(stream, request)) {
      throw RefusedException.forbidden(
          request.getUserPrincipal() != null, "id: is not one of who is logged in");
    }
    return stream;
  }
}
