package org.starcast.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.spi.StoredEvent;

class FileEventStoreTest {

  @TempDir Path temp;

  private final AtomicInteger epochs = new AtomicInteger();
  private final List<String> warnings = new ArrayList<>();
  private final List<Running> running = new ArrayList<>();
  private final Logger logger = Logger.getLogger("org.starcast.internal.log");
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
            synchronized (warnings) {
              warnings.add(record.getMessage());
            }
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  /** A store with its thread, and the ring that is in front of it in the real thing. */
  private static final class Running {
    final FileEventStore store;
    final FileEventStore.Contents contents;
    final TopicLogs<StoredEvent> states;
    volatile long last;

    Running(FileEventStore store, TopicLogs<StoredEvent> states, boolean started) {
      this.store = store;
      this.states = states;
      this.contents = store.contents();
      List<StoredEvent> events = contents.events();
      last = events.isEmpty() ? contents.before() : events.get(events.size() - 1).sequence();
      Stream.concat(contents.states().stream(), events.stream())
          .sorted((a, b) -> Long.compare(a.sequence(), b.sequence()))
          .forEach(states::append);
      if (started) {
        Thread thread = new Thread(store::run, "store");
        thread.setDaemon(true);
        thread.start();
      }
    }

    void publish(int count) {
      for (int i = 0; i < count; i++) {
        publish(event(last + 1));
      }
    }

    void publish(StoredEvent event) {
      states.append(event);
      store.append(event);
      last = event.sequence();
    }

    long waiting() {
      return store.waiting();
    }

    void close() {
      store.close(last);
    }
  }

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
  }

  @AfterEach
  void stop() {
    running.forEach(Running::close);
    logger.removeHandler(handler);
    logger.setUseParentHandlers(true);
  }

  private static StoredEvent event(long sequence) {
    return event(sequence, "a.b", System.currentTimeMillis(), 50);
  }

  private static StoredEvent event(long sequence, String topic, long time, int padding) {
    byte[] bytes =
        ("data: " + "x".repeat(padding) + "\nid: e-" + sequence + "\n\n")
            .getBytes(StandardCharsets.UTF_8);
    // as in the real thing, the array is longer than the frame
    return new StoredEvent(
        sequence,
        time,
        List.of(topic),
        null,
        List.of(),
        Arrays.copyOf(bytes, bytes.length + 9),
        bytes.length);
  }

  private StarcastConfig config(Path directory, String... more) {
    Map<String, String> values = new HashMap<>();
    values.put("starcast.log.store", "file");
    values.put("starcast.log.directory", directory.toString());
    values.put("starcast.log.sync", "PT0.01S");
    for (int i = 0; i < more.length; i += 2) {
      values.put(more[i], more[i + 1]);
    }
    return StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
  }

  private Running open(Path directory, String... more) {
    return open(config(directory, more), true);
  }

  private Running open(StarcastConfig config, boolean started) {
    TopicLogs<StoredEvent> states = new TopicLogs<>(new TopicRules(config), 0, config);
    Running opened =
        new Running(
            FileEventStore.open(config, () -> "epoch" + epochs.incrementAndGet(), states::contents),
            states,
            started);
    running.add(opened);
    return opened;
  }

  /** What a process that dies now would leave. */
  private Path copy(Path directory, String name) throws IOException {
    Path copy = Files.createDirectories(temp.resolve(name));
    File[] files = directory.toFile().listFiles(File::isFile);
    // the newest first, as the store deletes the oldest meanwhile
    Arrays.sort(files, Comparator.reverseOrder());
    for (File file : files) {
      if (!file.getName().equals("lock")) {
        try {
          Files.copy(
              file.toPath(), copy.resolve(file.getName()), StandardCopyOption.REPLACE_EXISTING);
        } catch (NoSuchFileException e) {
          // the store has just deleted it
        }
      }
    }
    return copy;
  }

  private static long bytesIn(Path directory) {
    return Stream.of(directory.toFile().listFiles()).mapToLong(File::length).sum();
  }

  private static List<Path> segments(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("events-"))
          .sorted()
          .toList();
    }
  }

  private static List<Long> sequences(List<StoredEvent> events) {
    return events.stream().filter(event -> !event.isHole()).map(StoredEvent::sequence).toList();
  }

  private static List<Long> range(long first, long last) {
    return LongStream.rangeClosed(first, last).boxed().toList();
  }

  private static List<Long> holes(List<StoredEvent> events) {
    return events.stream().filter(StoredEvent::isHole).map(StoredEvent::sequence).toList();
  }

  @Test
  void aNewStoreIsEmptyAndWarnsOfNothing() {
    Running store = open(temp.resolve("some/where"));

    assertThat(store.contents.epoch()).isEqualTo("epoch1");
    assertThat(store.contents.before()).isZero();
    assertThat(store.contents.events()).isEmpty();
    assertThat(store.contents.states()).isEmpty();
    assertThat(warnings).isEmpty();
  }

  @Test
  void afterACleanEndAllIsThereAndTheSequenceGoesOn() {
    Running first = open(temp);
    first.publish(2500);
    first.close();

    Running second = open(temp);

    assertThat(second.contents.epoch()).isEqualTo("epoch1");
    assertThat(second.contents.before()).isZero();
    assertThat(sequences(second.contents.events())).isEqualTo(range(1, 2500));
    assertThat(holes(second.contents.events())).isEmpty();
    assertThat(second.last).isEqualTo(2500);
    second.publish(10);
    second.close();
    Running third = open(temp);
    assertThat(sequences(third.contents.events())).isEqualTo(range(1, 2510));
    assertThat(holes(third.contents.events())).isEmpty();
    assertThat(third.store.unstored()).isZero();
    assertThat(warnings).isEmpty();
  }

  @Test
  void anEventComesBackAsItWas() {
    byte[] frame = "data: \u00e9\n\n".getBytes(StandardCharsets.UTF_8);
    Running first = open(temp, "starcast.log.age", "PT0S");
    first.publish(
        new StoredEvent(
            1,
            1_234_567_890_123L,
            List.of("a.\u00fc", "b.c"),
            "me",
            List.of("c1", "c2"),
            frame,
            frame.length));
    first.publish(new StoredEvent(2, 5, List.of(), null, List.of(), frame, 3));
    first.close();

    List<StoredEvent> events = open(temp, "starcast.log.age", "PT0S").contents.events();

    StoredEvent event = events.get(0);
    assertThat(event.sequence()).isEqualTo(1);
    assertThat(event.time()).isEqualTo(1_234_567_890_123L);
    assertThat(event.topics()).containsExactly("a.\u00fc", "b.c");
    assertThat(event.sender()).isEqualTo("me");
    assertThat(event.except()).containsExactlyInAnyOrder("c1", "c2");
    assertThat(Arrays.copyOf(event.bytes(), event.length())).isEqualTo(frame);
    assertThat(events.get(1).topics()).isEmpty();
    assertThat(events.get(1).sender()).isNull();
    assertThat(events.get(1).length()).isEqualTo(3);
  }

  @Test
  void afterACrashASequenceIsNeverUsedAgainAndAHoleTellsOfIt() throws IOException {
    Path live = temp.resolve("live");
    Running first = open(live);
    first.publish(1000);
    await().until(() -> first.waiting() == 0);
    long limit = first.store.limit();
    Running crashed = open(copy(live, "crashed"));

    List<Long> stored = sequences(crashed.contents.events());
    assertThat(stored).isEqualTo(range(1, 1000));
    assertThat(holes(crashed.contents.events())).containsExactly(limit);
    assertThat(crashed.last).isEqualTo(limit);
    assertThat(crashed.contents.epoch()).isEqualTo("epoch1");

    crashed.publish(3);
    crashed.close();
    Running again = open(temp.resolve("crashed"));
    assertThat(sequences(again.contents.events()))
        .isEqualTo(Stream.concat(stored.stream(), range(limit + 1, limit + 3).stream()).toList());
    assertThat(holes(again.contents.events())).containsExactly(limit);
    assertThat(again.last).isEqualTo(limit + 3);
  }

  @Test
  void aCrashInTheMiddleOfPublishingLosesTheEndAtMost() throws Exception {
    Path live = temp.resolve("live");
    Running first = open(live);
    long limit = first.store.limit();
    Thread publisher =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                if (first.waiting() < 500) {
                  first.publish(100);
                }
              }
            });
    publisher.start();
    for (int i = 0; i < 10; i++) {
      long before = first.last;
      await().until(() -> first.last > before + 500 && !segments(live).isEmpty());

      Running crashed = open(copy(live, "crashed" + i));

      List<Long> stored = sequences(crashed.contents.events());
      assertThat(stored).isNotEmpty();
      assertThat(stored).isEqualTo(range(stored.get(0), stored.get(0) + stored.size() - 1));
      assertThat(holes(crashed.contents.events())).containsExactly(limit);
      crashed.close();
    }
    publisher.interrupt();
    publisher.join();
  }

  @Test
  void crashesInARowReserveMoreEachTime() throws IOException {
    Path live = temp.resolve("0");
    long last = 0;
    for (int i = 1; i <= 5; i++) {
      Running store = open(live);
      assertThat(store.last).isGreaterThanOrEqualTo(last);
      assertThat(store.store.limit()).isGreaterThan(store.last);
      last = store.store.limit();
      live = copy(live, Integer.toString(i));
    }
  }

  @Test
  void whateverBecomesOfTheEndWhatIsReadIsWhatWasStoredBefore() throws IOException {
    Path whole = temp.resolve("whole");
    Running first = open(whole);
    first.publish(600);
    first.close();
    Path segment = segments(whole).get(0);
    byte[] bytes = Files.readAllBytes(segment);
    Random random = new Random(5);
    for (int i = 0; i < 90; i++) {
      Path damaged = copy(whole, "damaged" + i);
      int at = random.nextInt(bytes.length);
      byte[] changed = bytes.clone();
      switch (i % 3) {
        case 0 -> changed = Arrays.copyOf(bytes, at);
        case 1 -> {
          byte[] garbage = new byte[bytes.length - at];
          random.nextBytes(garbage);
          System.arraycopy(garbage, 0, changed, at, garbage.length);
        }
        default -> changed[at] ^= (byte) (1 + random.nextInt(255));
      }
      Files.write(damaged.resolve(segment.getFileName()), changed);

      Running store = open(damaged);

      List<Long> read = sequences(store.contents.events());
      assertThat(read).as("case %d at %d", i, at).isEqualTo(range(1, read.size()));
      // a record of this test has less than 150 bytes
      assertThat(read.size()).isGreaterThanOrEqualTo(at / 150 - 1);
      assertThat(store.last).as("the reservation is not in that file").isEqualTo(600);
      assertThat(holes(store.contents.events()))
          .isEqualTo(read.isEmpty() || read.size() == 600 ? List.of() : List.of(600L));
      store.publish(5);
      store.close();
      Running next = open(damaged);
      assertThat(sequences(next.contents.events())).endsWith(601L, 602L, 603L, 604L, 605L);
      next.close();
      running.removeAll(List.of(store, next));
    }
    assertThat(warnings).anyMatch(warning -> warning.startsWith("STARCAST-2001"));
  }

  @Test
  void garbageInAnyFileNeverFailsTheOpening() throws IOException {
    Path whole = temp.resolve("whole");
    Running first = open(whole, "starcast.log.retain.a.*", "latest");
    first.publish(3000);
    first.close();
    Random random = new Random(6);
    List<Path> files;
    try (Stream<Path> list = Files.list(whole)) {
      files = list.filter(file -> !file.endsWith("lock")).sorted().toList();
    }
    assertThat(files).hasSizeGreaterThan(2);
    for (int i = 0; i < 60; i++) {
      Path damaged = copy(whole, "damaged" + i);
      Path file = damaged.resolve(files.get(i % files.size()).getFileName());
      byte[] garbage = new byte[random.nextInt(5000)];
      random.nextBytes(garbage);
      Files.write(file, garbage);

      Running store = open(damaged, "starcast.log.retain.a.*", "latest");

      List<Long> read = sequences(store.contents.events());
      assertThat(read).isSorted().doesNotHaveDuplicates().isSubsetOf(range(1, 3000));
      if (store.contents.epoch().equals("epoch1")) {
        assertThat(store.last).isEqualTo(3000);
      } else {
        assertThat(file).hasFileName("reserved.log");
        assertThat(store.last).isZero();
      }
      store.close();
      running.remove(store);
    }
  }

  @Test
  void damageBetweenSegmentsIsAHole() throws IOException {
    Running first = open(temp);
    first.publish(5000);
    first.close();
    List<Path> files = segments(temp);
    assertThat(files).hasSizeGreaterThan(2);
    Path second = files.get(1);
    Files.write(second, new byte[] {1, 2, 3}, StandardOpenOption.TRUNCATE_EXISTING);

    Running store = open(temp);

    long before = Long.parseLong(second.getFileName().toString().replaceAll("[^0-9]", "")) - 1;
    long after = Long.parseLong(files.get(2).getFileName().toString().replaceAll("[^0-9]", ""));
    assertThat(sequences(store.contents.events()))
        .isEqualTo(Stream.concat(range(1, before).stream(), range(after, 5000).stream()).toList());
    assertThat(holes(store.contents.events())).containsExactly(after - 1);
    assertThat(temp.resolve("unreadable")).isNotEmptyDirectory();
    assertThat(warnings).anyMatch(warning -> warning.startsWith("STARCAST-2002"));
  }

  @Test
  void withoutItsReservationALogIsSetAsideAndANewEpochBegins() throws IOException {
    Running first = open(temp);
    first.publish(100);
    first.close();
    Files.write(temp.resolve("reserved.log"), new byte[1024]);

    Running store = open(temp);

    assertThat(store.contents.epoch()).isEqualTo("epoch2");
    assertThat(store.contents.events()).isEmpty();
    assertThat(store.last).isZero();
    assertThat(temp.resolve("unreadable")).isNotEmptyDirectory();
    assertThat(warnings).anyMatch(warning -> warning.startsWith("STARCAST-2003"));
  }

  @Test
  void oneCopyOfTheReservationIsEnough() throws IOException {
    Running first = open(temp);
    first.publish(100);
    first.close();
    byte[] both = Files.readAllBytes(temp.resolve("reserved.log"));
    for (int copy = 0; copy < 2; copy++) {
      byte[] one = both.clone();
      one[copy * 512 + 20] ^= 1;
      Files.write(temp.resolve("reserved.log"), one);

      Running store = open(temp);

      assertThat(store.contents.epoch()).isEqualTo("epoch1");
      assertThat(store.last).isEqualTo(100);
      store.close();
    }
    assertThat(warnings).isEmpty();
  }

  @Test
  void eventsNewerThanTheReservationMoveItOn() throws IOException {
    Running first = open(temp);
    first.publish(100);
    first.close();
    Path old = copy(temp, "old");
    Running second = open(temp);
    second.publish(100);
    second.close();
    Files.copy(
        old.resolve("reserved.log"),
        temp.resolve("reserved.log"),
        StandardCopyOption.REPLACE_EXISTING);

    Running store = open(temp);

    assertThat(sequences(store.contents.events())).isEqualTo(range(1, 200));
    assertThat(store.last).isGreaterThan(200);
    assertThat(holes(store.contents.events())).containsExactly(store.last);
  }

  @Test
  void theDirectoryIsBoundedAndTheNewestEventsStay() throws IOException {
    Running store = open(temp, "starcast.log.events", "2000", "starcast.log.bytes", "1000000");
    for (int i = 0; i < 100; i++) {
      store.publish(1000);
      // else the queue's bound would leave some out
      await().pollInterval(Duration.ofMillis(2)).until(() -> store.waiting() == 0);
      assertThat(bytesIn(temp)).isLessThan(2_500_000);
    }
    store.close();
    assertThat(bytesIn(temp)).isLessThan(1_500_000);

    List<Long> kept = sequences(open(temp).contents.events());

    assertThat(kept).isEqualTo(range(kept.get(0), 100_000));
    assertThat(kept).hasSizeBetween(2000, 5000);
  }

  private static long firstOf(Path segment) {
    return Long.parseLong(segment.getFileName().toString().replaceAll("[^0-9]", ""));
  }

  @Test
  void oldEventsLeaveTheDisk() throws IOException {
    Running store = open(temp, "starcast.log.age", "PT1S");
    store.publish(event(1, "a.b", System.currentTimeMillis() - 5000, 20));
    await().until(() -> store.contents != null && segments(temp).isEmpty());
    store.close();

    Running next = open(temp, "starcast.log.age", "PT1S");

    assertThat(next.contents.events()).isEmpty();
    assertThat(next.contents.before()).isEqualTo(1);
    assertThat(next.last).isEqualTo(1);
  }

  @Test
  void theLatestEventOfATopicToRetainOutlivesItsSegment() throws IOException {
    String[] retain = {"starcast.log.events", "2000", "starcast.log.retain.price.*", "latest"};
    Path live = temp.resolve("live");
    Running store = open(live, retain);
    store.publish(event(1, "price.old", System.currentTimeMillis(), 20));
    store.publish(event(2, "price.other", System.currentTimeMillis(), 20));
    store.publish(event(3, "price.other", System.currentTimeMillis(), 20));
    await().until(() -> store.waiting() == 0);
    while (firstOf(segments(live).stream().findFirst().orElse(Path.of("0"))) <= 3) {
      store.publish(100);
      await().pollInterval(Duration.ofMillis(2)).until(() -> store.waiting() == 0);
    }

    List<StoredEvent> crashed = open(copy(live, "crashed"), retain).states.states();
    store.close();
    List<StoredEvent> clean = open(live, retain).states.states();

    assertThat(sequences(crashed)).containsExactly(1L, 3L);
    assertThat(sequences(clean)).containsExactly(1L, 3L);
  }

  @Test
  void aPublisherNeverWaitsForTheDiskWhichIsLeftWithWhatTheLogHas() {
    // no thread works: a disk that does nothing at all
    Running store = open(config(temp, "starcast.log.events", "1000"), false);

    store.publish(50_000);

    assertThat(store.waiting()).isEqualTo(1000);
    assertThat(store.store.unstored()).isEqualTo(49_000);
    new Thread(store.store::run).start();
    store.close();
    assertThat(warnings).anyMatch(warning -> warning.startsWith("STARCAST-2006"));
    Running next = open(temp);
    assertThat(sequences(next.contents.events())).isEqualTo(range(49_001, 50_000));
    assertThat(holes(next.contents.events())).isEmpty();
    assertThat(next.contents.before()).isEqualTo(49_000);
  }

  @Test
  void theQueueForTheDiskIsBoundedInBytesToo() {
    Running store = open(config(temp, "starcast.log.bytes", "100000"), false);

    for (int i = 1; i <= 100; i++) {
      store.publish(event(i, "a.b", System.currentTimeMillis(), 10_000));
    }

    assertThat(store.waiting()).isBetween(5L, 9L);
    new Thread(store.store::run).start();
    store.close();
    assertThat(sequences(open(temp).contents.events())).endsWith(98L, 99L, 100L);
  }

  @Test
  void whatWasLeftOutIsAHole() {
    Running store = open(temp, "starcast.log.events", "1000");
    store.publish(100);
    await().until(() -> store.waiting() == 0);
    store.close();
    Running second = open(config(temp, "starcast.log.events", "1000"), false);
    second.publish(1500);
    new Thread(second.store::run).start();
    second.close();

    Running next = open(temp);

    assertThat(sequences(next.contents.events()))
        .isEqualTo(Stream.concat(range(1, 100).stream(), range(601, 1600).stream()).toList());
    assertThat(holes(next.contents.events())).containsExactly(600L);
  }

  @Test
  void aFailedWriteIsTriedAgainAndNothingIsLost() throws IOException {
    Path directory = temp.resolve("log");
    Running store = open(directory);
    // the disk "fails": no file can be made where a directory has its name
    Path obstacle = directory.resolve(String.format("events-%019d.log", 1));
    Files.createDirectories(obstacle.resolve("full"));
    store.publish(100);
    await().until(() -> warned("STARCAST-2005"));
    store.publish(100);
    Files.delete(obstacle.resolve("full"));
    Files.delete(obstacle);
    store.close();

    Running next = open(directory);

    assertThat(store.store.unstored()).isZero();
    assertThat(sequences(next.contents.events())).isEqualTo(range(1, 200));
    assertThat(holes(next.contents.events())).isEmpty();
  }

  private boolean warned(String code) {
    synchronized (warnings) {
      return warnings.stream().anyMatch(warning -> warning.startsWith(code));
    }
  }

  @Test
  void aDirectoryInUseIsRefusedAndFreeAfterTheEnd() {
    Running store = open(temp);

    assertThatThrownBy(() -> open(temp))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("starcast.log.directory: ")
        .hasMessageContaining("in use");
    // the refusal must not have given the lock back
    assertThatThrownBy(() -> open(temp)).hasMessageContaining("in use");
    store.close();

    assertThat(open(temp).contents.events()).isEmpty();
  }

  @Test
  void aDirectoryThatCannotBeOneIsRefused() throws IOException {
    Path file = Files.createFile(temp.resolve("file"));

    assertThatThrownBy(() -> open(file.resolve("below")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("starcast.log.directory: ");
  }

  @Test
  void theFileStoreNeedsADirectoryAndSomethingToKeep() {
    Map<String, String> values = new HashMap<>(Map.of("starcast.log.store", "file"));

    assertThatThrownBy(
            () -> StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), List.of()))
        .hasMessage("starcast.log.directory: must be given when starcast.log.store is file");
    values.put("starcast.log.directory", "there");
    values.put("starcast.log.events", "0");
    assertThatThrownBy(
            () -> StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), List.of()))
        .hasMessage("starcast.log.events: must not be 0 when starcast.log.store is file");
  }
}
