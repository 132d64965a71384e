package org.starcast.internal.engine;

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
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.starcast.ClientEvent;
import org.starcast.MessageSource;
import org.starcast.PublishResult;
import org.starcast.RefusedException;
import org.starcast.SseBroadcaster;
import org.starcast.SseBroadcaster.RevokeResult;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.Health;
import org.starcast.SseStatistics.TopicCount;
import org.starcast.Subscription;
import org.starcast.datastar.DatastarSse;
import org.starcast.internal.backplane.BackplaneProducer.Chosen;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.cdi.Payloads;
import org.starcast.internal.cdi.TransactionalPublisher;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.security.AccessControl;
import org.starcast.internal.security.Grant;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.wire.EventId;
import org.starcast.spi.Backplane;
import org.starcast.spi.StoredEvent;

/**
 * The bean: what applications ask for, handed to the {@link DeliveryEngine} and, where nodes share
 * a backplane, to the other nodes.
 */
@ApplicationScoped
public class Broadcaster implements SseBroadcaster, TransactionalPublisher {

  private static final System.Logger LOG = System.getLogger(Broadcaster.class.getName());

  private final Payloads payloads;
  private final Instance<HttpServletRequest> request;
  private final AccessControl access;
  private final RecentRefusals refusals;
  private final DeliveryEngine engine;
  private final Peers peers;

  /** Null unless presence is on. */
  private final ResumeTokens tokens;

  /** For the container's proxy. */
  Broadcaster() {
    payloads = null;
    request = null;
    access = null;
    refusals = null;
    engine = null;
    peers = null;
    tokens = null;
  }

  @Inject
  Broadcaster(
      StarcastConfig config,
      Payloads payloads,
      Instance<HttpServletRequest> request,
      Instance<Tracing> tracing,
      AccessControl access,
      RecentRefusals refusals,
      ContainerExecutors executors,
      @Chosen Backplane backplane,
      ClusterBus bus,
      Instance<StreamListener> streams,
      Event<ClientEvent> clientEvents,
      Event<PublishResult.Failure> failures) {
    this.payloads = payloads;
    this.request = request;
    this.access = access;
    this.refusals = refusals;
    this.tokens = config.presence().enabled() ? new ResumeTokens() : null;
    Told told = new Told(clientEvents, failures, bus, streams.stream().toList());
    Executor executor = executors.executor();
    this.peers =
        new Peers(
            bus,
            config.limits().messageBytes(),
            new Here(),
            (message, failure) -> unsent(executor, told, message, failure));
    this.engine =
        new DeliveryEngine(
            config,
            backplane,
            executors.threadFactory(),
            executor,
            executors.sends(),
            payloads::toText,
            config.log().reloadAfterGap() ? DatastarSse.reload() : null,
            tracing.isResolvable() ? tracing.get() : null,
            told);
  }

  private static void unsent(Executor executor, Told told, SseMessage message, Throwable failure) {
    try {
      executor.execute(() -> told.unsent(message, failure));
    } catch (RejectedExecutionException e) {
      LogMessage.MESSAGE_LOST.log(LOG, failure);
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

  @Override
  public SseClient register(SseEventSink sink, Subscription subscription) {
    HttpServletRequest caller = request.isResolvable() ? request.get() : null;
    boolean nameless = tokens != null && isNameless(subscription, caller);
    Subscription recognized = nameless ? tokens.recognize(subscription, caller) : subscription;
    try {
      SseClient client =
          engine.register(sink, recognized, caller, grant(caller, subscription.isGuarded()));
      if (nameless) {
        engine.direct().sendToken((Client) client, tokens.greeting(client));
      }
      return client;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (RefusedException | IllegalArgumentException | IllegalStateException e) {
      refusals.add(e, caller, subscription.topics().keySet());
      throw e;
    }
  }

  private Grant grant(HttpServletRequest caller, boolean guarded) {
    try {
      return access.grant(access.caller(caller), guarded);
    } catch (RefusedException e) {
      engine.refused(RefusedException.Reason.FORBIDDEN, e.getMessage());
      throw e;
    }
  }

  /** Whether presence knows the client by nothing but its id. */
  private static boolean isNameless(Subscription subscription, HttpServletRequest caller) {
    return !subscription.topics().isEmpty()
        && subscription.user().isEmpty()
        && (caller == null || caller.getUserPrincipal() == null);
  }

  @Override
  public PublishResult publish(String topic, Object payload) {
    if (payload == null) {
      throw new NullPointerException("payload: must not be null, for the topic \"" + topic + "\"");
    }
    return publish(payloads.toMessage(payload).toBuilder().topic(topic).build());
  }

  @Override
  public PublishResult publish(MessageSource source) {
    SseMessage message = source.toSseMessage();
    return engine.publish(message, message.except());
  }

  @Override
  public boolean isTransactional() {
    return engine.isTransactional();
  }

  @Override
  public void publishInTransaction(List<SseMessage> messages) {
    engine.publishInTransaction(messages);
  }

  @Override
  public void committed() {
    engine.committed();
  }

  @Override
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

  @Override
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
    for (SseClient client : engine.allClients()) {
      if (client.user().equals(user) && client.send(made)) {
        taken++;
      }
    }
    return taken;
  }

  @Override
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

  @Override
  public RevokeResult revokeTopic(String pattern) {
    int closed = revokeHere(CompiledPattern.of(pattern));
    return new RevokeResult(closed, peers.revokeTopic(pattern));
  }

  private int revokeHere(CompiledPattern revoked) {
    return engine.revoke(
        client ->
            client.subscription().topics().keySet().stream()
                .anyMatch(heard -> CompiledPattern.of(heard).overlaps(revoked)));
  }

  @Override
  public Optional<SseClient> client(String clientId) {
    return Optional.ofNullable(engine.client(clientId));
  }

  @Override
  public List<SseClient> clients() {
    return engine.allClients();
  }

  @Override
  public List<SseClient> clientsOn(String topic) {
    return engine.clientsOn(topic);
  }

  @Override
  public int count() {
    return engine.count();
  }

  @Override
  public SseStatistics statistics() {
    return engine.statisticsSnapshot();
  }

  @Override
  public Health health() {
    return engine.health();
  }

  @Override
  public List<TopicCount> busiestTopics(int limit) {
    return engine.busiestTopics(limit);
  }

  @Override
  public List<SseMessage> history(int limit) {
    return engine.history(null, limit);
  }

  @Override
  public List<SseMessage> history(String pattern, int limit) {
    return engine.history(Objects.requireNonNull(pattern, "pattern"), limit);
  }

  @Override
  public String lastEventId() {
    return engine.lastEventId();
  }

  @Override
  public CompletionStage<Void> drain(Duration window) {
    return engine.drain(window, null, Duration.ZERO);
  }

  @Override
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
      revokeHere(CompiledPattern.of(pattern));
    }
  }

  /** Fires the events of the lifecycle, and hands commands on. */
  private record Told(
      Event<ClientEvent> events,
      Event<PublishResult.Failure> failures,
      ClusterBus bus,
      List<StreamListener> streams)
      implements EngineListener {

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
      PublishResult.Failure payload = new PublishResult.Failure(message, failure);
      failures.fireAsync(payload);
      failures.fire(payload);
    }

    /** As {@link #unpublished}, of a message to clients of other nodes. */
    private void unsent(SseMessage message, Throwable failure) {
      try {
        unpublished(message, failure);
      } catch (RuntimeException e) {
        LogMessage.OBSERVER_FAILED.log(LOG, e);
      }
    }

    @Override
    public void commanded(EventId at, String type, byte[] body) {
      bus.received(at, type, body);
    }

    @Override
    public void stored(EventId at, String key) {
      bus.stored(at, key);
    }

    @Override
    public Runnable streamed(EventId at, StoredEvent event) {
      Runnable then = null;
      for (StreamListener listener : streams) {
        // a sender is of one of them
        Runnable its = listener.streamed(at, event);
        then = its == null ? then : its;
      }
      return then;
    }

    @Override
    public void commandsMissed(StreamHistories order) {
      bus.missed();
      streams.forEach(listener -> listener.missed(order));
    }

    @Override
    public void ending() {
      bus.end();
    }

    private static void fire(Event<ClientEvent> event, ClientEvent payload) {
      event.fireAsync(payload);
      event.fire(payload);
    }
  }
}
