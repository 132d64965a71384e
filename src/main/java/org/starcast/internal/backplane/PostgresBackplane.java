package org.starcast.internal.backplane;

import java.lang.System.Logger;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.starcast.SseStatistics.BackplaneStatus;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.logging.LogMessage;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * Tables of a PostgreSQL database that all nodes share. {@code starcast-1.sql} makes them, {@link
 * PostgresDatabase} has the statements, {@link PostgresWriter} sends what this node publishes.
 *
 * <p>Sequences must not be given when rows are inserted: transactions commit in another order, and
 * a node that has gone on from {@code n + 1} would never see {@code n}. Here they are given by one
 * call at a time, which holds the lock of the one row of {@code ordering} until it has committed;
 * so whoever sees a sequence sees all before it. The call is a transaction of its own, and short.
 * What a transaction of the application publishes waits for no lock: it is inserted into {@code
 * outbox}, and any node's next call gives what has committed its place. A transaction that takes
 * long holds nothing back, and one whose process ends right after the commit is as good as any.
 *
 * <p>The alternatives: numbers of transactions as a low-water mark make all nodes wait for the
 * longest transaction; a lock that is held by each transaction from its first event to its commit
 * makes them wait for each other.
 *
 * <pre>
 * AWAY ◄──► FOLLOWING        any ──close──► CLOSED
 * </pre>
 *
 * <p>{@link PostgresFollower} reads: it waits for a notification, or for the poll interval, and
 * asks for what comes behind what it had. Notifications are a matter of speed alone. A database
 * that was put back to an older state does not have what the node has read last; then another epoch
 * begins.
 */
public final class PostgresBackplane implements Backplane.Transactional {

  private enum Phase {
    AWAY,
    FOLLOWING,
    CLOSED
  }

  /** What uses the database: one may fail, and others not. */
  private enum Part {
    READER,
    WRITER,
    /** The writer, in so far as it takes what transactions have left. */
    OUTBOX,
    CLEANER
  }

  private static final Logger LOG = System.getLogger(PostgresBackplane.class.getName());

  /** How many problems are told apart until the part that has them works. */
  private static final int PROBLEMS = 100;

  private static final Duration FLUSH = Duration.ofSeconds(2);
  private static final long EXPIRE_MILLIS = 200;
  private static final long FIRST_DELAY_MILLIS = 50;
  private static final long LAST_DELAY_MILLIS = 2_000;
  private static final long CLEANING_MILLIS = 5_000;

  private final StarcastConfig config;
  private final ScheduledExecutorService scheduler;
  private final PostgresDatabase database;
  private final PostgresWriter writer;
  private final CompletableFuture<Void> started = new CompletableFuture<>();

  private ThreadPoolExecutor callbacks;
  private ThreadPoolExecutor readers;
  private Future<?> expiry;
  private Future<?> cleaning;
  private PostgresFollower follower;
  private PostgresCleaner cleaner;
  private Thread managing;
  private Thread writing;

  /** Of the managing thread; others break it. */
  private volatile Connection connection;

  // guarded by this
  private Phase phase = Phase.AWAY;
  private long outages;

  /** Why a part cannot use the database, as was logged since it could; none of those that can. */
  private final Map<Part, Set<String>> problems = new EnumMap<>(Part.class);

  /**
   * A backplane that is not connected yet.
   *
   * @param scheduler for short tasks, none of which blocks
   */
  public PostgresBackplane(
      StarcastConfig config, DataSource source, ScheduledExecutorService scheduler) {
    this.config = config;
    this.scheduler = scheduler;
    this.database = new PostgresDatabase(source, config.backplane().postgresql());
    this.writer =
        new PostgresWriter(
            database,
            config.backplane(),
            this::isAvailable,
            task -> callbacks.execute(task),
            new PostgresWriter.Listener() {
              @Override
              public void stored(boolean outbox) {
                worked(Part.WRITER);
                if (outbox) {
                  worked(Part.OUTBOX);
                }
              }

              @Override
              public void failed(Exception problem) {
                PostgresBackplane.this.failed(Part.WRITER, problem);
              }

              @Override
              public void stuck(Exception problem) {
                PostgresBackplane.this.failed(Part.OUTBOX, problem);
              }
            });
  }

  @Override
  public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
    callbacks = BackplaneThreads.callbacks(threads);
    readers = BackplaneThreads.readers(threads);
    follower = new PostgresFollower(config, database, writer, receiver);
    cleaner = new PostgresCleaner(database, config.backplane().postgresql(), receiver);
    expiry =
        scheduler.scheduleWithFixedDelay(
            this::expireSoon, EXPIRE_MILLIS, EXPIRE_MILLIS, TimeUnit.MILLISECONDS);
    cleaning =
        scheduler.scheduleWithFixedDelay(
            this::cleanSoon, CLEANING_MILLIS, CLEANING_MILLIS, TimeUnit.MILLISECONDS);
    managing = BackplaneThreads.named(threads, "starcast-backplane").newThread(this::manage);
    writing = BackplaneThreads.named(threads, "starcast-backplane-writer").newThread(writer::run);
    managing.start();
    return started.minimalCompletionStage();
  }

  /** Whoever waits for an event may do anything when it has failed: not on the scheduler. */
  private void expireSoon() {
    if (callbacks.getQueue().isEmpty()) {
      callbacks.execute(writer::expire);
    }
  }

  private void cleanSoon() {
    if (cleaner.isDue() && isAvailable() && follower.isCaughtUp() && readers.getQueue().isEmpty()) {
      readers.execute(this::clean);
    }
  }

  private void clean() {
    try {
      cleaner.clean(() -> phase() == Phase.FOLLOWING);
      worked(Part.CLEANER);
    } catch (SQLException | RuntimeException e) {
      failed(Part.CLEANER, e);
    }
  }

  // ---- publishing

  @Override
  public CompletionStage<Long> append(OutgoingEvent envelope) {
    try {
      EventBounds.check(envelope);
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedFuture(new BackplaneException(e.getMessage(), false, e));
    }
    return writer.append(null, envelope);
  }

  @Override
  public CompletionStage<Void> command(String type, byte[] body) {
    ClusterBus.checkType(type);
    OutgoingEvent event = OutgoingEvent.of(List.of(), null, List.of(), null, null, body.clone());
    return writer.append(type, event).thenApply(sequence -> null);
  }

  @Override
  public void appendInTransaction(List<OutgoingEvent> envelopes) {
    envelopes.forEach(EventBounds::check);
    try {
      database.insert(envelopes);
    } catch (SQLException e) {
      throw new BackplaneException("the events were not stored: " + e.getMessage(), false, e);
    }
  }

  @Override
  public void committed() {
    writer.committed();
  }

  // ---- following

  private void manage() {
    long delay = FIRST_DELAY_MILLIS;
    while (phase() != Phase.CLOSED) {
      boolean broken = true;
      try {
        connection = database.connect();
        if (phase() == Phase.CLOSED) {
          return;
        }
        follower.open(connection);
        while (phase() != Phase.CLOSED) {
          boolean all = follower.readOn(connection);
          enter(Phase.FOLLOWING); // not before something was read: to connect says little
          delay = FIRST_DELAY_MILLIS;
          if (writing.getState() == Thread.State.NEW) {
            writing.start(); // not before there are tables
          }
          if (all) {
            started.complete(null);
            follower.rest(connection);
          }
        }
        broken = false;
      } catch (InterruptedException e) {
        return; // close() looks after the rest
      } catch (IllegalArgumentException e) {
        if (started.completeExceptionally(e)) {
          return;
        }
        failed(Part.READER, e);
      } catch (SQLException | RuntimeException e) {
        failed(Part.READER, e);
      } finally {
        leave(broken);
      }
      try {
        Thread.sleep(delay + ThreadLocalRandom.current().nextLong(delay));
      } catch (InterruptedException e) {
        return;
      }
      delay = Math.min(LAST_DELAY_MILLIS, delay * 2);
    }
  }

  /** Logs why a part cannot use the database, unless that was said since it could. */
  private void failed(Part part, Exception e) {
    // behind the first line the driver says where, which is another place each time
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    synchronized (this) {
      boolean before = isAvailable();
      Set<String> said = problems.computeIfAbsent(part, none -> new HashSet<>());
      if (before && !isAvailable()) {
        outages++;
      }
      boolean known = problems.values().stream().anyMatch(all -> all.contains(message));
      if (said.size() < PROBLEMS) {
        said.add(message);
      }
      if (phase == Phase.CLOSED || known || said.size() == PROBLEMS) {
        return;
      }
    }
    (part == Part.OUTBOX ? LogMessage.OUTBOX_STUCK : LogMessage.DATABASE_AWAY).log(LOG, message);
  }

  private void worked(Part part) {
    synchronized (this) {
      if (problems.remove(part) == null || phase == Phase.CLOSED || part == Part.READER) {
        return;
      }
    }
    LogMessage.DATABASE_USED.log(LOG);
  }

  private void leave(boolean broken) {
    enter(Phase.AWAY);
    Connection left = connection;
    connection = null;
    if (left == null) {
      return;
    }
    if (!broken) {
      try {
        database.unlisten(left);
      } catch (SQLException e) {
        database.close(left, true);
        return;
      }
    }
    database.close(left, broken);
  }

  // ---- phases

  private synchronized Phase phase() {
    return phase;
  }

  /** Whether events can be read and stored, as far as is known. */
  private synchronized boolean isAvailable() {
    return phase == Phase.FOLLOWING && !problems.containsKey(Part.WRITER);
  }

  private synchronized void enter(Phase next) {
    if (phase == Phase.CLOSED || phase == next) {
      return;
    }
    boolean before = isAvailable();
    phase = next;
    if (next == Phase.FOLLOWING) {
      LogMessage.DATABASE_FOLLOWED.log(LOG, follower.epoch());
      worked(Part.READER);
    } else if (next == Phase.AWAY && before) {
      outages++;
    }
  }

  // ---- reading

  @Override
  public CompletionStage<List<StoredEvent>> read(long from, long to) {
    return BackplaneThreads.read(readers, "the database", () -> readNow(from, to));
  }

  private List<StoredEvent> readNow(long from, long to) throws SQLException {
    String known = follower.epoch();
    Connection own = database.connect();
    boolean broken = true;
    try {
      List<StoredEvent> events = List.of();
      List<PostgresDatabase.Row> rows;
      long at = Math.max(1, from);
      do {
        PostgresDatabase.Slice slice = database.read(own, at, to);
        follower.seen(slice.epoch(), slice.floor());
        if (!slice.epoch().equals(known)) {
          broken = false;
          throw new BackplaneException(
              "the database cannot be read now: its order is another", false, null);
        }
        rows = slice.rows();
        events = follower.events(known, rows);
        at = rows.isEmpty() ? at : rows.get(rows.size() - 1).sequence() + 1;
      } while (events.isEmpty() && !rows.isEmpty()); // all of them were malformed
      broken = false;
      return events;
    } finally {
      database.close(own, broken);
    }
  }

  @Override
  public long oldest() {
    return follower == null ? Long.MAX_VALUE : follower.oldest();
  }

  // ---- status and end

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public BackplaneStatus status() {
    boolean available;
    long times;
    synchronized (this) {
      available = isAvailable() && !problems.containsKey(Part.OUTBOX);
      times = outages;
    }
    return follower == null
        ? writer.status(available, times, 0, Duration.ZERO)
        : writer.status(available, times, follower.skipped(), cleaner.oldestTransaction());
  }

  @Override
  public void close() {
    if (managing == null) {
      enter(Phase.CLOSED);
      writer.close();
      return;
    }
    boolean interrupted = false;
    try {
      writer.seal(FLUSH);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    enter(Phase.CLOSED);
    writer.close();
    expiry.cancel(false);
    cleaning.cancel(false);
    started.completeExceptionally(new BackplaneException("the application ends", false, null));
    try {
      end(managing);
      end(writing);
      readers.shutdown();
      callbacks.shutdown();
      readers.awaitTermination(1, TimeUnit.SECONDS);
      callbacks.awaitTermination(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets a thread come to its end, or breaks what it waits for. */
  private void end(Thread thread) throws InterruptedException {
    if (!thread.isAlive()) {
      return;
    }
    thread.join(FLUSH.toMillis());
    if (thread.isAlive()) {
      thread.interrupt();
      Connection last = thread == managing ? connection : writer.connection();
      if (last != null) {
        database.close(last, true);
      }
      thread.join(FLUSH.toMillis());
    }
  }
}
