package org.starcast.internal.engine;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.security.Principal;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.starcast.RefusedException;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.Subscription.LineSeparator;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.http.NoErrorException;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.security.Grant;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.writer.AcceptEncoding;
import org.starcast.internal.writer.Completions;
import org.starcast.internal.writer.PortableSinkWriter;
import org.starcast.internal.writer.ServletSinkWriter;
import org.starcast.internal.writer.SinkWriter;

/**
 * Takes over sinks: who may have a stream, where it begins in the history, and by which writer it
 * is written. Thread-safe.
 */
final class Registration {

  /** A subscription with more patterns times mutes is not looked at. */
  private static final int MAX_COMPARISONS = 100;

  private final DeliveryEngine engine;
  private final StarcastConfig config;
  private final AdmissionControl admission;
  private final Refusals refusals;
  private final History history;
  private final InitialStates states;
  private final Completions completions;
  private final Executor sends;
  private final SecureRandom random = new SecureRandom();
  private final AtomicInteger nextDrainer = new AtomicInteger();
  private final AtomicBoolean mutedReported = new AtomicBoolean();
  private final Set<String> writersReported = ConcurrentHashMap.newKeySet();

  /**
   * Takes sinks over for an engine.
   *
   * @param history what clients begin with; or null
   * @param states what those begin with whose subscription says so
   * @param completions ends the responses
   * @param sends runs the writes that may block
   */
  Registration(
      DeliveryEngine engine,
      AdmissionControl admission,
      Refusals refusals,
      History history,
      InitialStates states,
      Completions completions,
      Executor sends) {
    this.engine = engine;
    this.config = engine.config();
    this.admission = admission;
    this.refusals = refusals;
    this.history = history;
    this.states = states;
    this.completions = completions;
    this.sends = sends;
  }

  /** What a request says of who makes it; nothing where there is no Servlet container. */
  private record Origin(String principal, String address, boolean servlet, boolean gzip) {}

  private Origin origin(SseEventSink sink, HttpServletRequest request, Subscription subscription) {
    if (request == null) {
      return new Origin(null, null, false, false);
    }
    boolean servlet =
        !config.writer().type().equals("portable")
            && request.isAsyncStarted()
            && ServletSinkWriter.knows(sink.getClass().getName());
    Principal user = request.getUserPrincipal();
    return new Origin(
        user == null ? null : user.getName(),
        AddressBlock.of(request.getRemoteAddr()),
        servlet,
        servlet
            && config.writer().gzip()
            && subscription.lineSeparator() == LineSeparator.LF
            && AcceptEncoding.gzip(request.getHeader("Accept-Encoding")));
  }

  /** See {@link DeliveryEngine#register(SseEventSink, Subscription, HttpServletRequest, Grant)}. */
  SseClient register(
      SseEventSink sink, Subscription subscription, HttpServletRequest request, Grant grant)
      throws IOException {
    SubscriptionLimits.check(subscription, config);
    SubscriptionLimits.checkPresence(subscription, config);
    checkRequest(sink, request);
    reportIfMuted(subscription);
    Origin origin = origin(sink, request, subscription);
    if (request != null && "HEAD".equals(request.getMethod())) {
      check(grant, subscription);
      throw answerHead(sink, request, subscription, origin);
    }
    admit(origin);
    Client client = null;
    boolean registered = false;
    try {
      if (subscription.initial().isPresent()) {
        // before the application makes anything for it
        check(grant, subscription);
      }
      client = client(subscription, origin, grant);
      // first: a message without topics is offered to all that are registered
      begin(client, subscription, request);
      engine.clients().add(client);
      registered = true;
      engine.order().restartIfLate(client);
      // after it can be found: what is revoked from now on is seen either here or there
      check(grant, subscription);
      subscribe(client, subscription);
      if (history == null && subscription.initial().isPresent()) {
        // what is published meanwhile waits behind it
        client.greeting = state(subscription).greeting(engine.frames(), true);
      }
      SinkWriter writer = writer(sink, request, subscription, origin, client);
      if (!client.writer(writer)) {
        writer.abort();
        throw stopping();
      }
      writer.start();
    } catch (IOException | RuntimeException e) {
      if (registered) {
        engine.clients().abandon(client);
      } else {
        admission.release(origin.principal, origin.address);
      }
      throw e;
    }
    if (client.state() == SseClient.State.CLOSED) {
      // it was closed while it was being indexed
      engine.clients().unsubscribe(client);
    }
    // at once: it says itself when it wants to be asked again
    engine.wheel().schedule(client, 0);
    if (engine.isDraining()) {
      // who drains may have looked before this one could be found
      client.closeAfterDrain(CloseReason.DRAIN, engine.frames().farewell());
    }
    return client;
  }

  /** Says what keeps the runtime from a stream, where that would show in an empty answer only. */
  private void checkRequest(SseEventSink sink, HttpServletRequest request) {
    boolean taken = request != null && ServletSinkWriter.isTaken(request);
    if (sink != null && sink.isClosed() && !taken) {
      String problem =
          "sink: is closed already; register it while it is open, and leave it alone from then on";
      // not every runtime logs what is thrown then
      LogMessage.NOT_WRITABLE.log(engine.log(), problem);
      throw new IllegalStateException(problem);
    }
    boolean known = sink == null || ServletSinkWriter.knows(sink.getClass().getName());
    if (sink != null && (!known || request == null || request.isAsyncStarted())) {
      return;
    }
    throw new IllegalStateException(
        request == null || request.isAsyncSupported()
            ? "sink: the resource method does not stream; annotate it with"
                + " @Produces(MediaType.SERVER_SENT_EVENTS)"
            : "sink: a servlet or filter on the way to the resource has no asyncSupported=true");
  }

  /** Says once that a client has muted all that it asks for, which it would take for silence. */
  private void reportIfMuted(Subscription subscription) {
    int comparisons = subscription.topics().size() * subscription.muted().size();
    if (comparisons == 0 || comparisons > MAX_COMPARISONS || mutedReported.get()) {
      return;
    }
    List<CompiledPattern> muted = subscription.muted().stream().map(CompiledPattern::of).toList();
    boolean all =
        subscription.topics().keySet().stream()
            .map(CompiledPattern::of)
            .allMatch(topic -> muted.stream().anyMatch(mute -> mute.contains(topic)));
    if (all && mutedReported.compareAndSet(false, true)) {
      LogMessage.ALL_MUTED.log(engine.log(), subscription.type());
    }
  }

  private NoErrorException answerHead(
      SseEventSink sink, HttpServletRequest request, Subscription subscription, Origin origin)
      throws IOException {
    return origin.servlet
        ? ServletSinkWriter.answerHead(
            sink, request, origin.gzip, subscription.lineSeparator(), completions)
        : new NoErrorException(Response.ok().type(MediaType.SERVER_SENT_EVENTS_TYPE).build());
  }

  private void admit(Origin origin) {
    if (engine.isDraining()) {
      throw stopping();
    }
    if (!engine.order().isReady()) {
      throw admission.refuse(
          RefusedException.Reason.BACKPLANE, 503, "the node has not reached its backplane yet", 2);
    }
    if (engine.notifier().isOverloaded()) {
      throw admission.refuse(
          RefusedException.Reason.CLIENTS,
          503,
          "too many client events wait for their observers",
          10);
    }
    admission.admit(origin.principal, origin.address);
    if (engine.isDraining()) {
      // who drains may have looked before this one was counted
      admission.release(origin.principal, origin.address);
      throw stopping();
    }
  }

  private RefusedException stopping() {
    return admission.refuse(
        RefusedException.Reason.DRAINING, 503, "the application is stopping", 2);
  }

  private void check(Grant grant, Subscription subscription) {
    try {
      if (grant.expiry().filter(expiry -> !expiry.isAfter(Instant.now())).isPresent()) {
        throw RefusedException.forbidden(false, "the token has expired");
      }
      grant.check(subscription.topics().keySet(), subscription.muted());
    } catch (RefusedException e) {
      refusals.count(RefusedException.Reason.FORBIDDEN, e.getMessage());
      throw e;
    }
  }

  private Client client(Subscription subscription, Origin origin, Grant grant) {
    return new Client(
        engine,
        engine.loop(Math.floorMod(nextDrainer.getAndIncrement(), config.writer().drainThreads())),
        subscription.clientId().orElseGet(this::newClientId),
        subscription,
        origin.principal,
        origin.address,
        maxAge(),
        grant);
  }

  private String newClientId() {
    byte[] bits = new byte[16];
    random.nextBytes(bits);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
  }

  private long maxAge() {
    long age = config.writer().maxConnectionAge().toNanos();
    return age == 0 ? 0 : age - ThreadLocalRandom.current().nextLong(age / 5 + 1);
  }

  /**
   * A client begins by reading the log, be it only the end of it: so it misses nothing between the
   * id that it is told first and the events that it is offered. Until it is live it is in nobody's
   * way: what is published stays in the log for it.
   */
  private void begin(Client client, Subscription subscription, HttpServletRequest request) {
    if (history == null) {
      client.begin(engine.frames().greeting(null), engine.order().epoch(), null, 0);
      return;
    }
    // before the client is known to anybody
    History.Start start =
        history.start(
            subscription,
            request,
            new SubscriptionFilter(subscription, client.id(), client.grant()));
    if (start.asked()) {
      engine.statistics().increment(start.found() ? Metric.RESUMED : Metric.NOT_RESUMED);
    }
    if (!start.found() && subscription.initial().isPresent()) {
      beginWithState(client, subscription, start.asked());
      return;
    }
    EventId id = start.lastEventId();
    client.begin(engine.frames().greeting(id), start.epoch(), start.cursor(), start.firstOffered());
  }

  private void beginWithState(Client client, Subscription subscription, boolean asked) {
    SubscriptionFilter filter = new SubscriptionFilter(subscription, client.id(), client.grant());
    InitialStates.State state = state(subscription);
    History.Start start = history.startAfter(state.at(), filter, asked);
    if (start == null) {
      // one that others had made is too old where much is published; what this one is too late for
      // is a gap
      states.forget(subscription, state);
      state = state(subscription);
      start = history.startAfter(state.at(), filter, asked);
    }
    boolean whole = start != null && start.lastEventId() != null;
    if (start == null) {
      start = history.startBehindGap();
    }
    client.begin(
        state.greeting(engine.frames(), whole),
        start.epoch(),
        start.cursor(),
        start.firstOffered());
  }

  private InitialStates.State state(Subscription subscription) {
    try {
      return states.get(subscription);
    } catch (TimeoutException e) {
      throw admission.refuse(
          RefusedException.Reason.INITIAL, 503, "the state to begin with is still being made", 2);
    }
  }

  private void subscribe(Client client, Subscription subscription) {
    // mutes first: nothing that they keep away may slip through before
    engine.clients().mute(client, subscription.muted().toArray(String[]::new));
    subscription
        .topics()
        .forEach((pattern, senders) -> engine.clients().subscribe(client, pattern, senders));
  }

  private SinkWriter writer(
      SseEventSink sink,
      HttpServletRequest request,
      Subscription subscription,
      Origin origin,
      Client client)
      throws IOException {
    SinkWriter writer =
        origin.servlet
            ? ServletSinkWriter.open(
                sink,
                request,
                origin.gzip,
                subscription.lineSeparator(),
                completions,
                sends,
                config.writer().heartbeat(),
                client)
            : new PortableSinkWriter(sink, sends, client);
    if (writersReported.add(writer.name())) {
      LogMessage.WRITER.log(engine.log(), writer.name(), sink.getClass().getName());
    }
    return writer;
  }
}
