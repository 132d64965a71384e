package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.writer.Gzip;
import org.starcast.spi.StoredEvent;

/**
 * Gzip streams that refer back to what was written before: whatever clients get, each inflates its
 * whole stream to the plain bytes of its frames; and what clients get alike is deflated once.
 *
 * <p>{@code -Dstarcast.test.seed=…} repeats one run, {@code starcast.test.runs} multiplies their
 * number.
 */
class GzipStreamTest {

  private static final int RUNS = 40;
  private static final int STEPS = 300;
  private static final Frame HEARTBEAT = Frame.permanent(":\n\n".getBytes(StandardCharsets.UTF_8));

  private final Gzip gzip = new Gzip(6, 256);
  private GzipHistories histories = new GzipHistories(6, 32);

  /** The log, which keeps the last events. */
  private final List<Frame> kept = new ArrayList<>();

  private long sequence;

  @AfterEach
  void free() {
    gzip.end();
    histories.end();
  }

  private static StoredEvent event(long sequence, byte[] bytes) {
    return new StoredEvent(sequence, 1, List.of("t"), null, List.of(), bytes, bytes.length);
  }

  /** As it comes from a publisher, for so many clients; 0 for unknown. */
  private Frame published(byte[] bytes, int clients) {
    Frame frame = new Frame(event(++sequence, bytes), null, 1, null, null);
    frame.audience(clients);
    kept.add(frame);
    return frame;
  }

  private static Frame direct(byte[] bytes) {
    return Frame.toOne(bytes, null, null);
  }

  /** A table of which a row changes each time. */
  private static final class Table {
    private final Random random;
    private final String[] rows;

    Table(Random random, int rows) {
      this.random = random;
      this.rows = new String[rows];
      for (int i = 0; i < rows; i++) {
        change(i);
      }
    }

    private void change(int row) {
      rows[row] =
          "data: elements <tr id=\"r%d\"><td>%s</td><td>%d</td></tr>%n"
              .formatted(row, Long.toString(random.nextLong(), 36), random.nextInt(10_000));
    }

    byte[] next() {
      change(random.nextInt(rows.length));
      String all = "event: datastar-patch-elements\n" + String.join("", rows) + "\n";
      return all.getBytes(StandardCharsets.UTF_8);
    }
  }

  private static byte[] tick(Random random) {
    return "data: {\"symbol\":\"ABC%d\",\"bid\":%d,\"ask\":%d,\"venue\":\"XNAS\"}%n%n"
        .formatted(random.nextInt(9), random.nextInt(9999), random.nextInt(9999))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] noise(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return data(bytes);
  }

  private static byte[] data(byte[] bytes) {
    return ("data: " + new String(bytes, StandardCharsets.ISO_8859_1).replaceAll("[\r\n]", "n"))
        .concat("\n\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static final class Bytes extends ByteArrayOutputStream {
    int mismatch(Bytes other, int from) {
      return Arrays.mismatch(buf, from, count, other.buf, from, other.count);
    }
  }

  /** A client, which inflates what it gets at once. */
  private final class Receiver {
    private final GzipStream stream = new GzipStream(histories);
    private final Inflater inflater = new Inflater(true);
    private final Bytes inflated = new Bytes();
    private final Bytes plain = new Bytes();
    private int checked;

    byte[] get(Frame frame) {
      byte[] piece = stream.next(frame, gzip);
      plain.write(frame.bytes(), 0, frame.length());
      inflate(piece, piece.length);
      return piece;
    }

    void inflate(byte[] bytes, int length) {
      byte[] out = new byte[8 << 10];
      inflater.setInput(bytes, 0, length);
      try {
        for (int n = inflater.inflate(out); n > 0; n = inflater.inflate(out)) {
          inflated.write(out, 0, n);
        }
      } catch (DataFormatException e) {
        throw new AssertionError(e);
      }
    }

    void check() {
      assertThat(inflated.size()).isEqualTo(plain.size());
      assertThat(inflated.mismatch(plain, checked)).isEqualTo(-1);
      checked = plain.size();
    }
  }

  private List<Receiver> receivers(int count) {
    List<Receiver> made = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      made.add(new Receiver());
    }
    return made;
  }

  /** How many different pieces clients get of a frame: how often it was deflated. */
  private static Set<byte[]> give(List<Receiver> receivers, Frame frame) {
    Set<byte[]> pieces = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Receiver receiver : receivers) {
      pieces.add(receiver.get(frame));
      receiver.check();
    }
    return pieces;
  }

  private static int length(Set<byte[]> pieces) {
    return pieces.stream().mapToInt(piece -> piece.length).sum();
  }

  // ---- what it is good for

  @Test
  void whatAllHaveIsDeflatedOnceAndOnlyWhatIsNewIsSent() {
    List<Receiver> receivers = receivers(100);
    Table table = new Table(new Random(1), 200);
    int first = length(give(receivers, published(table.next(), 100)));
    for (int i = 0; i < 20; i++) {
      Set<byte[]> pieces = give(receivers, published(table.next(), 100));
      assertThat(pieces).hasSize(1);
      assertThat(length(pieces)).isLessThan(first / 4);
    }
    assertThat(histories.made()).isEqualTo(1);
  }

  @Test
  void smallEventsAreCompressedByThoseBeforeThem() {
    List<Receiver> receivers = receivers(3);
    Random random = new Random(2);
    give(receivers, published(tick(random), 3));
    for (int i = 0; i < 50; i++) {
      byte[] tick = tick(random);
      Set<byte[]> pieces = give(receivers, published(tick, 3));
      assertThat(pieces).hasSize(1);
      assertThat(length(pieces)).isLessThan(tick.length * 3 / 4);
    }
  }

  @Test
  void whoeverComesLaterGetsTheSameBytesAfter32Kilobytes() {
    List<Receiver> receivers = receivers(5);
    Table table = new Table(new Random(3), 100);
    give(receivers, published(table.next(), 5));
    give(receivers, published(table.next(), 5));
    for (int i = 0; i < 5; i++) {
      Receiver later = new Receiver();
      later.get(Frame.permanent(("id: x-" + i + "\n\n").getBytes(StandardCharsets.UTF_8)));
      receivers.add(later);
      int bytes = 0;
      Set<byte[]> pieces = Set.of();
      for (int frames = 0; bytes <= 2 * GzipHistory.WINDOW && pieces.size() != 1; frames++) {
        Frame frame = published(table.next(), receivers.size());
        pieces = give(receivers, frame);
        bytes += frame.length();
        assertThat(pieces).hasSizeLessThanOrEqualTo(2);
      }
      assertThat(pieces).hasSize(1);
    }
    assertThat(histories.made()).isEqualTo(1);
  }

  @Test
  void clientsOfWhichEachHasAPastOfItsOwnComeTogether() {
    Random random = new Random(4);
    List<Receiver> receivers = receivers(7);
    for (Receiver receiver : receivers) {
      receiver.get(direct(noise(random, 3_000)));
    }
    Table table = new Table(random, 100);
    Set<byte[]> pieces = Set.of();
    for (int i = 0; i < 40; i++) {
      pieces = give(receivers, published(table.next(), 7));
      assertThat(pieces).hasSizeLessThanOrEqualTo(8);
    }
    assertThat(pieces).hasSize(1);
  }

  @Test
  void anEventIsDeflatedAFewTimesHoweverDifferentThePastOfItsClientsIs() {
    Random random = new Random(5);
    List<Receiver> receivers = receivers(500);
    for (Receiver receiver : receivers) {
      receiver.get(direct(noise(random, 300)));
    }
    for (int i = 0; i < 5; i++) {
      assertThat(give(receivers, published(tick(random), 500)))
          .hasSizeLessThanOrEqualTo(CompressedFrame.MAX_EVENT_FORMS + 1);
    }
  }

  @Test
  void aHeartbeatEndsNothing() {
    List<Receiver> receivers = receivers(10);
    Table table = new Table(new Random(6), 200);
    int first = length(give(receivers, published(table.next(), 10)));
    for (int i = 0; i < 50; i++) {
      give(receivers, HEARTBEAT);
      give(receivers, HEARTBEAT);
      Set<byte[]> pieces = give(receivers, published(table.next(), 10));
      assertThat(pieces).hasSize(1);
      assertThat(length(pieces)).isLessThan(first / 4);
    }
    assertThat(histories.made()).isEqualTo(1);
  }

  @Test
  void whatOneAloneGetsLeavesTheOthersAlone() {
    List<Receiver> receivers = receivers(10);
    List<Receiver> others = receivers.subList(1, 10);
    Table table = new Table(new Random(7), 200);
    int first = length(give(receivers, published(table.next(), 10)));
    give(receivers, published(table.next(), 10));
    for (int i = 0; i < 10; i++) {
      byte[] alone = "data: for you alone\n\n".getBytes(StandardCharsets.UTF_8);
      receivers.get(0).get(i % 2 == 0 ? direct(alone) : Frame.permanent(alone));
      Frame frame = published(table.next(), 10);
      Set<byte[]> one = give(receivers.subList(0, 1), frame);
      Set<byte[]> rest = give(others, frame);
      assertThat(rest).hasSize(1);
      assertThat(length(rest)).isLessThan(first / 4);
      assertThat(length(one)).isLessThan(first / 4);
    }
  }

  @Test
  void whoHasMoreTopicsHasAHistoryOfItsOwn() {
    List<Receiver> receivers = receivers(30);
    List<Receiver> more = receivers.subList(0, 8);
    Random random = new Random(8);
    Table common = new Table(random, 150);
    Table special = new Table(random, 150);
    give(receivers, published(common.next(), 30));
    Set<byte[]> pieces = Set.of();
    for (int i = 0; i < 20; i++) {
      Set<byte[]> specials = give(more, published(special.next(), 8));
      pieces = give(receivers, published(common.next(), 30));
      if (i > 4) {
        assertThat(length(specials)).isLessThan(1_000);
        assertThat(pieces).hasSizeLessThanOrEqualTo(2);
        assertThat(length(pieces)).isLessThan(2_000);
      }
    }
  }

  @Test
  void moreDifferentStreamsThanCompressorsGoOnWithTheirLastFrames() {
    histories = new GzipHistories(6, 2);
    Random random = new Random(9);
    List<Receiver> receivers = receivers(20);
    List<Table> tables = new ArrayList<>();
    receivers.forEach(receiver -> tables.add(new Table(random, 200)));
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < 20; i++) {
        Frame frame = published(tables.get(i).next(), 1);
        byte[] piece = receivers.get(i).get(frame);
        receivers.get(i).check();
        assertThat(round == 0 || piece.length < 1_000).isTrue();
      }
    }
    assertThat(histories.made()).isEqualTo(2);
  }

  @Test
  void withoutHistoriesEachFrameIsDeflatedByItself() {
    histories = new GzipHistories(6, 0);
    List<Receiver> receivers = receivers(2);
    Frame frame = published(new Table(new Random(10), 200).next(), 2);
    Set<byte[]> once = give(receivers, frame);
    Set<byte[]> again = give(receivers, frame);
    assertThat(once).hasSize(1).isEqualTo(again);
    assertThat(histories.made()).isZero();
  }

  @Test
  void afterTheEndNothingIsAllocated() {
    List<Receiver> receivers = receivers(1);
    Table table = new Table(new Random(11), 20);
    give(receivers, published(table.next(), 1));
    histories.end();
    give(receivers, published(table.next(), 1));
    assertThat(histories.made()).isZero();
  }

  // ---- whatever comes

  /** A client of some topics, whose queue it reads or does not read. */
  private final class Viewer {
    private final Receiver receiver = new Receiver();
    private final Set<Integer> topics;
    private final ArrayDeque<Frame> queue = new ArrayDeque<>();

    Viewer(Set<Integer> topics) {
      this.topics = topics;
    }

    /** A cycle of its drain thread; false if there was nothing. */
    boolean write(WriteBatch batch) {
      batch.begin();
      List<Frame> taken = new ArrayList<>();
      synchronized (queue) {
        while (!queue.isEmpty() && batch.add(queue.peek(), receiver.stream)) {
          taken.add(queue.remove());
        }
      }
      if (taken.isEmpty()) {
        return false;
      }
      batch.compress();
      taken.forEach(frame -> receiver.plain.write(frame.bytes(), 0, frame.length()));
      receiver.inflate(batch.bytes, batch.length);
      receiver.check();
      return true;
    }

    void offer(Frame frame) {
      synchronized (queue) {
        queue.add(frame);
      }
    }

    private void drop() {
      synchronized (queue) {
        queue.poll();
      }
    }
  }

  private static WriteBatch batch(int bytes) {
    return new WriteBatch(
        StarcastConfig.read(
            key -> Optional.ofNullable(key.equals("starcast.batch-bytes") ? "" + bytes : null),
            List.of()));
  }

  private static long firstSeed() {
    return Long.getLong("starcast.test.seed", 1);
  }

  private static long runs() {
    return Long.getLong("starcast.test.seed") == null
        ? (long) RUNS * Integer.getInteger("starcast.test.runs", 1)
        : 1;
  }

  /** What clients get, by random steps. */
  private final class World {
    private final Random random;
    private final List<Viewer> viewers = new ArrayList<>();
    private final List<Table> tables = new ArrayList<>();

    /** The events that who comes may begin with; more of them are in memory, or fewer. */
    private final List<Frame> log = new ArrayList<>();

    World(long seed) {
      random = new Random(seed);
      histories = new GzipHistories(1 + random.nextInt(9), random.nextInt(6));
      for (int i = 0; i < 4; i++) {
        tables.add(new Table(random, 5 + random.nextInt(300)));
      }
      connect();
    }

    private void connect() {
      Set<Integer> topics = new HashSet<>();
      for (int i = 0; i < 4; i++) {
        if (random.nextInt(3) > 0) {
          topics.add(i);
        }
      }
      Viewer viewer = new Viewer(topics);
      viewer.offer(Frame.permanent(tick(random)));
      if (!log.isEmpty() && random.nextBoolean()) {
        // it begins in the past, with frames as the log has them, or as they are read again
        boolean pages = random.nextInt(3) == 0;
        for (Frame frame : log.subList(random.nextInt(log.size()), log.size())) {
          viewer.offer(
              pages
                  ? Frame.kept(event(frame.sequence(), frame.bytes()))
                  : random.nextInt(5) == 0 ? frame.withoutId() : frame);
        }
      }
      viewers.add(viewer);
    }

    private byte[] payload(int topic) {
      return switch (random.nextInt(8)) {
        case 0, 1 -> tick(random);
        case 2 -> noise(random, 1 + random.nextInt(3_000));
        case 3 -> random.nextInt(20) == 0 ? noise(random, 100_000) : data(new byte[40_000]);
        default -> tables.get(topic).next();
      };
    }

    private Viewer anyone() {
      return viewers.get(random.nextInt(viewers.size()));
    }

    private void publish() {
      int topic = random.nextInt(4);
      List<Viewer> whose = viewers.stream().filter(v -> v.topics.contains(topic)).toList();
      Frame frame = published(payload(topic), random.nextInt(4) == 0 ? 0 : whose.size());
      log.add(frame);
      if (log.size() > 20) {
        log.remove(0);
      }
      if (random.nextInt(9) == 0) {
        kept.clear();
      }
      for (Viewer viewer : whose) {
        viewer.offer(random.nextInt(10) == 0 ? Frame.again(frame, true, null) : frame);
      }
    }

    void step(boolean drains) {
      switch (random.nextInt(drains ? 12 : 6)) {
        case 0 -> {
          if (viewers.size() < 12) {
            connect();
          } else {
            viewers.remove(random.nextInt(viewers.size()));
          }
        }
        case 1 -> anyone().offer(direct(payload(0)));
        case 2 -> {
          boolean all = random.nextBoolean();
          Viewer one = anyone();
          viewers.stream().filter(v -> all || v == one).forEach(v -> v.offer(HEARTBEAT));
        }
        case 3 -> anyone().drop();
        case 4, 5 -> publish();
        default -> {
          WriteBatch batch = batch(1 << 10 + random.nextInt(7));
          for (int i = random.nextInt(20); i > 0; i--) {
            anyone().write(batch);
          }
          batch.end();
        }
      }
    }
  }

  @Test
  void everyStreamInflatesToItsFrames() {
    for (long seed = firstSeed(); seed < firstSeed() + runs(); seed++) {
      World world = new World(seed);
      try {
        for (int i = 0; i < STEPS; i++) {
          world.step(true);
        }
        WriteBatch batch = batch(64 << 10);
        for (Viewer viewer : world.viewers) {
          while (viewer.write(batch)) {
            // until all is written
          }
        }
        batch.end();
        histories.end();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("starcast.test.seed=" + seed, e);
      }
    }
  }

  /** As the drain threads do it, each with its clients, some ahead of others. */
  @Test
  void everyStreamInflatesToItsFramesWhenThreadsWriteAtOnce() throws Exception {
    int threads = 4;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      for (long seed = firstSeed(); seed < firstSeed() + Math.max(1, runs() / 10); seed++) {
        World world = new World(seed);
        for (int i = 0; i < 11; i++) {
          world.connect();
        }
        CountDownLatch published = new CountDownLatch(1);
        List<Viewer> viewers = List.copyOf(world.viewers);
        List<Future<?>> ends = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
          int mine = t;
          ends.add(
              pool.submit(
                  () -> {
                    WriteBatch batch = batch(8 << 10);
                    boolean more = true;
                    while (more) {
                      more = published.getCount() > 0;
                      for (int i = mine; i < viewers.size(); i += threads) {
                        more |= viewers.get(i).write(batch);
                      }
                    }
                    batch.end();
                  }));
        }
        for (int i = 0; i < STEPS; i++) {
          world.step(false);
        }
        published.countDown();
        for (Future<?> end : ends) {
          end.get();
        }
        viewers.forEach(viewer -> viewer.receiver.check());
        histories.end();
      }
    } finally {
      pool.shutdownNow();
    }
  }
}
