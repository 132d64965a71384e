package org.starcast;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.starcast.backplane.Backplane;
import org.starcast.backplane.Commands;
import org.starcast.cdi.ContainerExecutors;
import org.starcast.cdi.Payloads;
import org.starcast.datastar.DatastarSse;
import org.starcast.delivery.DeliveryEngine;
import org.starcast.delivery.Tracing;
import org.starcast.log.LoggedEvent;
import org.starcast.presence.Presence;
import org.starcast.security.Grant;
import org.starcast.security.TopicAccess;
import org.starcast.topic.TopicPattern;

/**
 * The registry of clients, and the way to publish to them. Inject it anywhere; thread-safe.
 *
 * <pre>{@code
 * @GET
 * @Path("orders")
 * @Produces(MediaType.SERVER_SENT_EVENTS)
 * public void orders(@Context SseEventSink sink) {
 *   broadcaster.register(sink, Subscription.to("orders.*").mute("orders.debug"));
 * }
 * }</pre>
 *
 * <p>Events come from CDI ({@link Topic}) or from {@link #publish}. No method waits for a client:
 * publishing appends to bounded queues and returns, and what a client fails at closes that client
 * alone. All clients get all published events that they match in the same order.
 *
 * @see Subscription
 * @see SseClient
 * @see ClientEvent
 */
@ApplicationScoped
public class SseBroadcaster {

  private static final System.Logger LOG = System.getLogger(SseBroadcaster.class.getName());
  private static final String UNSENT = "STARCAST-1054: a message did not reach the other nodes";

  private final StarcastConfig config;
  private final Payloads payloads;
  private final Instance<HttpServletRequest> request;
  private final TopicAccess access;
  private final DeliveryEngine engine;
  private final Peers peers;

  /** Null unless presence is on. */
  private final ResumeTokens tokens;

  /** For the container's proxy. */
  SseBroadcaster() {
    config = null;
    payloads = null;
    request = null;
    access = null;
    engine = null;
    peers = null;
    tokens = null;
  }

  @Inject
  SseBroadcaster(
      StarcastConfig config,
      Payloads payloads,
      Instance<HttpServletRequest> request,
      Instance<Tracing> tracing,
      TopicAccess access,
      ContainerExecutors executors,
      Instance<Backplane> backplane,
      Commands commands,
      Event<ClientEvent> clientEvents,
      Event<PublishFailure> failures) {
    this.config = config;
    this.payloads = payloads;
    this.request = request;
    this.access = access;
    this.tokens = config.presence() ? new ResumeTokens() : null;
    Backplane order = backplane.isResolvable() ? backplane.get() : Backplane.of(config);
    commands.bind(order);
    Told told = new Told(clientEvents, failures, commands);
    this.peers =
        new Peers(
            commands,
            config.messageBytes(),
            new Here(),
            (message, failure) -> unsent(executors.executor(), told, message, failure));
    this.engine =
        new DeliveryEngine(
            config,
            order,
            executors.threadFactory(),
            executors.executor(),
            executors.sends(),
            payloads::toText,
            config.gapReload() ? DatastarSse.reload() : null,
            tracing.isResolvable() ? tracing.get() : null,
            told);
  }

  private static void unsent(Executor executor, Told told, SseMessage message, Throwable failure) {
    try {
      executor.execute(() -> told.unsent(message, failure));
    } catch (RejectedExecutionException e) {
      LOG.log(System.Logger.Level.WARNING, UNSENT, failure);
    }
  }

  /** Starts with the application, so that its first client finds it ready. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    engine.started();
  }

  /** Ends while the server still takes bytes for the clients. */
  void stop(@Observes @BeforeDestroyed(ApplicationScoped.class) Object application) {
    close();
  }

  @PreDestroy
  void close() {
    engine.stop();
  }

  /**
   * Takes over a sink: call it in the resource method that JAX-RS injected the sink into, on its
   * thread, and leave the sink alone from then on. The response is opened at once. A client that
   * comes back goes on where its {@code Last-Event-ID} header, or else the query parameter {@code
   * lastEventId}, says; see {@link Subscription#resumeFrom}.
   *
   * <p>With {@code starcast.presence.enabled}, a client that has topics, but neither a {@linkplain
   * Subscription#user(String) user} nor an authenticated caller, is sent an event {@code
   * starcast-client}, <code>{"id":…,"resume":…}</code>. Given back as the query parameter {@code
   * resume}, that token makes a later client the same user; one that is not valid is ignored. It
   * holds until the application ends.
   *
   * <p>Who may hear what is asked now, when the client subscribes to more, and for each event that
   * is replayed to it, see {@link Subscription#guarded()}. Where the caller is known by a
   * MicroProfile JWT, the stream ends when that expires.
   *
   * <p>HEAD is answered by the head of the stream's response and has no client: the method is then
   * left by a {@code WebApplicationException}. Should the resource method fail, or close the sink,
   * after this, its stream ends.
   *
   * @return the client, through which its stream can be changed, written to and closed
   * @throws RefusedException if a limit is reached, the application is stopping, or the caller may
   *     not hear what it asks for; it answers the request by 429, 503, 401 or 403
   * @throws IllegalArgumentException if the subscription has more patterns than {@code
   *     starcast.max-patterns-per-client}, or with presence more topics than {@code
   *     starcast.presence.max-topics-per-client}, or its client id is in use
   * @throws IllegalStateException if the resource method does not produce an event stream, or a
   *     filter before it has no asynchronous support, or encodes the response in its own way
   * @throws UncheckedIOException if the response cannot be opened
   */
  public SseClient register(SseEventSink sink, Subscription subscription) {
    Presence.checkTopics(config, subscription.topics().keySet());
    HttpServletRequest caller = request.isResolvable() ? request.get() : null;
    boolean nameless = tokens != null && isNameless(subscription, caller);
    Subscription recognized = nameless ? tokens.recognize(subscription, caller) : subscription;
    try {
      SseClient client =
          engine.register(sink, recognized, caller, grant(caller, subscription.isGuarded()));
      if (nameless) {
        client.send(tokens.message(client));
      }
      return client;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Grant grant(HttpServletRequest caller, boolean guarded) {
    try {
      return access.grant(access.caller(caller), guarded);
    } catch (RefusedException e) {
      engine.refused(RefusalReason.FORBIDDEN);
      throw e;
    }
  }

  /** Whether presence knows the client by nothing but its id. */
  private static boolean isNameless(Subscription subscription, HttpServletRequest caller) {
    return !subscription.topics().isEmpty()
        && subscription.user().isEmpty()
        && (caller == null || caller.getUserPrincipal() == null);
  }

  /**
   * Publishes to the clients whose subscription matches, or to all if the message has no topic; at
   * once, also in a JTA transaction, whatever becomes of that.
   *
   * @return what became of it
   * @throws IllegalArgumentException if the message is larger than {@code
   *     starcast.message.max-bytes}, or its data cannot be turned into JSON
   */
  public PublishResult publish(MessageSource message) {
    return broadcast(message, Set.of());
  }

  /**
   * Publishes a payload to a topic, as firing it with {@link Topic} does outside of a transaction;
   * see {@link PayloadEncoder} for what payloads become.
   *
   * @throws IllegalArgumentException as {@link #publish(MessageSource)}, or if the topic is
   *     malformed
   */
  public PublishResult publish(String topic, Object payload) {
    if (payload == null) {
      throw new NullPointerException("payload: must not be null, for the topic \"" + topic + "\"");
    }
    return publish(payloads.toMessage(payload).toBuilder().topic(topic).build());
  }

  /** Starts a message, which {@link Publication#send()} publishes. */
  public Publication publish() {
    return new Publication(this);
  }

  /**
   * Publishes as {@link #publish(MessageSource)}, but not to some clients: the one who caused it,
   * say.
   *
   * @param exceptClientIds ids of the clients to leave out, 256 at most; unknown ones are ignored
   * @throws IllegalArgumentException as {@link #publish(MessageSource)}, or if there are more
   */
  public PublishResult broadcast(MessageSource message, Collection<String> exceptClientIds) {
    return engine.publish(message.toSseMessage(), exceptClientIds);
  }

  /**
   * Sends to one client, behind what already waits for it. Where nodes share a backplane, to a
   * client of any of them.
   *
   * @return false if the client is unknown, or did not take it, see {@link SseClient#send}; true if
   *     it did, or if the message is on its way to the other nodes, one of which may have the
   *     client. If it turns out later that it does not reach them, a {@link PublishFailure} says so
   * @throws org.starcast.backplane.BackplaneException if it is not on its way, as the broker is
   *     away, say
   */
  public boolean send(String clientId, MessageSource message) {
    SseClient client = engine.client(clientId);
    if (client != null) {
      return client.send(message);
    }
    if (!peers.exist()) {
      return false;
    }
    peers.send(clientId, payloads.toMessage(message));
    return true;
  }

  /**
   * Sends to all clients of a {@linkplain SseClient#user() user}, behind what already waits for
   * them; those of other nodes that share the backplane included. Takes time in proportion to all
   * clients there are: what is sent to users all the time is better published on a topic of each
   * user's own.
   *
   * @return how many took it, of this node. If it turns out later that it does not reach the
   *     others, a {@link PublishFailure} says so
   * @throws org.starcast.backplane.BackplaneException if it is not on its way to the other nodes,
   *     as the broker is away, say; this node's clients have it
   */
  public int sendToUser(String user, MessageSource message) {
    SseMessage made = payloads.toMessage(message);
    int taken = sendHere(user, made);
    if (peers.exist()) {
      peers.sendToUser(user, made);
    }
    return taken;
  }

  private int sendHere(String user, SseMessage made) {
    int taken = 0;
    for (SseClient client : engine.clients()) {
      if (client.user().equals(user) && client.send(made)) {
        taken++;
      }
    }
    return taken;
  }

  /**
   * Closes the clients of an authenticated caller, or of a {@linkplain Subscription#user(String)
   * user} that the application named, at once: what still waits for them is not written. A browser
   * comes back by itself, and is then asked anew who it is and what it may hear; so first take away
   * the permission, then revoke. The other nodes that share the backplane do the same as soon as
   * they learn of it, see {@link RevokeResult#everywhere}.
   *
   * @return what this node did, and when the others are certain to
   */
  public RevokeResult revoke(String principal) {
    Objects.requireNonNull(principal, "principal");
    int closed = revokeHere(principal);
    return new RevokeResult(closed, peers.revoke(principal));
  }

  private int revokeHere(String principal) {
    return engine.revoke(
        client ->
            client.principal().filter(principal::equals).isPresent()
                || client.subscription().user().filter(principal::equals).isPresent());
  }

  /**
   * Closes the clients that could hear a topic which matches, as {@link #revoke}.
   *
   * @return as {@link #revoke}
   * @throws IllegalArgumentException if the pattern is malformed
   */
  public RevokeResult revokeTopic(String pattern) {
    int closed = revokeHere(TopicPattern.of(pattern));
    return new RevokeResult(closed, peers.revokeTopic(pattern));
  }

  private int revokeHere(TopicPattern revoked) {
    return engine.revoke(
        client ->
            client.subscription().topics().keySet().stream()
                .anyMatch(heard -> TopicPattern.of(heard).overlaps(revoked)));
  }

  /** The client with this id, if its stream is not closed. */
  public Optional<SseClient> client(String clientId) {
    return Optional.ofNullable(engine.client(clientId));
  }

  /** All clients, as of now. */
  public List<SseClient> clients() {
    return engine.clients();
  }

  /** The clients of this {@linkplain Subscription#type(String) type}. */
  public List<SseClient> clients(String type) {
    return clients().stream().filter(client -> client.type().equals(type)).toList();
  }

  /** The clients that a message on this topic would reach, whoever sends it. */
  public List<SseClient> clientsOn(String topic) {
    return engine.clientsOn(topic);
  }

  /** How many clients there are. */
  public int count() {
    return engine.count();
  }

  /** What happened so far, and how it stands. */
  public BroadcastStatistics statistics() {
    return engine.statisticsSnapshot();
  }

  /** Whether clients are taken, and whether the threads that write to them go on. */
  public BroadcastHealth health() {
    return engine.health();
  }

  /**
   * The topics with the most events since the start, most first, as far as is known: a topic comes
   * to notice when it is among the busier ones, and its counts begin then. At most 512 are known.
   *
   * @param limit the most topics
   * @throws IllegalArgumentException if the limit is negative
   */
  public List<TopicCount> busiestTopics(int limit) {
    return engine.busiestTopics(limit);
  }

  /**
   * The latest events, oldest first, as far as the log goes; each with the id that it has on the
   * wire, and its data as text.
   *
   * @param limit the most events; 0 gives none
   * @throws IllegalArgumentException if the limit is negative
   */
  public List<SseMessage> history(int limit) {
    return engine.history(null, limit);
  }

  /**
   * The latest events that have a topic which matches, as {@link #history(int)}.
   *
   * @throws IllegalArgumentException if the pattern is malformed or the limit negative
   */
  public List<SseMessage> history(String pattern, int limit) {
    return engine.history(Objects.requireNonNull(pattern, "pattern"), limit);
  }

  /**
   * The id of the last published event, {@code <epoch>-<sequence>}. Put into a page that shows the
   * state of now, as {@code lastEventId} of the stream that it opens, it closes the gap between the
   * two: what is published after this call is in the stream.
   */
  public String lastEventId() {
    return engine.lastEventId();
  }

  /**
   * Sends all clients away, evenly spread over the window, each with a jittered {@code retry:}; new
   * ones are refused with 503 from now on, for good. Also done when the application stops, over
   * {@code starcast.drain-window}.
   *
   * @return done when the last client is gone
   */
  public CompletionStage<Void> drain(Duration window) {
    return engine.drain(window, null, Duration.ZERO);
  }

  /**
   * As {@link #drain(Duration)}, after a message to all and time for the streams to end by
   * themselves.
   *
   * @param farewell what all clients get first
   * @param grace how long after it the first stream is ended
   */
  public CompletionStage<Void> drain(Duration window, MessageSource farewell, Duration grace) {
    return engine.drain(window, farewell.toSseMessage(), grace);
  }

  /** What other nodes ask for. */
  private final class Here implements Peers.Local {

    @Override
    public void send(String clientId, SseMessage message) {
      SseClient client = engine.client(clientId);
      if (client != null) {
        client.send(message);
      }
    }

    @Override
    public void sendToUser(String user, SseMessage message) {
      sendHere(user, message);
    }

    @Override
    public void revoke(String principal) {
      revokeHere(principal);
    }

    @Override
    public void revokeTopic(String pattern) {
      revokeHere(TopicPattern.of(pattern));
    }
  }

  /** Fires the events of the lifecycle, and hands commands on. */
  private record Told(Event<ClientEvent> events, Event<PublishFailure> failures, Commands commands)
      implements DeliveryEngine.Lifecycle {

    @Override
    public void opened(SseClient client) {
      fire(events.select(ClientEvent.Opened.LITERAL), new ClientEvent(client, Optional.empty()));
    }

    @Override
    public void closed(SseClient client, CloseReason reason) {
      fire(events.select(ClientEvent.Closed.LITERAL), new ClientEvent(client, Optional.of(reason)));
    }

    @Override
    public void unpublished(SseMessage message, Throwable failure) {
      PublishFailure payload = new PublishFailure(message, failure);
      failures.fireAsync(payload);
      failures.fire(payload);
    }

    /** As {@link #unpublished}, of a message to clients of other nodes. */
    private void unsent(SseMessage message, Throwable failure) {
      try {
        unpublished(message, failure);
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.WARNING, "STARCAST-1055: an observer failed", e);
      }
    }

    @Override
    public void commanded(String type, byte[] body) {
      commands.received(type, body);
    }

    @Override
    public void received(LoggedEvent event) {
      commands.received(event);
    }

    @Override
    public void commandsMissed() {
      commands.missed();
    }

    @Override
    public void ending() {
      commands.end();
    }

    private static void fire(Event<ClientEvent> event, ClientEvent payload) {
      event.fireAsync(payload);
      event.fire(payload);
    }
  }
}
