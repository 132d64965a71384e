package org.starcast.internal.backplane;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.starcast.SseStatistics.BackplaneStatus;
import org.starcast.internal.config.BackplaneConfig;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;

/**
 * What this node publishes, until the database has it: one call of {@code append} at a time, of all
 * that waits. A call that was not answered is repeated as it was, which appends nothing twice, as
 * the database knows up to which number this node has appended. Bounded in count and bytes.
 * Thread-safe; one thread, that of {@link #run}, waits for the database.
 *
 * <p>Over 500 lines, as all that waits to be stored, and what is known of the outbox, is under one
 * monitor.
 */
final class PostgresWriter {

  private static final int BATCH_EVENTS = 1_000;
  private static final int BATCH_BYTES = 1 << 20;
  private static final long FIRST_DELAY_MILLIS = 20;
  private static final long LAST_DELAY_MILLIS = 1_000;

  /**
   * How far before the last id that was taken from the outbox it is looked for more: ids are given
   * when rows are inserted, and transactions that commit at the same time do so in any order. This
   * is a matter of speed: a transaction of which a call takes anything begins with its first row.
   */
  private static final int OUTBOX_OVERLAP = 1_000;

  /** What one event costs beside its body and texts, roughly. */
  private static final int OVERHEAD_BYTES = 200;

  /** Told how calls of the database end. Called by the thread of {@link #run}. */
  interface Listener {

    /**
     * The database has answered one.
     *
     * @param outbox whether it has taken what is in the outbox
     */
    void stored(boolean outbox);

    /** One has failed, and is repeated. */
    void failed(Exception problem);

    /** The database refuses what is in the outbox, which is tried again; the rest goes on. */
    void stuck(Exception problem);
  }

  /** Where in the outbox something may be. */
  private enum Outbox {
    /** Nowhere, as far as is known. */
    EMPTY,
    /** Behind what was taken last, or a little before. */
    RECENT,
    /** Anywhere: of a transaction that took long, or of a node that has ended. */
    ANYWHERE
  }

  /** An event or command that waits. Guarded by the writer. */
  private static final class Waiting {
    final PostgresDatabase.Entry entry;
    final int size;
    final long since;
    final CompletableFuture<Long> result = new CompletableFuture<>();

    /** Whether the database may have it though it has not said so. */
    boolean attempted;

    Waiting(PostgresDatabase.Entry entry, int size, long since) {
      this.entry = entry;
      this.size = size;
      this.since = since;
    }
  }

  /** An event that this node may still read: what it was made of. */
  private static final class Own {
    final OutgoingEvent event;

    /** Its place; 0 as long as that is not known. */
    long sequence;

    Own(OutgoingEvent event) {
      this.event = event;
    }
  }

  private final PostgresDatabase database;
  private final BackplaneConfig config;
  private final BooleanSupplier available;
  private final Executor callbacks;
  private final Listener listener;
  private final UUID node = UUID.randomUUID();

  /** Of the thread; others break it. */
  private volatile Connection connection;

  // all of these are guarded by this
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private final Map<Long, Own> own = new LinkedHashMap<>();
  private long numbers;
  private long bytes;

  private Outbox outbox = Outbox.EMPTY;

  /** The highest id that was taken from the outbox. */
  private long outboxTo;

  /** Up to which id the calls that look anywhere have come. */
  private long swept;

  /** Whether the database refuses what is in the outbox: no event is in a call with that, then. */
  private boolean stuck;

  /** Whether the next call is for the outbox alone. */
  private boolean alone;

  /** When it is tried again, once it was refused, by the clock of {@link System#nanoTime}. */
  private long outboxAt;

  private boolean sealed;
  private boolean closed;
  private long stored;
  private long failed;
  private long repeated;

  /** How many of the next are appended one by one, to find the one that cannot be. */
  private int single;

  /**
   * Nothing waits.
   *
   * @param available whether the database can be reached, as far as is known
   * @param callbacks runs what waits for events: it may do anything
   */
  PostgresWriter(
      PostgresDatabase database,
      BackplaneConfig config,
      BooleanSupplier available,
      Executor callbacks,
      Listener listener) {
    this.database = database;
    this.config = config;
    this.available = available;
    this.callbacks = callbacks;
    this.listener = listener;
  }

  // ---- what others call

  /** Takes an event, or a command: then with its type, and as the event's body the command's. */
  CompletableFuture<Long> append(String command, OutgoingEvent event) {
    int size = size(event);
    boolean away = config.failsWhenAway() && !available.getAsBoolean();
    synchronized (this) {
      String problem = null;
      if (sealed) {
        problem = "the application ends";
      } else if (away) {
        problem = "the database is away";
      } else if (waiting.size() >= config.bufferEvents()) {
        problem =
            "starcast.backplane.buffer-events: " + config.bufferEvents() + " events wait already";
      } else if (bytes + size > config.bufferBytes()) {
        problem =
            "starcast.backplane.buffer-bytes: more than "
                + config.bufferBytes()
                + " bytes would wait";
      }
      if (problem != null) {
        failed++;
        return CompletableFuture.failedFuture(new BackplaneException(problem, false, null));
      }
      long number = ++numbers;
      Waiting last =
          new Waiting(new PostgresDatabase.Entry(number, command, event), size, System.nanoTime());
      waiting.add(last);
      bytes += size;
      if (command == null) {
        own.put(number, new Own(event));
        if (own.size() > 2L * config.bufferEvents()) {
          forgetOldest();
        }
      }
      notifyAll();
      return last.result;
    }
  }

  private static int size(OutgoingEvent event) {
    int characters = 0;
    for (String topic : event.topics()) {
      characters += topic.length();
    }
    for (String id : event.except()) {
      characters += id.length();
    }
    return OVERHEAD_BYTES + 2 * characters + event.bodyLength();
  }

  /** The reader is far behind: it makes of the row what it needs. */
  private void forgetOldest() {
    Iterator<Own> oldest = own.values().iterator();
    oldest.next();
    oldest.remove();
  }

  /** A transaction of this node has committed, and left something in the outbox. */
  synchronized void committed() {
    look(Outbox.RECENT);
  }

  /** There is something in the outbox, whoever has left it there. */
  synchronized void sweep() {
    swept = 0;
    look(Outbox.ANYWHERE);
  }

  /** Another epoch has begun: ids of the outbox, too, may be lower than before. */
  synchronized void renewed() {
    outboxTo = 0;
  }

  private synchronized void look(Outbox where) {
    if (where.compareTo(outbox) > 0) {
      outbox = where;
      notifyAll();
    }
  }

  /** What an event that was read was made of, if that was here; else null. */
  synchronized OutgoingEvent take(UUID appender, long number) {
    if (!node.equals(appender)) {
      return null;
    }
    Own taken = own.remove(number);
    return taken == null ? null : taken.event;
  }

  /** All up to this sequence were read: what is not read by then never will be. */
  synchronized void passed(long sequence) {
    for (Iterator<Own> oldest = own.values().iterator(); oldest.hasNext(); ) {
      long place = oldest.next().sequence;
      if (place == 0 || place > sequence) {
        return;
      }
      oldest.remove();
    }
  }

  /** Fails what has waited for too long. It is to be called often, by no thread that must not. */
  void expire() {
    List<Waiting> late = new ArrayList<>();
    synchronized (this) {
      long patience = config.publishTimeout().toNanos();
      long now = System.nanoTime();
      while (!waiting.isEmpty() && now - waiting.peek().since > patience) {
        late.add(drop());
      }
    }
    fail(late, "starcast.backplane.publish-timeout: not stored within " + config.publishTimeout());
  }

  private Waiting drop() {
    Waiting dropped = waiting.poll();
    bytes -= dropped.size;
    own.remove(dropped.entry.number());
    failed++;
    notifyAll();
    return dropped;
  }

  private static void fail(List<Waiting> failed, String problem) {
    for (Waiting entry : failed) {
      entry.result.completeExceptionally(new BackplaneException(problem, entry.attempted, null));
    }
  }

  synchronized BackplaneStatus status(
      boolean isAvailable, long outages, long skipped, Duration oldestTransaction) {
    return new BackplaneStatus(
        "postgresql",
        isAvailable,
        waiting.size(),
        bytes,
        stored,
        failed,
        repeated,
        outages,
        skipped,
        oldestTransaction);
  }

  /** Takes nothing more, and waits until the database has what waits; or until it is too late. */
  void seal(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    synchronized (this) {
      sealed = true;
      for (long left = patience.toMillis();
          left > 0 && !(waiting.isEmpty() && outbox == Outbox.EMPTY); ) {
        wait(left);
        left = Duration.ofNanos(end - System.nanoTime()).toMillis();
      }
    }
  }

  /** Fails what is left, and ends the thread as soon as it is not waiting for the database. */
  void close() {
    List<Waiting> left = new ArrayList<>();
    synchronized (this) {
      sealed = true;
      closed = true;
      while (!waiting.isEmpty()) {
        left.add(drop());
      }
      own.clear();
      notifyAll();
    }
    fail(left, "the application ends");
  }

  /** What the thread may wait for; or null. */
  Connection connection() {
    return connection;
  }

  // ---- the thread

  /** Appends what comes, until {@link #close}. */
  void run() {
    long delay = FIRST_DELAY_MILLIS;
    try {
      for (Outbox where = await(); where != null; where = await()) {
        List<Waiting> batch = next();
        try {
          if (connection == null) {
            connection = database.connect();
          }
          settle(
              where,
              batch,
              database.append(
                  connection,
                  outboxAfter(where),
                  node,
                  batch.stream().map(each -> each.entry).toList()));
          listener.stored(where != Outbox.EMPTY);
          delay = isStuck() ? delay : FIRST_DELAY_MILLIS;
        } catch (SQLException | RuntimeException e) {
          boolean isRefused = e instanceof SQLException && isOfTheEvents((SQLException) e);
          if (isRefused) {
            listener.stored(false); // it has answered
          }
          if (isRefused && !batch.isEmpty()) {
            refused(where, batch, e);
            continue;
          }
          if (!isRefused && connection != null) {
            database.close(connection, true);
            connection = null;
          }
          again(where, e, isRefused, delay);
          if (!isRefused) {
            pause(delay);
          }
          delay = Math.min(LAST_DELAY_MILLIS, 2 * delay);
        }
      }
    } catch (InterruptedException e) {
      // close() looks after the rest
    } finally {
      if (connection != null) {
        database.close(connection, true);
      }
    }
  }

  /** Waits until there is something to append, and says where in the outbox; null at the end. */
  private synchronized Outbox await() throws InterruptedException {
    for (long pause = pauseMillis(); ; pause = pauseMillis()) {
      if (closed) {
        return null;
      }
      if (waiting.isEmpty()) {
        single = 0;
      }
      alone = (alone || stuck) && outbox != Outbox.EMPTY && pause == 0;
      if (alone || !waiting.isEmpty() || outbox != Outbox.EMPTY && pause == 0) {
        break;
      }
      wait(pause); // 0 is without end
    }
    if (!alone && (single > 0 || stuck)) {
      return Outbox.EMPTY; // so that what is refused is of that one
    }
    Outbox where = outbox;
    outbox = Outbox.EMPTY;
    return where;
  }

  /** How long the outbox is still left alone, after it was refused. */
  private long pauseMillis() {
    if (!stuck || outbox == Outbox.EMPTY) {
      return 0;
    }
    long left = TimeUnit.NANOSECONDS.toMillis(outboxAt - System.nanoTime());
    return Math.max(0, left);
  }

  /** Up to which id the outbox is not looked into. */
  private synchronized long outboxAfter(Outbox where) {
    return switch (where) {
      case EMPTY -> Long.MAX_VALUE;
      case RECENT -> Math.max(0, outboxTo - OUTBOX_OVERLAP);
      case ANYWHERE -> swept;
    };
  }

  /** What to append next; nothing for the outbox alone. */
  private synchronized List<Waiting> next() {
    List<Waiting> batch = new ArrayList<>();
    if (alone) {
      return batch;
    }
    int size = 0;
    for (Waiting entry : waiting) {
      if (!batch.isEmpty()
          && (batch.size() == BATCH_EVENTS || size + entry.size > BATCH_BYTES || single > 0)) {
        break;
      }
      if (entry.attempted) {
        repeated++;
      }
      entry.attempted = true;
      size += entry.size;
      batch.add(entry);
    }
    single = Math.max(0, single - 1);
    return batch;
  }

  private void settle(Outbox where, List<Waiting> batch, PostgresDatabase.Appended appended) {
    Map<Long, Long> sequences = appended.sequences();
    List<Waiting> lost = new ArrayList<>();
    synchronized (this) {
      stuck = stuck && where == Outbox.EMPTY;
      alone = false;
      outboxTo = Math.max(outboxTo, appended.outboxTo());
      if (appended.more()) {
        if (where == Outbox.ANYWHERE && outbox != Outbox.ANYWHERE) {
          swept = appended.outboxTo();
        }
        look(where);
      }
      for (Waiting entry : batch) {
        if (waiting.peek() != entry) {
          continue; // it was too late for it
        }
        waiting.poll();
        bytes -= entry.size;
        long number = entry.entry.number();
        Long sequence = sequences.get(number);
        if (sequence == null) {
          failed++;
          own.remove(number);
          lost.add(entry);
          continue;
        }
        stored++;
        Own kept = own.get(number);
        if (kept != null) {
          kept.sequence = sequence;
        }
      }
      notifyAll();
    }
    tell(
        () -> {
          fail(lost, "whether it was stored is not known: it is not kept any more");
          for (Waiting entry : batch) {
            Long sequence = sequences.get(entry.entry.number());
            if (sequence != null) {
              entry.result.complete(sequence);
            }
          }
        });
  }

  private void tell(Runnable task) {
    try {
      callbacks.execute(task);
    } catch (RejectedExecutionException e) {
      task.run(); // this backplane is being closed
    }
  }

  /** Whether the database refuses what an event says, and not for the time being. */
  private static boolean isOfTheEvents(SQLException e) {
    String state = e.getSQLState();
    return state != null
        && (state.startsWith("22") // data exceptions
            || state.startsWith("54") // limits, as that of an index's rows
            || state.startsWith("23") && !state.equals("23505")); // constraints, but for sequences
  }

  private void refused(Outbox where, List<Waiting> batch, Exception cause) {
    List<Waiting> bad = new ArrayList<>();
    synchronized (this) {
      look(where);
      if (batch.size() > 1 || where != Outbox.EMPTY) {
        single = batch.size();
        alone = where != Outbox.EMPTY; // first of all: whether it is that
      } else if (waiting.peek() == batch.get(0)) {
        bad.add(drop());
      }
    }
    for (Waiting entry : bad) {
      tell(
          () ->
              entry.result.completeExceptionally(
                  new BackplaneException("the database does not take it", false, cause)));
    }
  }

  private void again(Outbox where, Exception e, boolean isRefused, long delay) {
    synchronized (this) {
      look(where);
      if (closed) {
        return;
      }
      alone = false;
      stuck = stuck || isRefused;
      outboxAt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delay);
    }
    if (isRefused) {
      listener.stuck(e);
    } else {
      listener.failed(e);
    }
  }

  private synchronized boolean isStuck() {
    return stuck;
  }

  private synchronized void pause(long millis) throws InterruptedException {
    if (!closed) {
      wait(millis);
    }
  }
}
