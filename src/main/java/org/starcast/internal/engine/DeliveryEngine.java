package org.starcast.internal.engine;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.starcast.MessageSource;
import org.starcast.PublishResult;
import org.starcast.RefusedException;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.Health;
import org.starcast.SseStatistics.TopicCount;
import org.starcast.Subscription;
import org.starcast.internal.backplane.LocalBackplane;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.security.Grant;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.writer.Completions;
import org.starcast.spi.Backplane;

/**
 * Delivers events to clients. Plain Java: {@link Broadcaster} is its face in CDI. Thread-safe. This
 * class only puts the parts together, begins and ends them:
 *
 * <pre>
 *   Publisher ──► Backplane ──► EventOrder ──► Client ──► SinkWriter       events
 *   DirectMessages ───────────────────────────► Client                     to one client
 *   Registration ──► AdmissionControl, History, ClientRegistry             new clients
 *   Drain, TimingWheel, MemoryGovernor ───────► Client                     time, end, memory
 *   ClientRegistry ──► LifecycleNotifier ──► EngineListener                observers
 * </pre>
 */
public final class DeliveryEngine {

  private static final System.Logger LOG = System.getLogger("org.starcast.internal.engine");

  /** How long the end waits for what does not end by itself. */
  private static final long STOP_NANOS = Duration.ofSeconds(1).toNanos();

  /** How much longer than the drain observers may take that are told of it. */
  private static final long OBSERVER_NANOS = Duration.ofSeconds(10).toNanos();

  private final StarcastConfig config;
  private final Backplane backplane;
  private final EngineListener listener;

  /** Null where nothing is traced. */
  private final Tracing tracing;

  private final Statistics statistics = new Statistics();
  private final Refusals refusals = new Refusals(statistics, LOG);
  private final ControlFrames frames;
  private final MessageEncoder encoder;
  private final ClientTimer timer;
  private final EngineThreads threads;
  private final GzipHistories histories;
  private final LifecycleNotifier notifier;
  private final Completions completions;
  private final Drain drain;
  private final AdmissionControl admission;
  private final ClientRegistry clients;
  private final MemoryGovernor memory;
  private final EventOrder order;
  private final DirectMessages direct;
  private final Publisher publisher;
  private final Registration registration;
  private final EngineStatistics snapshots;

  /**
   * Starts the threads.
   *
   * @param threadFactory makes the threads that drain, that keep time, and that store the log; they
   *     end at {@link #stop}
   * @param executor ends responses, and makes what clients get behind a gap
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
      EngineListener listener) {
    this.config = config;
    this.backplane = backplane;
    this.listener = listener;
    this.tracing = tracing;
    History history = config.log().events() == 0 ? null : new History(config, backplane);
    this.frames = new ControlFrames(config.writer().retry(), history != null);
    this.encoder = new MessageEncoder(payloads, config.limits().messageBytes());
    // one for all: made now, as it is the same at every gap, and before there are threads to end
    Recovery recovery =
        onGap == null ? Recovery.NONE : Recovery.of(encoder.encode(onGap.toSseMessage()));
    this.timer = new ClientTimer(config);
    this.threads = new EngineThreads(config, threadFactory, LOG);
    this.histories =
        new GzipHistories(config.writer().gzipLevel(), config.writer().gzipHistories());
    this.notifier =
        new LifecycleNotifier(threads::make, Math.max(10_000, config.limits().clients()), LOG);
    this.completions = new Completions(executor);
    this.drain = new Drain(this::all, frames::farewell, threads.tickNanos(), STOP_NANOS);
    this.admission = new AdmissionControl(config, refusals, drain::noClients);
    this.clients =
        new ClientRegistry(
            config.limits().topicCache(), admission, statistics, notifier, listener, executor);
    this.memory = new MemoryGovernor(config.queue().totalBytes(), clients::all);
    this.order =
        new EventOrder(
            clients,
            history,
            statistics,
            memory,
            threads.loops(),
            listener,
            backplane.isShared(),
            deliversInCall());
    InitialStates states =
        new InitialStates(
            config, history == null ? () -> null : history::position, encoder::encode);
    this.direct = new DirectMessages(this, recovery, states, executor);
    this.publisher = new Publisher(this, backplane, listener, threads.loops(), tracing);
    this.registration =
        new Registration(this, admission, refusals, history, states, completions, sends);
    this.snapshots = new EngineStatistics(this, admission, backplane);
    if (history != null) {
      wheel().schedule(order.expiry(config), 0);
    }
    await(backplane.start(order, threads::makeUntilDone));
  }

  private Collection<Client> all() {
    return clients.all();
  }

  /** Goes on without the backplane when that takes too long; no client is taken before it comes. */
  private void await(CompletionStage<Void> started) {
    CompletableFuture<Void> done = started.thenRun(order::ready).toCompletableFuture();
    try {
      done.get(config.backplane().startTimeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      LogMessage.BACKPLANE_AWAY.log(LOG, backplane.status().name());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      stop();
      throw e.getCause() instanceof RuntimeException known
          ? known
          : new IllegalStateException(e.getCause());
    }
  }

  /** Says in the log that it runs. */
  public void started() {
    LogMessage.STARTED.log(LOG, config.writer().drainThreads(), config.log().events());
  }

  // ---- clients

  /** As {@link #register(SseEventSink, Subscription, HttpServletRequest, Grant)}, without rules. */
  public SseClient register(
      SseEventSink sink, Subscription subscription, HttpServletRequest request) throws IOException {
    return register(sink, subscription, request, Grant.ALL);
  }

  /**
   * Takes over a sink.
   *
   * @param request the request in asynchronous mode, on its own thread; or null where there is no
   *     Servlet container, for the portable writer
   * @param grant what the caller may hear
   * @throws RefusedException if a limit is reached, the engine drains, or the caller may not hear
   *     what it asks for, or its grant has expired
   * @throws IllegalArgumentException if the subscription has too many patterns or an id in use
   * @throws IOException if the response cannot be opened
   */
  public SseClient register(
      SseEventSink sink, Subscription subscription, HttpServletRequest request, Grant grant)
      throws IOException {
    return registration.register(sink, subscription, request, grant);
  }

  /** Counts a client that was refused before it came here. */
  public void refused(RefusedException.Reason reason, String detail) {
    refusals.count(reason, detail);
  }

  /**
   * Closes clients at once.
   *
   * @return how many
   */
  public int revoke(Predicate<SseClient> revoked) {
    return clients.revoke(revoked);
  }

  /** The client with this id, or null. */
  public SseClient client(String id) {
    return clients.get(id);
  }

  /** All clients, as of now. */
  public List<SseClient> allClients() {
    return List.copyOf(clients.all());
  }

  /** The clients that a message on this topic would reach, whoever sends it. */
  public List<SseClient> clientsOn(String topic) {
    return clients.on(topic);
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
  public PublishResult publish(SseMessage message, Collection<String> except) {
    return publisher.publish(message, except);
  }

  /** Whether the call that publishes an event hands it over to the clients of this node. */
  boolean deliversInCall() {
    return !backplane.isShared() && !config.backplane().deliveryThread();
  }

  /** See {@link Backplane.Transactional}: whether the backplane is one. */
  boolean isTransactional() {
    return publisher.isTransactional();
  }

  void publishInTransaction(List<SseMessage> messages) {
    publisher.publishInTransaction(messages);
  }

  void committed() {
    publisher.committed();
  }

  DirectMessages direct() {
    return direct;
  }

  /**
   * The latest events that match the pattern, oldest first; null matches all.
   *
   * @throws IllegalArgumentException if the pattern is malformed or the limit negative
   */
  public List<SseMessage> history(String pattern, int limit) {
    if (limit < 0) {
      throw new IllegalArgumentException("limit: must not be negative, is " + limit);
    }
    if (pattern == null) {
      return order.latest(List.of("*"), event -> true, limit);
    }
    CompiledPattern compiled = CompiledPattern.of(pattern);
    return order.latest(
        List.of(pattern), event -> event.topics().stream().anyMatch(compiled::matches), limit);
  }

  /** The id of the last event that was published, {@code <epoch>-<sequence>}. */
  public String lastEventId() {
    return order.lastEventId();
  }

  /** Returns a snapshot of the counters and gauges. */
  public SseStatistics statisticsSnapshot() {
    return snapshots.snapshot();
  }

  /** The topics with the most events, as far as is known; see {@link TopicTraffic}. */
  public List<TopicCount> busiestTopics(int limit) {
    return snapshots.busiestTopics(limit);
  }

  /** Whether clients are taken, and whether the threads go on; looks at no lock. */
  public Health health() {
    return snapshots.health();
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
    byte[] bytes = farewell == null ? null : encoder.encode(farewell);
    if (backplane instanceof LocalBackplane local) {
      // what was published before comes before the end
      local.catchUp();
    }
    if (drain.begin(System.nanoTime(), grace.toNanos(), window.toNanos())) {
      if (bytes != null) {
        direct.sendFarewell(farewell, bytes);
      }
      wheel().schedule(drain, 0);
    }
    if (admission.count() == 0) {
      drain.noClients();
    }
    return drain.drained();
  }

  boolean isDraining() {
    return drain.hasBegun();
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
    listener.ending();
    order.stop();
    backplane.close();
    threads.stop();
    notifier.stop();
    try {
      threads.join(STOP_NANOS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    histories.end();
  }

  /** Waits for the clients, for the observers that are told of them, and for their responses. */
  private void awaitEnds() throws InterruptedException {
    long window = config.writer().drainWindow().toNanos();
    try {
      drain(config.writer().drainWindow(), null, Duration.ZERO)
          .toCompletableFuture()
          .get(window + 3 * STOP_NANOS, TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LogMessage.CLIENTS_LEFT.log(LOG, admission.count());
    }
    int untold = notifier.await(window + OBSERVER_NANOS);
    if (untold > 0) {
      LogMessage.OBSERVERS_LEFT.log(LOG, untold);
    }
    completions.await(STOP_NANOS);
  }

  // ---- its parts

  StarcastConfig config() {
    return config;
  }

  /** Null where deliveries are not traced. */
  Tracing tracing() {
    return tracing != null && tracing.deliveries() ? tracing : null;
  }

  GzipHistories histories() {
    return histories;
  }

  EngineThreads threads() {
    return threads;
  }

  WriterLoop loop(int i) {
    return threads.loops()[i];
  }

  TimingWheel wheel() {
    return threads.wheel();
  }

  ClientTimer timer() {
    return timer;
  }

  LifecycleNotifier notifier() {
    return notifier;
  }

  ClientRegistry clients() {
    return clients;
  }

  EventOrder order() {
    return order;
  }

  ControlFrames frames() {
    return frames;
  }

  MessageEncoder encoder() {
    return encoder;
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
