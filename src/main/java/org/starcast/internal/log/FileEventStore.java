package org.starcast.internal.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.logging.LogMessage;
import org.starcast.spi.StoredEvent;

/**
 * A log in files of a local directory, which outlives the process. Publishers hand events over and
 * never wait; what the store could not take in time shows as a hole when it is opened again, never
 * in silence, and no sequence is given out twice in one epoch. Publishers put events into a queue,
 * one thread writes them at once and forces them to the disk within {@code starcast.log.sync}. The
 * queue is bounded as the log in memory is: when the disk is that far behind, the oldest in the
 * queue are left out, which the log has let go of as well. So a clean end stores all that the log
 * has, and the queue takes no memory but the log's.
 *
 * <p>A crash of the process loses the queue, a power failure what was not forced to the disk as
 * well, and clients may have seen the ids of both. So after each end that was not a clean one the
 * sequence goes on behind all that may have been given out, with a hole before it.
 */
public final class FileEventStore {

  /**
   * What a store holds when it is opened.
   *
   * @param epoch the epoch of all sequences here, and of those to come
   * @param before the sequence before the first event; the last sequence if there is none
   * @param events the newest events by rising sequence, {@linkplain StoredEvent#isHole holes} where
   *     some are missing; about as many as the bounds of the log allow, so it has to be bounded
   *     again
   * @param states the latest events of the topics to retain, as of some moment before the end
   */
  public record Contents(
      String epoch, long before, List<StoredEvent> events, List<StoredEvent> states) {}

  private static final System.Logger LOG = System.getLogger("org.starcast.internal.log");

  /**
   * How many sequences are reserved ahead: so many that no disk is slow enough to use them up, so
   * few that no number of crashes exhausts the 2^53 that a script can count to.
   */
  private static final long RESERVED = 1_000_000_000L;

  private static final int BATCH_EVENTS = 1_000;
  private static final int BATCH_BYTES = 256 << 10;

  /** How long a failed write is not tried again. */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** How often old events are looked for when there is nothing else to do. */
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long CLOSE_SECONDS = 10;

  private final DirectoryLock lock;
  private final Reservation reservation;
  private final Segments segments;
  private final Supplier<? extends List<? extends StoredEvent>> states;
  private final String epoch;
  private final long maxEvents;
  private final long maxWeight;
  private final long syncNanos;
  private Contents contents;

  private final Queue<StoredEvent> queue = new ConcurrentLinkedQueue<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean idle;
  private volatile Thread thread;

  /** The last sequence, once it is known to be that; negative before. */
  private volatile long last = -1;

  private volatile boolean givenUp;
  private volatile long limit;

  // written by publishers, one at a time
  private volatile long putEvents;
  private volatile long putWeight;
  private volatile long putLast;
  private volatile long leftOut;
  private long leftOutWeight;

  // written by the thread that works
  private volatile long writtenEvents;
  private volatile long writtenWeight;
  private volatile long failed;
  private final List<StoredEvent> batch = new ArrayList<>(BATCH_EVENTS);
  private long batchWeight;
  private boolean unsynced;
  private long syncDue;
  private long retryAt;
  private boolean failing;
  private long reported;
  private long reportAt;

  private FileEventStore(
      DirectoryLock lock,
      Reservation reservation,
      Segments segments,
      StarcastConfig config,
      Supplier<? extends List<? extends StoredEvent>> states,
      Contents contents) {
    this.lock = lock;
    this.reservation = reservation;
    this.segments = segments;
    this.states = states;
    this.contents = contents;
    this.epoch = contents.epoch();
    this.maxEvents = config.log().events();
    this.maxWeight = config.log().bytes();
    this.syncNanos = config.log().sync().toNanos();
    this.limit = reservation.state().upTo();
  }

  /**
   * Opens the store in {@code starcast.log.directory}. A damaged end is cut off with a warning, and
   * what cannot be read at all is set aside with a warning.
   *
   * @param newEpoch makes an epoch for a store that begins anew
   * @param states gives the latest events of the topics to retain, from any thread
   * @throws IllegalArgumentException if the directory cannot be used, or is in use; the message
   *     begins with the key
   */
  public static FileEventStore open(
      StarcastConfig config,
      Supplier<String> newEpoch,
      Supplier<? extends List<? extends StoredEvent>> states) {
    Path directory = config.log().directory().orElseThrow();
    DirectoryLock lock = null;
    Reservation reservation = null;
    try {
      create(directory);
      lock = DirectoryLock.take(directory);
      if (lock == null) {
        throw new IllegalArgumentException(
            "starcast.log.directory: " + directory + " is in use by another application or server");
      }
      reservation = reservation(directory, newEpoch);
      Reservation.State state = reservation.state();
      Segments segments = new Segments(directory, state.epoch(), config);
      Contents contents = segments.open(state.upTo());
      List<StoredEvent> events = contents.events();
      long end = events.isEmpty() ? 0 : events.get(events.size() - 1).sequence();
      if (end > state.upTo()) {
        // the reservation is older than the events, so somebody put it there
        segments = new Segments(directory, state.epoch(), config);
        contents = segments.open(end + RESERVED);
      }
      reservation.write(state.epoch(), Math.max(end, state.upTo()) + RESERVED);
      return new FileEventStore(lock, reservation, segments, config, states, contents);
    } catch (IOException | RuntimeException e) {
      closeAfter(e, reservation);
      closeAfter(e, lock);
      if (e instanceof IllegalArgumentException known) {
        throw known;
      }
      throw new IllegalArgumentException(
          "starcast.log.directory: " + directory + " cannot be used: " + e, e);
    }
  }

  private static void closeAfter(Exception e, AutoCloseable open) {
    try {
      if (open != null) {
        open.close();
      }
    } catch (Exception another) {
      e.addSuppressed(another);
    }
  }

  /** Events are nobody else's business: a new directory is the server's alone. */
  private static void create(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      var owner = PosixFilePermissions.fromString("rwx------");
      Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(owner));
    } else {
      Files.createDirectories(directory);
    }
  }

  private static Reservation reservation(Path directory, Supplier<String> newEpoch)
      throws IOException {
    Path path = directory.resolve("reserved.log");
    Reservation reservation = new Reservation(path);
    try {
      if (reservation.state() == null) {
        reservation.close();
        boolean isNew = !Segments.setAsideAll(directory, "the epoch is not known");
        reservation = new Reservation(path);
        reservation.write(newEpoch.get(), 0);
        LogMessage.EPOCH_BEGUN.log(
            LOG, isNew ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING, null, directory);
      }
    } catch (IOException | RuntimeException e) {
      reservation.close();
      throw e;
    }
    return reservation;
  }

  /** What it held when it was opened; to be called once, as the store forgets it then. */
  public Contents contents() {
    Contents found = contents;
    contents = null;
    return found;
  }

  /** The last sequence that may be given out until the disk has said that it knows more are. */
  public long limit() {
    return limit;
  }

  /** How many events it left out. */
  public long unstored() {
    return leftOut + failed;
  }

  /** How many events wait for the disk. */
  long waiting() {
    return putEvents - writtenEvents - leftOut;
  }

  // ---- publishers

  /**
   * Takes an event, and leaves out the oldest that wait for the disk when these are more than the
   * log holds. By one thread at a time; never waits.
   */
  public void append(StoredEvent event) {
    putLast = event.sequence();
    putEvents = putEvents + 1;
    putWeight = putWeight + event.weight();
    queue.add(event);
    while (waiting() > maxEvents || putWeight - writtenWeight - leftOutWeight > maxWeight) {
      StoredEvent oldest = queue.poll();
      if (oldest == null) {
        break;
      }
      leftOutWeight = leftOutWeight + oldest.weight();
      leftOut = leftOut + 1;
    }
    if (idle) {
      LockSupport.unpark(thread);
    }
  }

  // ---- the thread

  /** The work, until {@link #close} or for good; for one thread, which the owner starts. */
  public void run() {
    thread = Thread.currentThread();
    try {
      while (!givenUp) {
        // read before the queue is: it has all when this says that it is the end
        boolean end = last >= 0;
        if (end) {
          // the last try
          retryAt = System.nanoTime();
        }
        boolean idleNow = !work();
        if (end && batch.isEmpty() && queue.isEmpty()) {
          finish();
          break;
        }
        if (end && failing) {
          LogMessage.EVENTS_LEFT.log(LOG, waiting());
          break;
        }
        if (idleNow) {
          pause();
        }
      }
    } finally {
      release();
      ended.countDown();
    }
  }

  /** One round; false if there was nothing to write. */
  private boolean work() {
    long now = System.nanoTime();
    boolean wrote = false;
    try {
      if (!failing || now - retryAt >= 0) {
        fill();
        if (!batch.isEmpty()) {
          write(now);
          wrote = true;
        }
        if (unsynced && now - syncDue >= 0) {
          segments.sync();
          unsynced = false;
        }
        if (limit - putLast < RESERVED / 2) {
          reservation.write(epoch, putLast + RESERVED);
          limit = putLast + RESERVED;
        }
        segments.expire(System.currentTimeMillis(), states);
        failing = false;
      }
    } catch (IOException | RuntimeException | Error e) {
      if (!failing) {
        LogMessage.LOG_FAILING.log(LOG, e);
      }
      failing = true;
      retryAt = System.nanoTime() + RETRY_NANOS;
    }
    report(now);
    return wrote;
  }

  /** Takes a batch, unless there is one that could not be written. */
  private void fill() {
    if (!batch.isEmpty()) {
      return;
    }
    batchWeight = 0;
    while (batch.size() < BATCH_EVENTS && batchWeight < BATCH_BYTES) {
      StoredEvent event = queue.poll();
      if (event == null) {
        return;
      }
      batch.add(event);
      batchWeight += event.weight();
    }
  }

  private void write(long now) throws IOException {
    failed = failed + segments.write(batch, System.currentTimeMillis());
    writtenEvents = writtenEvents + batch.size();
    writtenWeight = writtenWeight + batchWeight;
    batch.clear();
    if (!unsynced) {
      unsynced = true;
      syncDue = now + syncNanos;
    }
  }

  private void report(long now) {
    long unstored = unstored();
    if (unstored > reported && (reported == 0 || now - reportAt >= 0)) {
      LogMessage.EVENTS_UNSTORED.log(LOG, unstored - reported);
      reported = unstored;
      reportAt = now + REPORT_NANOS;
    }
  }

  private void pause() {
    long now = System.nanoTime();
    long nanos = IDLE_NANOS;
    if (failing) {
      nanos = retryAt - now;
    } else if (unsynced) {
      nanos = syncDue - now;
    }
    idle = !failing;
    if ((failing || queue.isEmpty()) && last < 0 && !givenUp && nanos > 0) {
      LockSupport.parkNanos(this, nanos);
    }
    idle = false;
    // a container may interrupt its threads when an application stops; this one ends by close()
    if (Thread.interrupted()) {
      LogMessage.LOG_INTERRUPTED.log(LOG);
    }
  }

  /** The clean end: what is on the disk is all there was. */
  private void finish() {
    try {
      segments.writeStates(states.get());
      segments.sync();
      reservation.write(epoch, last);
    } catch (IOException | RuntimeException e) {
      LogMessage.LOG_NOT_ENDED.log(LOG, e);
    }
  }

  private void release() {
    try {
      segments.close();
      reservation.close();
      lock.close();
    } catch (IOException e) {
      LogMessage.LOG_NOT_ENDED.log(LOG, e);
    }
  }

  /**
   * Nothing is appended any more: waits for the work to end, but not for long.
   *
   * @param lastSequence the last sequence that was given out
   */
  public void close(long lastSequence) {
    last = lastSequence;
    LockSupport.unpark(thread);
    try {
      if (!ended.await(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LogMessage.EVENTS_LEFT.log(LOG, waiting());
        givenUp = true;
      }
    } catch (InterruptedException e) {
      givenUp = true;
      Thread.currentThread().interrupt();
    }
  }
}
