package org.starcast.internal.engine;

import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.RuntimeDelegate;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.security.Principal;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.starcast.BackplaneStatus;
import org.starcast.CloseReason;
import org.starcast.LineSeparator;
import org.starcast.MessageSource;
import org.starcast.PublishResult;
import org.starcast.RefusalReason;
import org.starcast.RefusedException;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.Health;
import org.starcast.SseStatistics.LatencyHistogram;
import org.starcast.SseStatistics.Metric;
import org.starcast.SseStatistics.TopicCount;
import org.starcast.Subscription;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.log.EventId;
import org.starcast.internal.security.Grant;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicIndex;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.Draft;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.Envelope;
import org.starcast.spi.LoggedEvent;

/**
 * The registry of clients and the order of events. Plain Java: {@link org.starcast.SseBroadcaster}
 * is its face in CDI. Thread-safe.
 *
 * <p>One lock orders published events: under it an event gets its sequence number and is appended
 * to the queues of all clients that match, so that every client sees all events in the same order.
 * Encoding happens before, writing after it, on other threads.
 */
public final class DeliveryEngine {

  /**
   * Told about clients and failures, on a thread that serves no request, one call at a time; and
   * about commands.
   */
  public interface Lifecycle {
    /** The client's stream is open. */
    void opened(SseClient client);

    /** The client's stream, which was open, has ended. */
    void closed(SseClient client, CloseReason reason);

    /** A message was not stored by the backplane, or may not have been, after all. */
    void unpublished(SseMessage message, Throwable failure);

    /**
     * A node sent a command, by {@link Backplane#command}: called in the order of events, on a
     * thread for which they wait.
     */
    void commanded(String type, byte[] body);

    /** An event has its place, and was queued; called as {@link #commanded}. */
    default void received(LoggedEvent event) {}

    /** Commands may have been lost, or events; called as {@link #commanded}. */
    default void commandsMissed() {}

    /** The clients have gone, and the backplane is about to be closed. */
    default void ending() {}
  }

  private static final System.Logger LOG = System.getLogger("org.starcast.internal.engine");
  private static final long TICK_NANOS = Duration.ofMillis(50).toNanos();

  /** How long the end waits for what does not end by itself. */
  private static final long STOP_NANOS = Duration.ofSeconds(1).toNanos();

  /** How much longer than the drain observers may take that are told of it. */
  private static final long OBSERVER_NANOS = Duration.ofSeconds(10).toNanos();

  /** A thread that has work, and does nothing for so long, is stuck. */
  private static final long STUCK_NANOS = Duration.ofSeconds(60).toNanos();

  /** How many events are queued for a client that goes live, while publishers wait. */
  private static final int JOIN_EVENTS = 64;

  private static final EventId NOT_BEGUN = new EventId("", 0);

  private static final Frame HEARTBEAT = Frame.permanent(SseFormat.commentLine());

  private final StarcastConfig config;
  private final Executor executor;
  private final Executor sends;
  private final UnaryOperator<SseMessage> payloads;
  private final Recovery recovery;
  private final Lifecycle lifecycle;
  private final LifecycleNotifier notifier;
  private final Completions completions;
  private final Statistics statistics = new Statistics();
  private final Refusals refusals = new Refusals(statistics, LOG);
  private final AdmissionControl admission;
  private final MemoryGovernor memory;
  private final Backplane backplane;

  /** Null where nothing is kept. */
  private final History history;

  private final ReentrantLock publishing = new ReentrantLock();
  private final TopicIndex<Client> index;
  private final Map<String, Client> clients = new ConcurrentHashMap<>();
  private final AtomicInteger nextDrainer = new AtomicInteger();
  private final AtomicInteger revocations = new AtomicInteger();
  private final TimingWheel wheel = new TimingWheel(TICK_NANOS, LOG);
  private final Drain drain =
      new Drain(() -> clients.values(), this::retryFrame, TICK_NANOS, STOP_NANOS);
  private final Drainer[] drainers;
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final SecureRandom random = new SecureRandom();

  /** Null where nothing is traced. */
  private final Tracing tracing;

  // written under publishing
  private final TopicTraffic traffic = new TopicTraffic();
  private volatile EventId last = NOT_BEGUN;
  private volatile boolean stopped;

  /** Whether this node has what was stored when it started. */
  private volatile boolean level;

  private volatile IdHeartbeat idHeartbeat;

  /**
   * Starts the threads.
   *
   * @param threadFactory makes the threads that drain, that keep time, and that store the log; they
   *     end at {@link #stop}
   * @param executor runs lifecycle events
   * @param sends runs the sends of the portable writer, which may block
   * @param payloads gives the message with data that is text
   * @param onGap what clients get after a gap whose subscription does not say; or null
   * @param tracing what is told of publications and deliveries; or null
   * @param backplane gives the events their order; started and closed by this
   * @throws IllegalArgumentException if the backplane cannot work as it is configured; the message
   *     begins with the key
   */
  public DeliveryEngine(
      StarcastConfig config,
      Backplane backplane,
      ThreadFactory threadFactory,
      Executor executor,
      Executor sends,
      UnaryOperator<SseMessage> payloads,
      MessageSource onGap,
      Tracing tracing,
      Lifecycle lifecycle) {
    this.config = config;
    this.backplane = backplane;
    this.tracing = tracing;
    this.admission = new AdmissionControl(config, refusals);
    this.executor = executor;
    this.sends = sends;
    this.payloads = payloads;
    // one for all: made now, as it is the same at every gap
    SseMessage reload = onGap == null ? null : onGap.toSseMessage();
    this.recovery = Recovery.of(reload, this::encodeChecked, executor, LOG);
    this.lifecycle = lifecycle;
    this.completions = new Completions(executor);
    this.memory = new MemoryGovernor(config.queue().totalBytes(), clients::values);
    this.history = config.log().events() == 0 ? null : new History(config, backplane);
    this.index = new TopicIndex<>(config.limits().topicCache());
    this.drainers = new Drainer[config.writer().drainThreads()];
    for (int i = 0; i < drainers.length; i++) {
      drainers[i] = new Drainer(i, config, LOG);
      start(threadFactory, drainers[i]::run, "starcast-drain-" + (i + 1));
    }
    start(threadFactory, wheel::run, "starcast-timer");
    notifier =
        new LifecycleNotifier(threadFactory, Math.max(10_000, config.limits().clients()), LOG);
    threads.add(notifier.thread());
    if (history != null && !config.log().age().isZero()) {
      wheel.schedule(new Expiry(), config.log().age().toNanos() / 10);
    }
    await(backplane.start(new Tail(), task -> listed(threadFactory.newThread(untilDone(task)))));
  }

  private Thread listed(Thread thread) {
    threads.add(thread);
    return thread;
  }

  /** A backplane's thread that has done its work is forgotten; one that dies of it is not. */
  private Runnable untilDone(Runnable task) {
    return () -> {
      task.run();
      threads.remove(Thread.currentThread());
    };
  }

  /** Goes on without the backplane when that takes too long; no client is taken before it comes. */
  private void await(CompletionStage<Void> started) {
    CompletableFuture<Void> done =
        started
            .thenRun(
                () -> {
                  // between two events: what comes before is in the log for the first client
                  publishing.lock();
                  level = true;
                  publishing.unlock();
                })
            .toCompletableFuture();
    try {
      done.get(config.backplane().startTimeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "STARCAST-1050: the backplane {0} is not there yet, no clients are taken until it is",
          backplane.status().name());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      stop();
      throw e.getCause() instanceof RuntimeException known
          ? known
          : new IllegalStateException(e.getCause());
    }
  }

  private void start(ThreadFactory factory, Runnable work, String name) {
    Thread thread = listed(factory.newThread(work));
    thread.setName(name);
    thread.start();
  }

  /** Lets go of old events when nothing is published. */
  private final class Expiry extends TimingWheel.Entry {
    @Override
    long onTime(long now) {
      publishing.lock();
      try {
        history.expire();
      } finally {
        publishing.unlock();
      }
      return config.log().age().toNanos() / 10;
    }
  }

  /** Says once, in the log, how clients will be written to. */
  public void started() {
    String runtime;
    try {
      runtime = RuntimeDelegate.getInstance().getClass().getName();
    } catch (RuntimeException | LinkageError e) {
      runtime = "none";
    }
    boolean servlet =
        !config.writer().type().equals("portable") && ServletSinkWriter.knows(runtime);
    LOG.log(
        System.Logger.Level.INFO,
        "STARCAST-1000: started; writes {0}, with {1} drain threads; keeps {2} events",
        servlet
            ? "in the Servlet container's non-blocking mode"
            : "through SseEventSink.send (" + runtime + ")",
        drainers.length,
        config.log().events());
  }

  // ---- clients

  /**
   * Takes over a sink.
   *
   * @param request the request in asynchronous mode, on its own thread; or null where there is no
   *     Servlet container, for the portable writer
   * @throws RefusedException if a limit is reached, the engine drains, or the caller may not hear
   *     what it asks for
   * @throws IllegalArgumentException if the subscription has too many patterns or an id in use
   * @throws IOException if the response cannot be opened
   */
  public SseClient register(
      SseEventSink sink, Subscription subscription, HttpServletRequest request) throws IOException {
    return register(sink, subscription, request, Grant.ALL);
  }

  /**
   * As {@link #register(SseEventSink, Subscription, HttpServletRequest)}, for a caller who may not
   * hear everything.
   *
   * @param grant what the caller may hear
   * @throws RefusedException also if that is not what the subscription asks for, or has expired
   */
  public SseClient register(
      SseEventSink sink, Subscription subscription, HttpServletRequest request, Grant grant)
      throws IOException {
    checkPatterns(subscription);
    checkRequest(sink, request);
    String principal = null;
    String address = null;
    boolean gzip = false;
    boolean servlet =
        !config.writer().type().equals("portable")
            && request != null
            && request.isAsyncStarted()
            && ServletSinkWriter.knows(sink.getClass().getName());
    if (request != null) {
      Principal user = request.getUserPrincipal();
      principal = user == null ? null : user.getName();
      address = AddressBlock.of(request.getRemoteAddr());
      gzip =
          servlet
              && config.writer().gzip()
              && subscription.lineSeparator() == LineSeparator.LF
              && AcceptEncoding.gzip(request.getHeader("Accept-Encoding"));
    }
    if (request != null && "HEAD".equals(request.getMethod())) {
      check(grant, subscription);
      throw servlet
          ? ServletSinkWriter.answerHead(
              sink, request, gzip, subscription.lineSeparator(), completions)
          : new WebApplicationException(
              Response.ok().type(MediaType.SERVER_SENT_EVENTS_TYPE).build());
    }
    admit(principal, address);
    Client client = null;
    boolean registered = false;
    try {
      client =
          new Client(
              this,
              drainers[Math.floorMod(nextDrainer.getAndIncrement(), drainers.length)],
              subscription.clientId().orElseGet(this::newClientId),
              subscription,
              principal,
              address,
              gzip,
              maxAge(),
              grant);
      // first: a message without topics is offered to all that are registered
      begin(client, subscription, request);
      if (clients.putIfAbsent(client.id(), client) != null) {
        throw new IllegalArgumentException("clientId: is in use");
      }
      registered = true;
      if (history != null && !client.follows(last.epoch())) {
        restartLate(client);
      }
      // after it can be found: what is revoked from now on is seen either here or there
      check(grant, subscription);
      // mutes first: nothing that they keep away may slip through before
      mute(client, subscription.muted().toArray(String[]::new));
      for (var topic : subscription.topics().entrySet()) {
        index(client, topic.getKey(), topic.getValue());
      }
      SinkWriter writer =
          servlet
              ? ServletSinkWriter.open(
                  sink,
                  request,
                  gzip,
                  subscription.lineSeparator(),
                  completions,
                  config.writer().heartbeat(),
                  client)
              : new PortableSinkWriter(sink, sends, client);
      if (!client.writer(writer)) {
        writer.abort();
        throw stopping();
      }
      writer.start();
    } catch (IOException | RuntimeException e) {
      if (registered) {
        client.abandon();
        forget(client);
      } else {
        release(principal, address);
      }
      throw e;
    }
    if (client.state() == SseClient.State.CLOSED) {
      // it was closed while it was being indexed
      index.remove(client);
    }
    // at once: it says itself when it wants to be asked again
    wheel.schedule(client, 0);
    if (drain.hasBegun()) {
      // who drains may have looked before this one could be found
      client.closeAfterDrain(CloseReason.DRAIN, retryFrame());
    }
    return client;
  }

  /** Says what keeps the runtime from a stream, where that would show in an empty answer only. */
  private static void checkRequest(SseEventSink sink, HttpServletRequest request) {
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

  /**
   * A client begins by reading the log, be it only the end of it: so it misses nothing between the
   * id that it is told first and the events that it is offered. Until it is live it is in nobody's
   * way: what is published stays in the log for it.
   */
  private void begin(Client client, Subscription subscription, HttpServletRequest request) {
    LogCursor cursor = null;
    EventId id = null;
    String epoch = last.epoch();
    long firstOffered = 0;
    if (history != null) {
      // before the client is known to anybody
      History.Start start =
          history.start(
              subscription,
              request,
              new SubscriptionFilter(subscription, client.id(), client.grant()));
      epoch = start.epoch();
      cursor = start.cursor();
      id = start.lastEventId();
      firstOffered = start.firstOffered();
      if (start.asked()) {
        statistics.increment(start.found() ? Metric.RESUMED : Metric.NOT_RESUMED);
      }
    }
    byte[] greeting =
        SseFormat.encode(
            null, id == null ? null : id.toString(), config.writer().retry(), null, null);
    client.begin(Frame.permanent(greeting), epoch, cursor, firstOffered);
  }

  private void check(Grant grant, Subscription subscription) {
    try {
      if (grant.expiry().filter(expiry -> !expiry.isAfter(Instant.now())).isPresent()) {
        throw RefusedException.forbidden(false, "the token has expired");
      }
      grant.check(subscription.topics().keySet(), subscription.muted());
    } catch (RefusedException e) {
      refusals.count(RefusalReason.FORBIDDEN);
      throw e;
    }
  }

  private long maxAge() {
    long age = config.writer().maxConnectionAge().toNanos();
    return age == 0 ? 0 : age - ThreadLocalRandom.current().nextLong(age / 5 + 1);
  }

  private String newClientId() {
    byte[] bits = new byte[16];
    random.nextBytes(bits);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
  }

  void checkPatterns(Subscription subscription) {
    SubscriptionLimits.check(subscription, config);
  }

  private void admit(String principal, String address) {
    if (drain.hasBegun()) {
      throw stopping();
    }
    if (!level) {
      throw admission.refuse(
          RefusalReason.BACKPLANE, 503, "the node has not reached its backplane yet", 2);
    }
    if (notifier.isOverloaded()) {
      throw admission.refuse(
          RefusalReason.CLIENTS, 503, "too many client events wait for their observers", 10);
    }
    admission.admit(principal, address);
    if (drain.hasBegun()) {
      // who drains may have looked before this one was counted
      release(principal, address);
      throw stopping();
    }
  }

  /** Counts a client that was refused before it came here. */
  public void refused(RefusalReason reason) {
    refusals.count(reason);
  }

  private RefusedException stopping() {
    return admission.refuse(RefusalReason.DRAINING, 503, "the application is stopping", 2);
  }

  private void release(String principal, String address) {
    if (admission.release(principal, address)) {
      drain.noClients();
    }
  }

  private void forget(Client client) {
    index.remove(client);
    if (clients.remove(client.id(), client)) {
      release(client.principal().orElse(null), client.address());
    }
  }

  /** The client's stream is open. */
  void opened(Client client) {
    statistics.increment(Metric.OPENED);
    notifier.tell(() -> lifecycle.opened(client));
  }

  /** Has the client's {@link SseClient#whenClosed} completed where that may take its time. */
  void tellClosed(Client client, CloseReason reason) {
    notifier.tell(() -> client.tellClosed(reason));
  }

  /** The client's response has ended, or has been given up; called once. */
  void closed(Client client, CloseReason reason, boolean wasOpen) {
    wheel.cancel(client);
    statistics.closed(reason);
    notifier.tell(
        () -> {
          client.tellClosed(reason);
          if (wasOpen) {
            lifecycle.closed(client, reason);
          }
        });
    // last: when there are no clients, all ends have been handed over
    forget(client);
  }

  /** Completes a future where what depends on it may take its time. */
  void complete(CompletableFuture<Boolean> future, boolean value) {
    try {
      executor.execute(() -> future.complete(value));
    } catch (RejectedExecutionException e) {
      // the application is being stopped and its executor with it
      notifier.tell(() -> future.complete(value));
    }
  }

  void index(Client client, String pattern, Set<String> senders) {
    index.subscribe(client, CompiledPattern.of(pattern), senders);
  }

  void unindex(Client client, String pattern) {
    index.unsubscribe(client, CompiledPattern.of(pattern));
  }

  void mute(Client client, String... patterns) {
    for (String pattern : patterns) {
      index.mute(client, CompiledPattern.of(pattern));
    }
  }

  void unmute(Client client, String... patterns) {
    for (String pattern : patterns) {
      index.unmute(client, CompiledPattern.of(pattern));
    }
  }

  /**
   * Closes clients at once.
   *
   * @return how many
   */
  public int revoke(Predicate<SseClient> revoked) {
    revocations.incrementAndGet();
    int closed = 0;
    for (Client client : clients.values()) {
      if (revoked.test(client) && client.abortNow(CloseReason.REVOKED)) {
        closed++;
      }
    }
    return closed;
  }

  /** How often something was revoked: what was permitted before is to be asked for again. */
  int revocations() {
    return revocations.get();
  }

  /** The client with this id, or null. */
  public SseClient client(String id) {
    return clients.get(id);
  }

  /** All clients, as of now. */
  public List<SseClient> clients() {
    return List.copyOf(clients.values());
  }

  /** The clients that a message on this topic would reach, whoever sends it. */
  public List<SseClient> clientsOn(String topic) {
    List<SseClient> found = new ArrayList<>();
    index.forEachOn(TopicName.check(topic), found::add);
    return found;
  }

  /** How many clients there are. */
  public int count() {
    return admission.count();
  }

  // ---- messages

  /**
   * Gives the message its place in the order and queues it for every client that matches. Returns
   * at once, whatever the clients do.
   *
   * @param except ids of clients to leave out
   * @throws IllegalArgumentException if the message is too large, or its data has no JSON
   * @throws IllegalStateException if the disk of the file store has failed for so long that the ids
   *     it reserved are used up
   */
  public PublishResult publish(SseMessage given, Collection<String> except) {
    SseMessage message = payloads.apply(given);
    Object span = tracing == null ? null : tracing.publishing(message);
    if (span == null) {
      return publish(message, except, null);
    }
    PublishResult result = null;
    try {
      result = publish(message, except, span);
      return result;
    } finally {
      tracing.published(span, result);
    }
  }

  private PublishResult publish(SseMessage message, Collection<String> except, Object span) {
    long begun = System.nanoTime();
    String event = message.event().orElse(null);
    Duration retry = message.retry().orElse(null);
    CharSequence data = text(message);
    String comment = message.comment().orElse(null);
    Draft draft;
    if (history == null) {
      draft = SseFormat.draft(event, message.id().orElse(null), retry, data, comment);
      checkSize(draft.bodyLength() + 1);
      draft = draft.withoutPlace();
    } else {
      draft = SseFormat.draft(event, retry, data, comment);
      checkSize(draft.bodyLength());
    }
    if (stopped) {
      return nobody();
    }
    Outgoing outgoing =
        new Outgoing(
            message.topics(),
            message.sender().orElse(null),
            TopicName.checkExcept(except),
            message.coalesceKey().orElse(null),
            draft,
            begun,
            span != null && tracing.deliveries() ? tracing.context(span) : null);
    CompletionStage<Long> stored;
    outgoing.publisher = Thread.currentThread();
    try {
      stored = backplane.append(outgoing);
    } finally {
      outgoing.publisher = null;
      if (outgoing.publishedHere) {
        outgoing.due.close();
      }
    }
    if (outgoing.publishedHere) {
      outgoing.finish();
      return outgoing.fanout.result(last.epoch());
    }
    if (stopped) {
      return nobody();
    }
    return underWay(message, stored);
  }

  /** What becomes of an event once the engine has stopped. */
  private PublishResult nobody() {
    return new PublishResult(lastEventId(), last.sequence(), 0, 0, 0, 0);
  }

  /** What is known of a publication that other threads, and machines, are at. */
  private PublishResult underWay(SseMessage message, CompletionStage<Long> stored) {
    CompletableFuture<Long> future = stored.toCompletableFuture();
    if (future.isCompletedExceptionally()) {
      try {
        future.join();
      } catch (CompletionException e) {
        throw e.getCause() instanceof RuntimeException known
            ? known
            : new BackplaneException("the event was not stored", true, e.getCause());
      }
    }
    CompletionStage<String> id = stored.thenApply(place -> new EventId(last.epoch(), place) + "");
    stored.whenComplete(
        (place, failure) -> {
          if (failure != null) {
            notifier.tellFailure(() -> lifecycle.unpublished(message, cause(failure)));
          }
        });
    return new PublishResult("", 0, 0, 0, 0, 0, id);
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** An event that clients get as soon as it has its place. */
  private final class Outgoing extends Envelope {
    private final long begun;
    private final Object context;
    private final Due due = new Due(drainers);
    private final Fanout fanout;

    /** Who appends it, while that is so. */
    private volatile Thread publisher;

    /** Whether it was delivered by who appends it. */
    private boolean publishedHere;

    Outgoing(
        List<String> topics,
        String sender,
        Collection<String> except,
        String coalesceKey,
        Draft draft,
        long begun,
        Object context) {
      super(topics, sender, except, coalesceKey, draft);
      this.begun = begun;
      this.context = context;
      this.fanout = new Fanout(except, due);
    }

    /** Queues it for every client that matches; with the lock held. */
    void deliver(LoggedEvent placed) {
      fanout.frame = new Frame(placed, coalesceKey(), begun, context, memory);
      if (history != null) {
        history.append(fanout.frame);
      }
      fanout.isNewTopic = traffic.count(topics(), placed.length());
      if (topics().isEmpty()) {
        clients.values().forEach(fanout);
      } else {
        index.forEachMatch(topics(), sender(), fanout);
      }
      fanout.flush();
      if (history != null) {
        history.announce();
      }
    }

    /** Adds up what became of it; nobody has to wait for that. */
    void finish() {
      fanout.frame.heldBy(fanout.held);
      statistics.increment(Metric.PUBLISHED);
      statistics.add(Metric.MATCHED, fanout.matched);
      memory.relieve();
      if (fanout.isNewTopic && fanout.matched == 0 && except().isEmpty()) {
        TopicTraffic.reportUnheard(topics());
      }
    }
  }

  /** What the backplane hands over. */
  private final class Tail implements Backplane.Receiver {

    @Override
    public void began(String epoch, long after, List<? extends LoggedEvent> states) {
      publishing.lock();
      try {
        last = new EventId(epoch, after);
        if (history != null) {
          history.begin(epoch, after, states);
        }
        clients.values().forEach(DeliveryEngine.this::restart);
      } finally {
        publishing.unlock();
      }
      lifecycle.commandsMissed();
    }

    @Override
    public void received(LoggedEvent event, Envelope envelope) {
      Outgoing outgoing = null;
      boolean here = false;
      publishing.lock();
      try {
        if (stopped) {
          return;
        }
        last = new EventId(last.epoch(), event.sequence());
        if (level) {
          outgoing = envelope instanceof Outgoing own ? own : arrived(event, envelope);
          here = outgoing.publisher == Thread.currentThread();
          if (here) {
            outgoing.publishedHere = true;
          }
          outgoing.deliver(event);
        } else if (history != null) {
          // of before this node was there, when it has no clients
          history.append(Frame.kept(event));
          history.announce();
        }
      } finally {
        publishing.unlock();
        if (outgoing != null && !here) {
          outgoing.due.close();
        }
      }
      if (outgoing != null && !here) {
        outgoing.finish();
      }
      lifecycle.received(event);
    }

    private Outgoing arrived(LoggedEvent event, Envelope envelope) {
      return new Outgoing(
          event.topics(),
          event.sender(),
          event.except(),
          envelope == null ? null : envelope.coalesceKey(),
          null,
          System.nanoTime(),
          null);
    }

    @Override
    public void missed(long upTo) {
      Frame hole = Frame.hole(upTo, System.currentTimeMillis());
      publishing.lock();
      try {
        last = new EventId(last.epoch(), upTo);
        if (history != null) {
          history.append(hole);
          clients.values().forEach(client -> client.miss(hole));
          // last: no heartbeat may have its id for a client that has not been told of it
          history.announce();
        }
      } finally {
        publishing.unlock();
      }
      lifecycle.commandsMissed();
    }

    @Override
    public void commanded(String type, byte[] body) {
      lifecycle.commanded(type, body);
    }

    @Override
    public List<? extends LoggedEvent> states() {
      return history == null ? List.of() : history.states();
    }
  }

  /** Another order began before the client could be told, or is just beginning. */
  private void restartLate(Client client) {
    publishing.lock();
    try {
      restart(client);
    } finally {
      publishing.unlock();
    }
  }

  private void restart(Client client) {
    if (history != null) {
      EventId now = last;
      client.restart(now.epoch(), history.gap(), now.sequence() + 1);
    }
  }

  /**
   * Appends one frame to queue after queue, and counts what became of it.
   *
   * <p>In blocks: each client is looked at when it comes and locked when the block is full. What
   * clients consist of lies all over the heap, and the processor fetches it for many at once while
   * it reads, but for one at a time behind a lock.
   */
  private static final class Fanout implements Consumer<Client> {
    private final Collection<String> except;
    private final Due due;
    private final Client[] block = new Client[32];
    private Frame frame;
    private int inBlock;
    private long fetched;
    private int matched;

    /** Whether it has a topic that was not published to before, as far as is known. */
    private boolean isNewTopic;

    private int held;
    private int queued;
    private int dropped;
    private int closed;

    Fanout(Collection<String> except, Due due) {
      this.except = except;
      this.due = due;
    }

    @Override
    public void accept(Client client) {
      fetched += client.prefetch();
      block[inBlock++] = client;
      if (inBlock == block.length) {
        flush();
      }
    }

    void flush() {
      for (int i = 0; i < inBlock; i++) {
        offer(block[i]);
      }
      inBlock = 0;
    }

    private void offer(Client client) {
      if (!except.isEmpty() && except.contains(client.id())) {
        return;
      }
      switch (client.offer(frame, due)) {
        case QUEUED -> {
          held++;
          queued++;
        }
        case REPLACED -> {
          held++;
          queued++;
          dropped++;
        }
        case LOGGED -> queued++;
        case OVERFLOWED -> closed++;
        case GONE -> {
          return;
        }
      }
      matched++;
    }

    PublishResult result(String epoch) {
      return new PublishResult(
          epoch + "-" + frame.sequence(), frame.sequence(), matched, queued, dropped, closed);
    }
  }

  /** Sends to one client alone; false if it did not take the message. */
  boolean send(Client client, SseMessage message) {
    boolean queued =
        send(
            client,
            Frame.toOne(encodeChecked(message), message.coalesceKey().orElse(null), memory));
    if (queued) {
      statistics.increment(Metric.DIRECT);
    }
    return queued;
  }

  /** Sends a client its token, under a name that applications cannot give an event. */
  void tellToken(Client client, String data) {
    byte[] bytes = SseFormat.encode(LibraryEvents.CLIENT, null, null, data, null);
    if (send(client, Frame.toOne(bytes, null, memory))) {
      statistics.increment(Metric.DIRECT);
    }
  }

  /** As {@link #send}, as soon as there is room. */
  CompletionStage<Boolean> sendWhenRoom(Client client, SseMessage message) {
    CompletionStage<Boolean> taken =
        client.offerWhenRoom(
            Frame.toOne(encodeChecked(message), message.coalesceKey().orElse(null), memory));
    memory.relieve();
    return taken;
  }

  /** What a client with this subscription gets behind a gap. */
  Recovery recovery(Subscription subscription) {
    return subscription
        .onGap()
        .map(source -> Recovery.of(source, this::encodeChecked, executor, LOG))
        .orElse(recovery);
  }

  private byte[] encodeChecked(SseMessage message) {
    byte[] bytes = encode(message);
    checkSize(bytes.length);
    return bytes;
  }

  private byte[] encode(SseMessage given) {
    SseMessage message = payloads.apply(given);
    return SseFormat.encode(
        message.event().orElse(null),
        message.id().orElse(null),
        message.retry().orElse(null),
        text(message),
        message.comment().orElse(null));
  }

  private static CharSequence text(SseMessage message) {
    return (CharSequence) message.data().orElse(null);
  }

  private boolean send(Client client, Frame frame) {
    Client.Offer offer = client.offer(frame);
    boolean queued = offer == Client.Offer.QUEUED || offer == Client.Offer.REPLACED;
    frame.heldBy(queued ? 1 : 0);
    memory.relieve();
    return queued;
  }

  private void checkSize(int length) {
    if (length > config.limits().messageBytes()) {
      throw new IllegalArgumentException(
          "data: the message has " + length + " bytes, at most " + config.limits().messageBytes());
    }
  }

  Frame heartbeatFrame() {
    return HEARTBEAT;
  }

  private record IdHeartbeat(EventId id, Frame frame) {}

  /** A heartbeat with an id; the latest one is kept, as most clients ask for the same. */
  Frame heartbeatFrame(String epoch, long announced) {
    IdHeartbeat made = idHeartbeat;
    if (made == null || made.id.sequence() != announced || !made.id.epoch().equals(epoch)) {
      EventId id = new EventId(epoch, announced);
      byte[] bytes = SseFormat.encode(null, id.toString(), null, null, "");
      made = new IdHeartbeat(id, Frame.permanent(announced, bytes));
      idHeartbeat = made;
    }
    return made.frame;
  }

  /** The sequence of the last event that all clients were offered; 0 where nothing is kept. */
  long announced() {
    return history == null ? 0 : history.announced();
  }

  /** Whether events are kept, to be read by clients that are behind. */
  boolean logs() {
    return history != null;
  }

  /** The sequence behind that of the last event that was received; of the next one or less. */
  long nextSequence() {
    return history == null ? last.sequence() + 1 : history.last() + 1;
  }

  /** Does something while no event is published or received. */
  boolean betweenEvents(BooleanSupplier change) {
    publishing.lock();
    try {
      return change.getAsBoolean();
    } finally {
      publishing.unlock();
    }
  }

  /** Offers a client all that is published from now on. */
  void offerFromNowOn(Client client) {
    publishing.lock();
    try {
      client.offerFrom(last.sequence() + 1);
    } finally {
      publishing.unlock();
    }
  }

  /** How a client reads from this sequence on. */
  LogCursor cursorFrom(long first) {
    return history.from(first);
  }

  /** Makes a client live when little is left for it to read. */
  void goLiveIfNearEnd(Client client, LogCursor cursor, SubscriptionTimeline.Reader judge) {
    if (!cursor.nearEnd(JOIN_EVENTS)) {
      return;
    }
    if (client.grant().asks()) {
      // what it may hear is decided while nobody waits
      List<Frame> soon = history.rest(cursor);
      if (soon != null) {
        soon.forEach(judge::test);
      }
    }
    publishing.lock();
    try {
      List<Frame> rest = cursor.nearEnd(4 * JOIN_EVENTS) ? history.rest(cursor) : null;
      if (rest != null) {
        client.goLive(cursor, rest, judge);
      }
    } finally {
      publishing.unlock();
    }
    memory.relieve();
  }

  /** The latest events that match the pattern, oldest first; null matches all. */
  public List<SseMessage> history(String pattern, int limit) {
    if (limit < 0) {
      throw new IllegalArgumentException("limit: must not be negative, is " + limit);
    }
    if (history == null) {
      return List.of();
    }
    if (pattern == null) {
      return history.latest(event -> true, limit);
    }
    CompiledPattern compiled = CompiledPattern.of(pattern);
    return history.latest(event -> event.topics().stream().anyMatch(compiled::matches), limit);
  }

  /**
   * Tells a client that it missed events.
   *
   * @param epoch of the event that follows
   * @param next the sequence of it; 0 if there is none yet
   * @param has the sequence that the client has when it has been told, so that it is told once; -1
   *     for none that is known
   * @param missed how many; 0 for unknown
   * @param behind what comes behind it
   */
  Frame gapFrame(String epoch, long next, long has, long missed, byte[] behind) {
    JsonObjectBuilder data = Json.createObjectBuilder();
    if (next > 0) {
      data.add("next", new EventId(epoch, next).toString());
    }
    if (missed > 0) {
      data.add("missed", missed);
    }
    Draft gap = SseFormat.draft("starcast-gap", null, data.build().toString(), null);
    int length = has >= 0 && logs() ? gap.finish(epoch, has) : gap.finishWithoutId();
    byte[] bytes = Arrays.copyOf(gap.bytes(), length + behind.length);
    System.arraycopy(behind, 0, bytes, length, behind.length);
    return Frame.permanent(bytes);
  }

  // ---- the end

  /**
   * Sends all clients away and takes no new ones. When that was begun before, it is over sooner, if
   * this would be.
   *
   * @param window over how long the clients are spread, so that they do not all return at once
   * @param farewell a message that the clients of this node get first, or null
   * @param grace how long streams have to end by themselves after it
   * @return done when the last client is gone
   * @throws IllegalArgumentException if the farewell is too large, or has no JSON; nothing has
   *     begun then
   */
  public CompletionStage<Void> drain(Duration window, SseMessage farewell, Duration grace) {
    byte[] bytes = farewell == null ? null : encodeChecked(farewell);
    if (drain.begin(System.nanoTime(), grace.toNanos(), window.toNanos())) {
      if (bytes != null) {
        sayFarewell(farewell, bytes);
      }
      wheel.schedule(drain, 0);
    }
    if (admission.count() == 0) {
      drain.noClients();
    }
    return drain.drained();
  }

  /** Not through the log and the backplane: those of other nodes stay. */
  private void sayFarewell(SseMessage farewell, byte[] bytes) {
    Set<Client> receivers = Collections.newSetFromMap(new IdentityHashMap<>());
    if (farewell.topics().isEmpty()) {
      receivers.addAll(clients.values());
    } else {
      betweenEvents(
          () -> {
            index.forEachMatch(farewell.topics(), farewell.sender().orElse(null), receivers::add);
            return true;
          });
    }
    for (Client client : receivers) {
      if (send(client, Frame.toOne(bytes, null, memory))) {
        statistics.increment(Metric.DIRECT);
      }
    }
  }

  /** Has a client that is sent away come back after a time of its own. */
  private Frame retryFrame() {
    long retry = config.writer().retry().toMillis();
    long jittered = retry / 2 + ThreadLocalRandom.current().nextLong(retry + 1);
    return Frame.permanent(SseFormat.retry(Duration.ofMillis(jittered)));
  }

  /**
   * Drains over the configured window, has the log stored, and ends the threads; what is still open
   * after that is given up. When it returns, every response has been ended, and observers have been
   * told, unless they take longer than {@code starcast.drain-window} and ten seconds. What is
   * published from then on reaches nobody.
   */
  public void stop() {
    try {
      awaitEnds();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    lifecycle.ending();
    publishing.lock();
    try {
      stopped = true;
    } finally {
      publishing.unlock();
    }
    backplane.close();
    wheel.stop();
    for (Drainer drainer : drainers) {
      drainer.stop();
    }
    notifier.stop();
    for (Thread thread : threads) {
      try {
        if (thread != Thread.currentThread()) {
          thread.join(Duration.ofNanos(STOP_NANOS).toMillis());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Waits for the clients, for the observers that are told of them, and for their responses. */
  private void awaitEnds() throws InterruptedException {
    long window = config.writer().drainWindow().toNanos();
    try {
      drain(config.writer().drainWindow(), null, Duration.ZERO)
          .toCompletableFuture()
          .get(window + 3 * STOP_NANOS, TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(
          System.Logger.Level.WARNING, "STARCAST-1004: {0} clients did not end", admission.count());
    }
    int untold = notifier.await(window + OBSERVER_NANOS);
    if (untold > 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "STARCAST-1016: the application ends, {0} of its observers have not run",
          untold);
    }
    completions.await(STOP_NANOS);
  }

  /** What happened so far, and how it stands. */
  public SseStatistics statisticsSnapshot() {
    Map<String, Integer> byType = new HashMap<>();
    Map<String, Integer> byWriter = new HashMap<>();
    long pending = 0;
    for (Client client : clients.values()) {
      byType.merge(client.type(), 1, Integer::sum);
      byWriter.merge(client.writer(), 1, Integer::sum);
      pending += client.pending();
    }
    LatencyHistogram latency = statistics.latencies.snapshot();
    BackplaneStatus status = backplane.status();
    Map<Metric, Number> numbers = statistics.counters();
    numbers.put(Metric.PENDING, pending);
    numbers.put(Metric.QUEUED_BYTES, memory.used());
    numbers.put(Metric.TOPIC_HITS, index.hits());
    numbers.put(Metric.TOPIC_MISSES, index.misses());
    numbers.put(Metric.LATENCY_SUM, latency.sum().toNanos() / 1e9);
    numbers.put(Metric.LOGGED, history == null ? 0 : history.size());
    numbers.put(Metric.LOGGED_BYTES, history == null ? 0 : history.bytes());
    numbers.put(Metric.UNSTORED, status.failed());
    numbers.put(Metric.BACKPLANE_AVAILABLE, status.available() ? 1 : 0);
    numbers.put(Metric.BACKPLANE_WAITING, status.waiting());
    numbers.put(Metric.BACKPLANE_WAITING_BYTES, status.waitingBytes());
    numbers.put(Metric.BACKPLANE_STORED, status.stored());
    numbers.put(Metric.BACKPLANE_FAILED, status.failed());
    numbers.put(Metric.BACKPLANE_REPEATED, status.repeated());
    numbers.put(Metric.BACKPLANE_OUTAGES, status.outages());
    numbers.put(Metric.BACKPLANE_SKIPPED, status.skipped());
    return new SseStatistics(
        numbers,
        admission.count(),
        byType,
        byWriter,
        statistics.closed(),
        statistics.refused(),
        latency,
        status);
  }

  /** The topics with the most events, as far as is known; see {@link TopicTraffic}. */
  public List<TopicCount> busiestTopics(int limit) {
    if (limit < 0) {
      throw new IllegalArgumentException("limit: must not be negative, is " + limit);
    }
    List<TopicCount> counts;
    publishing.lock();
    try {
      counts = traffic.snapshot();
    } finally {
      publishing.unlock();
    }
    counts.sort(Comparator.comparingLong(TopicCount::events).reversed());
    return counts.stream()
        .limit(limit)
        .map(c -> new TopicCount(c.topic(), c.events(), c.bytes(), index.countOn(c.topic())))
        .toList();
  }

  /** Whether clients are taken, and whether the threads go on; looks at no lock. */
  public Health health() {
    long now = System.nanoTime();
    Set<String> stuck = new TreeSet<>();
    for (int i = 0; i < drainers.length; i++) {
      if (drainers[i].stuck(now, STUCK_NANOS)) {
        stuck.add(threads.get(i).getName());
      }
    }
    if (wheel.stuck(now, STUCK_NANOS)) {
      stuck.add(threads.get(drainers.length).getName());
    }
    boolean draining = drain.hasBegun();
    if (!draining) {
      for (Thread thread : threads) {
        if (!thread.isAlive()) {
          stuck.add(thread.getName());
        }
      }
    }
    BackplaneStatus status = backplane.status();
    boolean away = config.backplane().readiness() && !status.available();
    return new Health(level && !draining && !away, draining, status, List.copyOf(stuck));
  }

  /** The id of the last event that was published, {@code <epoch>-<sequence>}. */
  public String lastEventId() {
    EventId now = last;
    return now == NOT_BEGUN ? "" : now.toString();
  }

  StarcastConfig config() {
    return config;
  }

  /** Null where deliveries are not traced. */
  Tracing tracing() {
    return tracing != null && tracing.deliveries() ? tracing : null;
  }

  Drainer drainer(int i) {
    return drainers[i];
  }

  TimingWheel wheel() {
    return wheel;
  }

  LifecycleNotifier notifier() {
    return notifier;
  }

  Statistics statistics() {
    return statistics;
  }

  MemoryGovernor memory() {
    return memory;
  }

  System.Logger log() {
    return LOG;
  }
}
