package org.starcast.internal.log;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.logging.LogMessage;
import org.starcast.spi.StoredEvent;

/**
 * The files that events are in: segments, each of consecutive events, of which the newest is
 * appended to and the oldest deleted when the log does not need it any more; and one file with the
 * latest events of the topics to retain, written before a segment goes. Used by one thread at a
 * time.
 */
final class Segments {

  private static final System.Logger LOG = System.getLogger("org.starcast.internal.log");

  /** The log is this many segments, unless they would be very small or very large. */
  private static final int SEGMENTS = 8;

  private static final int MIN_EVENTS = 1_000;
  private static final long MIN_BYTES = 64 << 10;
  private static final long MAX_BYTES = 64 << 20;
  private static final long MIN_AGE_MILLIS = 1_000;

  private static final String PREFIX = "events-";
  private static final String SUFFIX = ".log";
  private static final String STATES = "states" + SUFFIX;

  private static final class Segment {
    private final Path path;

    /** Open while it is appended to, or has what is not forced to the disk. */
    private RandomAccessFile file;

    private boolean dirty;
    private long bytes = Records.HEADER;
    private int events;
    private long weight;
    private long firstTime;
    private long lastTime;

    Segment(Path path) {
      this.path = path;
    }

    void count(StoredEvent event) {
      if (events++ == 0) {
        firstTime = event.time();
      }
      lastTime = event.time();
      weight += event.weight();
    }
  }

  private final Path directory;
  private final String epoch;
  private final long maxEvents;
  private final long maxWeight;
  private final long maxAgeMillis;
  private final int segmentEvents;
  private final long segmentBytes;
  private final long segmentAgeMillis;
  private final Records records = new Records();

  /** Oldest first. */
  private final Deque<Segment> segments = new ArrayDeque<>();

  /** The one to append to; null if the next event begins one. */
  private Segment current;

  private long events;
  private long weight;
  private boolean directoryDirty;
  private long statesBytes;

  /** Bounded as the log is. */
  Segments(Path directory, String epoch, StarcastConfig config) {
    this.directory = directory;
    this.epoch = epoch;
    this.maxEvents = config.log().events();
    this.maxWeight = config.log().bytes();
    this.maxAgeMillis = config.log().age().toMillis();
    this.segmentEvents = (int) Math.max(MIN_EVENTS, maxEvents / SEGMENTS);
    this.segmentBytes = Math.min(MAX_BYTES, Math.max(MIN_BYTES, maxWeight / SEGMENTS));
    this.segmentAgeMillis = Math.max(MIN_AGE_MILLIS, maxAgeMillis / SEGMENTS);
  }

  // ---- opening

  /**
   * Reads what is there, and cuts off or sets aside what is damaged.
   *
   * @param upTo the last sequence that may have been given out
   */
  FileEventStore.Contents open(long upTo) throws IOException {
    List<StoredEvent> found = new ArrayList<>();
    for (Path path : list(directory, PREFIX)) {
      Segment segment = new Segment(path);
      if (read(segment, found)) {
        segments.add(segment);
        events += segment.events;
        weight += segment.weight;
        current = segment;
      }
    }
    long before = found.isEmpty() ? upTo : found.get(0).sequence() - 1;
    return new FileEventStore.Contents(epoch, before, withHoles(found, upTo), readStates());
  }

  /** Reads a segment; false if it is gone. */
  private boolean read(Segment segment, List<StoredEvent> found) throws IOException {
    long last = found.isEmpty() ? 0 : found.get(found.size() - 1).sequence();
    String problem = null;
    boolean readable = false;
    try (RecordReader reader = new RecordReader(segment.path)) {
      try {
        reader.readHeader(epoch);
        readable = true;
        for (StoredEvent event = reader.read(); event != null; event = reader.read()) {
          // after a failed write some may be in two segments
          if (event.sequence() > last) {
            found.add(event);
          }
          segment.count(event);
        }
      } catch (RecordReader.DamagedException e) {
        problem = e.getMessage();
      }
      segment.bytes = reader.position();
    } catch (IOException e) {
      problem = e.toString();
      readable = false;
    }
    if (!readable) {
      setAside(directory, segment.path, problem);
      return false;
    }
    if (problem != null) {
      LogMessage.FILE_CUT.log(LOG, segment.path, Long.toString(segment.bytes), problem);
      try (RandomAccessFile file = new RandomAccessFile(segment.path.toFile(), "rw")) {
        file.setLength(segment.bytes);
        file.getFD().sync();
      }
    }
    if (segment.events == 0) {
      Files.delete(segment.path);
      return false;
    }
    return true;
  }

  private List<StoredEvent> readStates() throws IOException {
    List<StoredEvent> states = new ArrayList<>();
    Path path = directory.resolve(STATES);
    if (!Files.exists(path)) {
      return states;
    }
    try (RecordReader reader = new RecordReader(path)) {
      reader.readHeader(epoch);
      for (StoredEvent event = reader.read(); event != null; event = reader.read()) {
        states.add(event);
      }
      statesBytes = reader.position();
    } catch (IOException e) {
      setAside(directory, path, e.toString());
    }
    return states;
  }

  /** With a hole behind which ever sequence another than the next one follows. */
  private static List<StoredEvent> withHoles(List<StoredEvent> found, long upTo) {
    List<StoredEvent> all = new ArrayList<>(found.size() + 1);
    StoredEvent before = null;
    for (StoredEvent event : found) {
      if (before != null && event.sequence() > before.sequence() + 1) {
        all.add(hole(event.sequence() - 1, before.time()));
      }
      all.add(event);
      before = event;
    }
    if (before != null && before.sequence() < upTo) {
      all.add(hole(upTo, System.currentTimeMillis()));
    }
    return all;
  }

  private static StoredEvent hole(long sequence, long time) {
    return new StoredEvent(sequence, time, List.of(), null, List.of(), null, 0);
  }

  /** The files of this log whose names begin so, in their order. */
  private static List<Path> list(Path directory, String prefix) throws IOException {
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, prefix + "*" + SUFFIX)) {
      files.forEach(paths::add);
    }
    Collections.sort(paths);
    return paths;
  }

  /** Moves all files of a log away, whose epoch nobody knows; false if there are none. */
  static boolean setAsideAll(Path directory, String problem) throws IOException {
    boolean any = false;
    for (Path path : list(directory, "")) {
      if (Files.size(path) == 0) {
        Files.delete(path);
      } else {
        setAside(directory, path, problem);
        any = true;
      }
    }
    return any;
  }

  /** Moves a file to where its namesake of the last time is overwritten: so there are not many. */
  static void setAside(Path directory, Path path, String problem) throws IOException {
    Path unreadable = Files.createDirectories(directory.resolve("unreadable"));
    Path name = unreadable.resolve(path.getFileName().toString().replaceAll("[0-9]+", "n"));
    Files.move(path, name, StandardCopyOption.REPLACE_EXISTING);
    LogMessage.FILE_SET_ASIDE.log(LOG, path, name, problem);
  }

  // ---- writing

  /**
   * Appends events, which all go into one segment.
   *
   * @return how many of them were too large
   * @throws IOException if none is stored; they may be tried again
   */
  int write(List<? extends StoredEvent> batch, long now) throws IOException {
    if (current != null && isFull(current, now)) {
      finish();
    }
    records.clear();
    int tooLarge = 0;
    for (StoredEvent event : batch) {
      if (!records.add(event)) {
        tooLarge++;
      }
    }
    try {
      if (current == null) {
        begin(batch.get(0).sequence());
      }
      if (current.file == null) {
        current.file = new RandomAccessFile(current.path.toFile(), "rw");
      }
      current.dirty = true;
      current.file.seek(current.bytes);
      current.file.write(records.bytes(), 0, records.length());
    } catch (IOException e) {
      abandon();
      throw e;
    }
    current.bytes += records.length();
    for (StoredEvent event : batch) {
      current.count(event);
      weight += event.weight();
    }
    events += batch.size();
    return tooLarge;
  }

  private boolean isFull(Segment segment, long now) {
    return segment.events >= segmentEvents
        || segment.bytes >= segmentBytes
        || maxAgeMillis > 0 && segment.firstTime < now - segmentAgeMillis;
  }

  private void begin(long sequence) throws IOException {
    Segment segment =
        new Segment(
            directory.resolve(String.format(Locale.ROOT, "%s%019d%s", PREFIX, sequence, SUFFIX)));
    segments.add(segment);
    current = segment;
    directoryDirty = true;
    segment.file = new RandomAccessFile(segment.path.toFile(), "rw");
    segment.dirty = true;
    segment.file.setLength(0);
    segment.file.write(Records.header(epoch));
  }

  private void finish() throws IOException {
    Segment segment = current;
    current = null;
    if (!segment.dirty) {
      close(segment);
    }
  }

  /** After a failed write: the segment ends where it was good, the next event begins another. */
  private void abandon() {
    Segment segment = current;
    current = null;
    try {
      if (segment.file != null) {
        segment.file.setLength(segment.bytes);
      }
    } catch (IOException e) {
      LogMessage.END_KEPT.log(LOG, e);
    }
    if (segment.events == 0) {
      segments.remove(segment);
      try {
        close(segment);
        Files.deleteIfExists(segment.path);
      } catch (IOException e) {
        LogMessage.FILE_KEPT.log(LOG, e);
      }
    }
  }

  private static void close(Segment segment) throws IOException {
    RandomAccessFile file = segment.file;
    segment.file = null;
    if (file != null) {
      file.close();
    }
  }

  /** Forces all to the disk. */
  void sync() throws IOException {
    for (Segment segment : segments) {
      if (segment.dirty) {
        segment.file.getFD().sync();
        segment.dirty = false;
        if (segment != current) {
          close(segment);
        }
      }
    }
    if (directoryDirty) {
      directoryDirty = false;
      syncDirectory();
    }
  }

  private void syncDirectory() {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // not every system can; those that need it can
      LogMessage.DIRECTORY_UNFORCED.log(LOG, e);
    }
  }

  // ---- retention

  /**
   * Deletes what the log does not hold any more.
   *
   * @param states gives the latest events of the topics to retain
   */
  void expire(long now, Supplier<? extends List<? extends StoredEvent>> states) throws IOException {
    if (current != null && isOld(current, now)) {
      finish();
    }
    long eventsLeft = events;
    long weightLeft = weight;
    long bytes = 0;
    int gone = 0;
    for (Segment segment : segments) {
      eventsLeft -= segment.events;
      weightLeft -= segment.weight;
      if (segment == current
          || eventsLeft < maxEvents && weightLeft < maxWeight && !isOld(segment, now)) {
        break;
      }
      gone++;
      bytes += segment.bytes;
    }
    if (gone == 0) {
      return;
    }
    if (bytes < statesBytes) {
      // writing the states each time would cost more than it frees
      return;
    }
    writeStates(states.get());
    for (; gone > 0; gone--) {
      Segment segment = segments.removeFirst();
      events -= segment.events;
      weight -= segment.weight;
      close(segment);
      Files.deleteIfExists(segment.path);
    }
    directoryDirty = true;
  }

  private boolean isOld(Segment segment, long now) {
    return maxAgeMillis > 0 && segment.lastTime < now - maxAgeMillis;
  }

  /** Replaces the file of states, wholly or not at all. */
  void writeStates(List<? extends StoredEvent> states) throws IOException {
    Path path = directory.resolve(STATES);
    if (states.isEmpty()) {
      Files.deleteIfExists(path);
      statesBytes = 0;
      return;
    }
    Path next = directory.resolve("states.next");
    try (RandomAccessFile file = new RandomAccessFile(next.toFile(), "rw")) {
      file.setLength(0);
      file.write(Records.header(epoch));
      for (StoredEvent state : states) {
        records.clear();
        if (records.add(state)) {
          file.write(records.bytes(), 0, records.length());
        }
      }
      file.getFD().sync();
      statesBytes = file.length();
    }
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    syncDirectory();
  }

  /** Closes the files, forced to the disk or not. */
  void close() throws IOException {
    for (Segment segment : segments) {
      close(segment);
    }
  }
}
