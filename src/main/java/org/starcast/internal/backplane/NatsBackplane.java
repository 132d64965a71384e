package org.starcast.internal.backplane;

import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Subscription;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.Error;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.ServerInfo;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.starcast.BackplaneStatus;
import org.starcast.internal.config.BackplaneConfig;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.log.LatestEvents;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.Envelope;
import org.starcast.spi.LoggedEvent;

/**
 * A stream of NATS JetStream that all nodes share: its sequence is the events' sequence, its
 * identity their epoch. {@link NatsWire} says what messages look like. Needs {@code io.nats:jnats}.
 *
 * <p>Each node follows the stream with one ephemeral consumer, which it makes anew behind the last
 * message that it got whenever something is missing: a delivery, a heartbeat, the connection.
 * Before that it looks at the stream, so that one that was made anew, or that lost its latest
 * messages, is never taken for the one that it followed: another epoch begins.
 *
 * <p>A connection that breaks is not mended but replaced, as the client would send what it still
 * has before what has to be repeated, and turn the order round. One thread does that and all that
 * waits for the broker; it, those of the client, and two for reading end with {@link #close}.
 *
 * <p>What is malformed is left out, with a warning once a minute, and is not told as missed. The
 * latest events to retain are asked for by subject: an event of several topics is found by that one
 * alone which is in its subject.
 */
public final class NatsBackplane implements Backplane {

  private static final Logger LOG = System.getLogger(NatsBackplane.class.getName());

  private static final Duration HEARTBEAT = Duration.ofSeconds(2);
  private static final long SILENCE_NANOS = HEARTBEAT.toNanos() * 3;
  private static final Duration REQUEST = Duration.ofSeconds(4);
  private static final Duration FLUSH = Duration.ofSeconds(2);
  private static final long TICK_MILLIS = 500;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long LOG_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final long FIRST_DELAY_MILLIS = 100;
  private static final long LAST_DELAY_MILLIS = 2_000;
  private static final int READ_THREADS = 2;
  private static final int READS_WAITING = 10_000;
  private static final int READ_EVENTS = 256;
  private static final int READ_BYTES = 256 << 10;

  /** From this version on a stream of several copies survives the loss of the one that leads. */
  private static final String SAFE_COPIES = "2.10.0";

  private final StarcastConfig config;
  private final BackplaneConfig.Nats nats;
  private final NatsWire wire;
  private final NatsOptions options;
  private final NatsStream stream;
  private final NatsOutbox outbox;
  private final NatsTail tail;
  private final List<CompiledPattern> retained;
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final Map<LogMessage, Long> logged = new HashMap<>();

  private ThreadPoolExecutor clientThreads;
  private ThreadPoolExecutor callbacks;
  private ThreadPoolExecutor readers;
  private ScheduledThreadPoolExecutor timer;
  private Thread manager;

  private volatile boolean closed;
  private volatile Session session;
  private volatile NatsStream.Seen seen;
  private volatile long oldest = Long.MAX_VALUE;

  // guarded by this
  private boolean available;
  private long outages;
  private boolean woken;
  private boolean reopen;
  private boolean resend;

  // of the managing thread alone
  private NatsStream.Seen order;

  /** What is followed. */
  private Subscription following;

  /** One connection. */
  private record Session(
      Connection connection,
      JetStreamManagement broker,
      NatsReader reader,
      Dispatcher consumers,
      String inbox) {}

  /**
   * A backplane that is not connected yet.
   *
   * @throws IllegalArgumentException if a file that the configuration names cannot be used
   */
  public NatsBackplane(StarcastConfig config) {
    this.config = config;
    this.nats = config.backplane().nats();
    this.wire = new NatsWire(nats.subjectPrefix());
    this.options = new NatsOptions(nats);
    this.stream = new NatsStream(nats, wire.subjects());
    BackplaneConfig bounds = config.backplane();
    this.outbox =
        new NatsOutbox(
            bounds.bufferEvents(),
            bounds.bufferBytes(),
            bounds.publishTimeout(),
            "starcast.backplane.publish-timeout: ",
            this::askReopen,
            System::nanoTime);
    this.tail = new NatsTail(wire, outbox, config.limits().messageBytes(), this::askReopen);
    this.retained = config.log().retained().stream().map(CompiledPattern::of).toList();
  }

  @Override
  public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
    clientThreads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            named(threads, "starcast-backplane-client"));
    callbacks = pool(1, Integer.MAX_VALUE, named(threads, "starcast-backplane-events"));
    readers = pool(READ_THREADS, READS_WAITING, named(threads, "starcast-backplane-read"));
    timer = new ScheduledThreadPoolExecutor(1, named(threads, "starcast-backplane-timer"));
    timer.setRemoveOnCancelPolicy(true);
    timer.scheduleWithFixedDelay(this::expire, 200, 200, TimeUnit.MILLISECONDS);
    tail.start(receiver);
    manager = named(threads, "starcast-backplane").newThread(this::manage);
    manager.start();
    return started.minimalCompletionStage();
  }

  private static ThreadFactory named(ThreadFactory threads, String name) {
    return task -> {
      Thread thread = threads.newThread(task);
      thread.setName(name);
      return thread;
    };
  }

  private static ThreadPoolExecutor pool(int size, int waiting, ThreadFactory threads) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            size, size, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(waiting), threads);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  // ---- publishing

  @Override
  public CompletionStage<Long> append(Envelope envelope) {
    NatsWire.Outgoing message;
    try {
      message = wire.event(envelope, this::isRetained);
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedFuture(new BackplaneException(e.getMessage(), false, e));
    }
    return outbox.append(message, envelope, config.backplane().failsWhenAway());
  }

  private boolean isRetained(String topic) {
    return retained.stream().anyMatch(pattern -> pattern.matches(topic));
  }

  @Override
  public CompletionStage<Void> command(String type, byte[] body) {
    return outbox
        .append(wire.command(type, body.clone()), null, config.backplane().failsWhenAway())
        .thenApply(sequence -> null);
  }

  private void expire() {
    if (outbox.expire()) {
      synchronized (this) {
        resend = true;
        wake();
      }
    }
  }

  // ---- following

  private void manage() {
    long delay = FIRST_DELAY_MILLIS;
    while (!closed) {
      try {
        Session connected = connect();
        delay = FIRST_DELAY_MILLIS;
        try {
          serve(connected);
        } finally {
          leave(connected);
        }
      } catch (InterruptedException e) {
        // close() looks after the rest
        return;
      } catch (IOException | RuntimeException e) {
        if (isConflict(e) && !started.isDone()) {
          started.completeExceptionally(e);
          return;
        }
        complain(e);
      }
      try {
        Thread.sleep(delay + ThreadLocalRandom.current().nextLong(delay));
      } catch (InterruptedException e) {
        return;
      }
      delay = Math.min(LAST_DELAY_MILLIS, delay * 2);
    }
  }

  /** Whether it is the configuration that has to be changed. */
  private static boolean isConflict(Exception e) {
    return e instanceof IllegalArgumentException && e.getMessage().startsWith("starcast.");
  }

  private Session connect() throws IOException, InterruptedException {
    Connection connection =
        Nats.connect(
            options.options(
                clientThreads, callbacks, timer, (from, event) -> changed(from), errors()));
    try {
      options.learn(connection.getServers());
      JetStreamManagement broker =
          connection.jetStreamManagement(
              JetStreamOptions.builder().requestTimeout(REQUEST).build());
      String inbox = connection.createInbox() + ".";
      connection.createDispatcher(outbox::answered).subscribe(inbox + "*");
      long most = connection.getServerInfo().getMaxPayload();
      if (most < config.limits().messageBytes()) {
        tell(LogMessage.PAYLOAD_SMALL, most, config.limits().messageBytes());
      }
      return new Session(
          connection,
          broker,
          new NatsReader(connection, broker, nats.stream()),
          connection.createDispatcher(),
          inbox);
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** Returns when the connection is lost. */
  private void serve(Session connected) throws IOException, InterruptedException {
    session = connected;
    boolean open = false;
    long looked = 0;
    long idleAt = -1;
    while (!closed && connected.connection.getStatus() == Connection.Status.CONNECTED) {
      boolean again;
      boolean repeat;
      synchronized (this) {
        again = reopen;
        repeat = resend;
        reopen = false;
        resend = false;
        woken = false;
      }
      try {
        if (!open || again) {
          open = false;
          open(connected);
          open = true;
          looked = System.nanoTime();
          idleAt = -1;
        } else if (tail.isSilent(SILENCE_NANOS)) {
          // the look finds out whether it is the consumer or the connection
          stream.look(connected.broker);
          askReopen();
          continue;
        } else if (repeat) {
          resume(connected);
        }
        if (System.nanoTime() - looked > LOOK_NANOS) {
          looked = System.nanoTime();
          NatsStream.Seen now = stream.look(connected.broker);
          long last = tail.last();
          boolean behind = now.last() > last;
          if (!now.isSameOrder(seen) || now.last() < last || behind && idleAt == last) {
            // another order, or the consumer brings nothing though there is something, or was
            askReopen();
            continue;
          }
          idleAt = behind ? last : -1;
          seen(now);
        }
        pause(TICK_MILLIS);
      } catch (JetStreamApiException e) {
        unavailable();
        complain(e);
        askReopen();
        Thread.sleep(500);
      } catch (IllegalArgumentException e) {
        if (!isConflict(e) || !started.isDone()) {
          throw e;
        }
        unavailable();
        complain(e);
        askReopen();
        Thread.sleep(LAST_DELAY_MILLIS);
      }
    }
  }

  /** Checks the stream, and follows it from where this node is. */
  private void open(Session connected)
      throws IOException, JetStreamApiException, InterruptedException {
    tail.pause();
    // what the broker refused a moment ago
    Thread.sleep(order == null ? 0 : ThreadLocalRandom.current().nextInt(20, 100));
    boolean complete = false;
    long there = 0;
    while (!complete) {
      NatsStream.Seen found = settle(connected, stream.open(connected.broker));
      if (order == null || !order.isSameOrder(found)) {
        begin(connected, found, epoch(found));
      } else {
        tail.lost(found.first() - 1);
      }
      there = found.last();
      complete = follow(connected, found);
    }
    if (!started.isDone()) {
      tail.when(there, () -> caughtUp(connected));
    }
    if (outbox.isPaused()) {
      resume(connected);
    }
    available();
  }

  /** Follows the stream; false if it has become another meanwhile. */
  private boolean follow(Session connected, NatsStream.Seen found)
      throws IOException, JetStreamApiException {
    String inbox = connected.connection.createInbox();
    Object consumer = tail.follow();
    Subscription subscription =
        connected.consumers.subscribe(
            inbox, message -> tail.receive(consumer, connected.connection, message));
    boolean complete = false;
    try {
      ConsumerInfo made =
          connected.broker.createConsumer(
              nats.stream(),
              NatsReader.consumer()
                  .deliverSubject(inbox)
                  .deliverPolicy(DeliverPolicy.ByStartSequence)
                  .startSequence(tail.last() + 1)
                  .flowControl(HEARTBEAT)
                  .build());
      NatsStream.Seen after = stream.look(connected.broker);
      complete = after.isSameOrder(found) && after.last() >= found.last();
      if (complete) {
        if (made.getNumPending() == 0 && made.getDelivered().getConsumerSequence() == 0) {
          // all that was there is gone
          tail.lostUnlessDelivered(consumer, found.last());
        }
        seen(after);
        previous(connected, subscription);
      }
      return complete;
    } finally {
      if (!complete) {
        tail.pause();
        if (connected.connection.getStatus() == Connection.Status.CONNECTED) {
          connected.consumers.unsubscribe(subscription);
        }
      }
    }
  }

  /** Ends what was followed before; the broker forgets its consumer soon. */
  private void previous(Session connected, Subscription now) {
    if (following != null && following.getDispatcher() == connected.consumers) {
      connected.consumers.unsubscribe(following);
    }
    following = now;
  }

  /** Goes on with publishing, as soon as this node has read what the stream has of it. */
  private void resume(Session connected) throws IOException, JetStreamApiException {
    if (!outbox.isUncertain()) {
      resumeNow(connected);
      return;
    }
    outbox.pause();
    long there = stream.look(connected.broker).last();
    tail.when(there, () -> caughtUp(connected));
  }

  private void caughtUp(Session connected) {
    clientThreads.execute(
        () -> {
          started.complete(null);
          if (outbox.isPaused()) {
            resumeNow(connected);
          }
        });
  }

  private void resumeNow(Session connected) {
    if (connected.connection.getStatus() == Connection.Status.CONNECTED) {
      outbox.resume(connected.connection, connected.inbox, seen.window(), true);
    }
  }

  private void available() {
    boolean before;
    synchronized (this) {
      before = available;
      available = true;
    }
    if (!before) {
      LogMessage.CONNECTED.log(LOG, nats.stream(), tail.epoch());
    }
  }

  /** The stream, with a new generation if it lost messages that this node had received. */
  private NatsStream.Seen settle(Session connected, NatsStream.Seen found)
      throws IOException, JetStreamApiException {
    if (order == null
        || !order.created().equals(found.created())
        || found.generation() > order.generation()
        || found.generation() == order.generation() && !isRolledBack(connected, found)) {
      return found;
    }
    try {
      return stream.raiseGeneration(connected.broker, found, order.generation());
    } catch (JetStreamApiException | IOException e) {
      if (connected.connection.getStatus() != Connection.Status.CONNECTED) {
        throw e;
      }
      LogMessage.EPOCH_OF_ITS_OWN.log(LOG, Level.ERROR, e, nats.stream());
      begin(
          connected, found, found.created() + new BigInteger(50, new SecureRandom()).toString(36));
      return found;
    }
  }

  private boolean isRolledBack(Session connected, NatsStream.Seen found)
      throws IOException, JetStreamApiException {
    long last = tail.last();
    long nanos = tail.lastNanos();
    if (found.last() < last) {
      return true;
    }
    if (nanos == 0 || found.first() > last) {
      return false;
    }
    try {
      MessageInfo there = message(connected, last);
      ZonedDateTime time = there == null ? null : there.getTime();
      return time != null && NatsStream.nanos(time) != nanos;
    } catch (IllegalArgumentException e) {
      // it was left out for that
      return false;
    }
  }

  /**
   * A message of the stream; null if it is not there.
   *
   * @throws IllegalArgumentException if the client cannot read it
   */
  private MessageInfo message(Session connected, long sequence)
      throws IOException, JetStreamApiException {
    try {
      Message answer =
          connected.connection.request(
              "$JS.API.STREAM.MSG.GET." + nats.stream(),
              ("{\"seq\":" + sequence + "}").getBytes(StandardCharsets.US_ASCII),
              REQUEST);
      if (answer == null) {
        throw new IOException("no answer to the question for a message");
      }
      MessageInfo info = new MessageInfo(answer, nats.stream(), false);
      Error error = info.getErrorObject();
      if (error != null && error.getCode() != 404) {
        throw new JetStreamApiException(error);
      }
      if (error != null) {
        return null;
      }
      return info;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static String epoch(NatsStream.Seen found) {
    return found.generation() == 0
        ? found.created()
        : found.created() + Integer.toString(found.generation(), 36);
  }

  private void begin(Session connected, NatsStream.Seen found, String epoch)
      throws IOException, JetStreamApiException {
    long from =
        found.messages() == 0
            ? found.last() + 1
            : Math.max(found.first(), found.last() - config.log().events() + 1);
    List<LoggedEvent> states;
    try {
      states = states(connected, epoch, from - 1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    if (order != null) {
      LogMessage.EPOCH_OF_STREAM.log(LOG, nats.stream(), epoch);
    }
    ServerInfo server = connected.connection.getServerInfo();
    if (found.configuration().getReplicas() > 1 && server.isOlderThanVersion(SAFE_COPIES)) {
      tell(LogMessage.BROKER_OLD, server.getVersion(), nats.stream(), SAFE_COPIES);
    }
    order = found;
    tail.begin(epoch, from - 1, states);
  }

  private List<LoggedEvent> states(Session connected, String epoch, long upTo)
      throws IOException, JetStreamApiException, InterruptedException {
    if (retained.isEmpty() || upTo < 1) {
      return List.of();
    }
    List<LoggedEvent> kept = List.of();
    for (CompiledPattern pattern : retained) {
      List<LoggedEvent> found = new ArrayList<>(kept);
      connected.reader.read(
          NatsReader.consumer()
              .deliverPolicy(DeliverPolicy.LastPerSubject)
              .filterSubject(wire.filter(pattern.toString()))
              .build(),
          message -> {
            LoggedEvent event = event(message, epoch);
            if (event != null && event.sequence() <= upTo) {
              found.add(event);
            }
            return true;
          });
      // in order, each once, and no more than are kept
      LatestEvents<LoggedEvent> latest =
          new LatestEvents<>(retained, config.log().retainTopics(), config.log().retainBytes());
      found.sort(Comparator.comparingLong(LoggedEvent::sequence));
      found.forEach(latest::append);
      kept = latest.snapshot();
    }
    return kept;
  }

  /** The event that a message is; null for a command, and for what is malformed. */
  private LoggedEvent event(Message message, String epoch) {
    try {
      if (wire.commandOf(message.getSubject()) != null) {
        return null;
      }
      NatsPlace place = NatsPlace.of(message.getReplyTo());
      return tail.envelope(message).at(epoch, place.sequence(), place.nanos() / 1_000_000);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private void seen(NatsStream.Seen now) {
    seen = now;
    oldest = now.first();
  }

  private void leave(Session left) {
    outbox.pause();
    unavailable();
    tail.pause();
    session = null;
    following = null;
    try {
      // may take seconds when the broker does not read
      clientThreads.execute(() -> close(left.connection));
    } catch (RejectedExecutionException e) {
      // this backplane is being closed
      close(left.connection);
    }
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void unavailable() {
    if (available) {
      available = false;
      outages++;
    }
  }

  /** Something happened to a connection. */
  private void changed(Connection connection) {
    Session current = session;
    if (current != null
        && current.connection == connection
        && connection.getStatus() != Connection.Status.CONNECTED) {
      outbox.pause();
      unavailable();
    }
    synchronized (this) {
      wake();
    }
  }

  private synchronized void askReopen() {
    reopen = true;
    wake();
  }

  // guarded by this
  private void wake() {
    woken = true;
    notifyAll();
  }

  private synchronized void pause(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = millis; !woken && !closed && left > 0; ) {
      wait(left);
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
  }

  // ---- reading

  @Override
  public CompletionStage<List<LoggedEvent>> read(long from, long to) {
    CompletableFuture<List<LoggedEvent>> result = new CompletableFuture<>();
    ThreadPoolExecutor pool = readers;
    try {
      if (pool == null) {
        throw new RejectedExecutionException();
      }
      pool.execute(
          () -> {
            try {
              result.complete(readNow(from, to));
            } catch (BackplaneException e) {
              result.completeExceptionally(e);
            } catch (InterruptedException
                | IOException
                | JetStreamApiException
                | RuntimeException e) {
              result.completeExceptionally(
                  new BackplaneException("the stream cannot be read now", false, e));
            }
          });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(
          new BackplaneException("the stream cannot be read now: too many wait", false, e));
    }
    return result;
  }

  private List<LoggedEvent> readNow(long from, long to)
      throws IOException, JetStreamApiException, InterruptedException {
    Session current = session;
    String epoch = tail.epoch();
    NatsStream.Seen known = seen;
    if (current == null || known == null) {
      throw new BackplaneException(
          "the stream cannot be read now: the broker is away", false, null);
    }
    List<LoggedEvent> events = new ArrayList<>();
    long[] bytes = new long[1];
    long there = Math.max(known.last(), tail.last());
    if (there < to) {
      // another node may have received what this one has not
      there = Math.max(there, stream.look(current.broker).last());
    }
    long last = Math.min(to, there);
    if (from <= last) {
      current.reader.read(
          NatsReader.consumer()
              .deliverPolicy(DeliverPolicy.ByStartSequence)
              .startSequence(Math.max(1, from))
              .build(),
          message -> {
            long sequence = NatsPlace.of(message.getReplyTo()).sequence();
            LoggedEvent event = sequence > last ? null : event(message, epoch);
            if (event != null) {
              events.add(event);
              bytes[0] += event.length();
            }
            return sequence < last && events.size() < READ_EVENTS && bytes[0] < READ_BYTES;
          });
    }
    NatsStream.Seen now = stream.look(current.broker);
    if (!now.isSameOrder(known) || !epoch.equals(tail.epoch())) {
      throw new BackplaneException("the stream cannot be read now: it is another", false, null);
    }
    oldest = now.first();
    return events;
  }

  @Override
  public long oldest() {
    return oldest;
  }

  // ---- standing and end

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public BackplaneStatus status() {
    boolean now;
    long times;
    synchronized (this) {
      now = available;
      times = outages;
    }
    return outbox.status(now, times, tail.malformed());
  }

  @Override
  public void close() {
    outbox.seal();
    boolean interrupted = false;
    try {
      outbox.awaitEmpty(FLUSH);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    closed = true;
    tail.close();
    outbox.close();
    started.completeExceptionally(new BackplaneException("the application ends", false, null));
    if (manager != null) {
      interrupted |= !end();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends all threads; false if this one was interrupted. */
  private boolean end() {
    Session last = session;
    manager.interrupt();
    synchronized (this) {
      wake();
    }
    try {
      manager.join(FLUSH.toMillis());
      if (last != null) {
        close(last.connection);
      }
      List<ExecutorService> pools = List.of(readers, timer, clientThreads, callbacks);
      pools.forEach(ExecutorService::shutdownNow);
      for (ExecutorService pool : pools) {
        pool.awaitTermination(1, TimeUnit.SECONDS);
      }
      return true;
    } catch (InterruptedException e) {
      List.of(readers, timer, clientThreads, callbacks).forEach(ExecutorService::shutdownNow);
      return false;
    }
  }

  // ---- logging

  private ErrorListener errors() {
    return new ErrorListener() {
      @Override
      public void errorOccurred(Connection connection, String error) {
        tell(LogMessage.BROKER_ERROR, error);
      }

      @Override
      public void exceptionOccurred(Connection connection, Exception exception) {
        LogMessage.BROKER_EXCEPTION.log(LOG, exception);
      }
    };
  }

  private void complain(Exception e) {
    if (e instanceof AuthenticationException) {
      tell(LogMessage.CREDENTIALS_REFUSED);
    } else if (e instanceof JetStreamApiException api) {
      tell(LogMessage.STREAM_UNUSABLE, nats.stream(), api.getErrorDescription());
    } else if (isConflict(e)) {
      tell(LogMessage.STREAM_DIFFERS, e.getMessage());
    } else {
      // without the client's text, which has the URLs
      tell(LogMessage.BROKER_AWAY, e.getClass().getSimpleName());
      LogMessage.BROKER_EXCEPTION.log(LOG, e);
    }
  }

  /** Logs the same message once a minute at most. */
  private void tell(LogMessage message, Object... values) {
    long now = System.nanoTime();
    synchronized (logged) {
      Long before = logged.get(message);
      if (before != null && now - before < LOG_INTERVAL_NANOS) {
        return;
      }
      logged.put(message, now);
    }
    message.log(LOG, values);
  }
}
