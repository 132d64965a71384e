package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

class LocalBackplaneTest extends BackplaneContract {

  @Override
  public Backplane create(String... settings) {
    return new LocalBackplane(Settings.config(Map.of(), settings));
  }

  /** Does something with each event that is received, before it is written down. */
  private record Handler(Consumer<StoredEvent> action, List<Long> received)
      implements Backplane.Receiver {

    @Override
    public void began(String epoch, long after, List<? extends StoredEvent> states) {
      // there is nothing before
    }

    @Override
    public void received(StoredEvent event, OutgoingEvent envelope) {
      action.accept(event);
      received.add(event.sequence());
    }

    @Override
    public void missed(long upTo) {
      throw new AssertionError("nothing is lost");
    }

    @Override
    public void commanded(long sequence, String type, byte[] body) {
      throw new IllegalArgumentException("expected by the test");
    }

    @Override
    public List<? extends StoredEvent> states() {
      return List.of();
    }
  }

  @Test
  void whatFailsInAHandOverIsNotThePublishersAndKeepsNothingBack() {
    Backplane backplane = create();
    List<Long> received = new ArrayList<>();
    get(
        backplane.start(
            new Handler(
                event -> {
                  if (event.sequence() == 1) {
                    throw new StackOverflowError("expected by the test");
                  }
                },
                received),
            Thread::new));
    assertThat(get(backplane.append(envelope("a")))).isEqualTo(1);
    assertThat(get(backplane.append(envelope("b")))).isEqualTo(2);
    assertThat(received).containsExactly(2L);
    get(backplane.command("test", new byte[0]));
    assertThat(backplane.status().skipped()).isEqualTo(1);
    backplane.close();
  }

  @Test
  void whatIsAppendedInAHandOverIsHandedOverNext() {
    Backplane backplane = create();
    List<Long> received = new ArrayList<>();
    List<Long> before = new ArrayList<>();
    get(
        backplane.start(
            new Handler(
                event -> {
                  if (event.sequence() == 1) {
                    get(backplane.append(envelope("b")));
                    before.addAll(received);
                  }
                },
                received),
            Thread::new));
    get(backplane.append(envelope("a")));
    assertThat(before).as("received within that of another").isEmpty();
    assertThat(received).containsExactly(1L, 2L);
    backplane.close();
  }

  /** With a thread that hands over. */
  @Nested
  class WithDeliveryThread extends BackplaneContract {

    @Override
    public Backplane create(String... settings) {
      return new LocalBackplane(
          Settings.config(Map.of("starcast.backplane.local.delivery-thread", "true"), settings));
    }

    @Test
    void whoAppendsWaitsForTheReceiverOnlyWhileTooMuchWaits() throws Exception {
      Backplane backplane = create("starcast.backplane.buffer-bytes", "65536");
      List<Long> received = new CopyOnWriteArrayList<>();
      List<Thread> by = new CopyOnWriteArrayList<>();
      CountDownLatch held = new CountDownLatch(1);
      CountDownLatch first = new CountDownLatch(1);
      CountDownLatch third = new CountDownLatch(1);
      get(
          backplane.start(
              new Handler(
                  event -> {
                    by.add(Thread.currentThread());
                    if (event.sequence() == 1) {
                      held.countDown();
                      awaitLatch(first);
                    }
                    if (event.sequence() == 3) {
                      awaitLatch(third);
                    }
                  },
                  received),
              Thread::new));
      assertThat(get(backplane.append(envelope("1")))).isEqualTo(1);
      awaitLatch(held);
      String large = "x".repeat(40_000);
      assertThat(get(backplane.append(envelope(large)))).isEqualTo(2);
      assertThat(received).isEmpty();
      assertThat(backplane.status().waiting()).isEqualTo(1);
      assertThat(backplane.status().waitingBytes()).isGreaterThan(40_000);
      // more than may wait, and nobody hands over now
      AtomicReference<Thread> waiting = new AtomicReference<>();
      CompletableFuture<Long> more =
          CompletableFuture.supplyAsync(
              () -> {
                waiting.set(Thread.currentThread());
                return get(backplane.append(envelope(large)));
              });
      await()
          .until(
              () ->
                  backplane.status().stored() == 3
                      && waiting.get().getState() == Thread.State.WAITING);
      assertThat(more).isNotDone();
      first.countDown();
      // it goes on when there is room, not when nothing waits any more
      assertThat(more.get(1, TimeUnit.MINUTES)).isEqualTo(3);
      assertThat(received).containsExactly(1L, 2L);
      third.countDown();
      assertThat(get(backplane.append(envelope("4")))).isEqualTo(4);
      await().until(() -> received.size() == 4);
      assertThat(received).containsExactly(1L, 2L, 3L, 4L);
      assertThat(by).doesNotContain(Thread.currentThread());
      assertThat(backplane.status().waiting()).isZero();
      backplane.close();
    }

    @Test
    void whatIsAppendedIsHandedOverBeforeItIsClosed() {
      Backplane backplane = create();
      List<Long> received = new CopyOnWriteArrayList<>();
      CountDownLatch goOn = new CountDownLatch(1);
      get(backplane.start(new Handler(event -> awaitLatch(goOn), received), Thread::new));
      for (int i = 1; i <= 100; i++) {
        backplane.append(envelope("e"));
      }
      goOn.countDown();
      backplane.close();
      assertThat(received).hasSize(100).isSorted();
    }

    private static void awaitLatch(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** With what outlives the process. */
  @Nested
  class WithFiles extends BackplaneContract {

    @TempDir Path directory;
    private int nodes;

    @Override
    public Backplane create(String... settings) {
      return new LocalBackplane(
          Settings.config(
              Map.of(
                  "starcast.log.store",
                  "file",
                  "starcast.log.directory",
                  directory.resolve("" + nodes++).toString()),
              settings));
    }
  }
}
