package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.starcast.internal.backplane.Answering;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.engine.ReplayCache.Page;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.StoredEvent;

/** Pages that are read when the test says so. */
class ReplayCacheTest {

  private static final int EVENT_BYTES = 1000;

  private record Read(long from, long to, CompletableFuture<List<StoredEvent>> events) {

    /** Has these events; none where the second is before the first. */
    void answer(long first, long last) {
      events.complete(LongStream.rangeClosed(first, last).mapToObj(Read::event).toList());
    }

    private static StoredEvent event(long sequence) {
      byte[] bytes = new byte[EVENT_BYTES];
      return new StoredEvent(sequence, 0, List.of("a"), null, List.of(), bytes, EVENT_BYTES);
    }

    void fail() {
      events.completeExceptionally(new BackplaneException("away", false, null));
    }
  }

  private final List<Read> reads = new ArrayList<>();
  private boolean throwing;

  private final class Reading extends Answering {
    Reading() {
      super(new MemoryStream().node());
    }

    @Override
    public CompletionStage<List<StoredEvent>> read(long from, long to) {
      if (throwing) {
        throw new IllegalStateException("closed");
      }
      Read read = new Read(from, to, new CompletableFuture<>());
      reads.add(read);
      return read.events;
    }

    @Override
    public long oldest() {
      return 42;
    }
  }

  private ReplayCache cache(long maxBytes) {
    return new ReplayCache(new Reading(), maxBytes);
  }

  private static CompletableFuture<Page> ask(ReplayCache cache, long from) {
    return cache.page(from, Long.MAX_VALUE);
  }

  /** A page of one event, read to its end. */
  private Page read(ReplayCache cache, long from) {
    CompletableFuture<Page> page = ask(cache, from);
    reads.get(reads.size() - 1).answer(from, from);
    return page.join();
  }

  private void assertKept(ReplayCache cache, long... from) {
    int before = reads.size();
    for (long first : from) {
      assertThat(ask(cache, first)).isCompleted();
    }
    assertThat(reads).hasSize(before);
  }

  private void assertForgotten(ReplayCache cache, long from) {
    int before = reads.size();
    assertThat(ask(cache, from)).isNotDone();
    assertThat(reads).hasSize(before + 1);
  }

  @Test
  void pagesBeginAtMultiplesOf256AndEndBeforeTheNext() {
    assertThat(LongStream.of(0, 1, 255, 256, 511, 512).map(ReplayCache::begin))
        .containsExactly(0L, 0L, 0L, 256L, 256L, 512L);
    ReplayCache cache = cache(1 << 20);
    ask(cache, 256);
    ask(cache, 600);
    cache.page(1024, 1100);
    assertThat(reads).extracting(Read::from).containsExactly(256L, 600L, 1024L);
    assertThat(reads).extracting(Read::to).containsExactly(511L, 767L, 1100L);
  }

  @Test
  void aPageIsReadOnceForAllWhoAskForIt() {
    ReplayCache cache = cache(1 << 20);
    CompletableFuture<Page> first = ask(cache, 256);
    CompletableFuture<Page> second = ask(cache, 256);
    assertThat(first).isNotDone();
    assertThat(reads).hasSize(1);
    reads.get(0).answer(260, 300);
    assertThat(second).isCompletedWithValue(first.join());
    // there may be more than could be read at once
    assertThat(first.join().upTo()).isEqualTo(300);
    assertThat(first.join().oldest()).isEqualTo(42);
    assertThat(first.join().events())
        .extracting(Frame::sequence)
        .containsExactlyElementsOf(LongStream.rangeClosed(260, 300).boxed().toList());
    assertKept(cache, 256);
  }

  @Test
  void whatIsEmptyOrFailsIsReadAnew() {
    ReplayCache cache = cache(1 << 20);
    CompletableFuture<Page> empty = ask(cache, 256);
    reads.get(0).answer(1, 0);
    assertThat(empty.join()).isEqualTo(new Page(511, 42, List.of()));
    assertForgotten(cache, 256);
    CompletableFuture<Page> failing = ask(cache, 256);
    reads.get(1).fail();
    assertThat(failing).isCompletedExceptionally();
    throwing = true;
    assertThat(ask(cache, 256)).isCompletedExceptionally();
    throwing = false;
    assertForgotten(cache, 256);
  }

  @Test
  void fewAreReadAtATimeAndTheOthersInTheirOrder() {
    ReplayCache cache = cache(1 << 20);
    for (int i = 0; i < 12; i++) {
      ask(cache, i * 256);
    }
    assertThat(reads).hasSize(ReplayCache.MAX_READS);
    reads.get(3).answer(800, 800);
    assertThat(reads).hasSize(ReplayCache.MAX_READS + 1);
    reads.get(0).fail();
    assertThat(reads).hasSize(ReplayCache.MAX_READS + 2);
    assertThat(reads)
        .extracting(Read::from)
        .containsExactly(0L, 256L, 512L, 768L, 1024L, 1280L, 1536L, 1792L, 2048L, 2304L);
  }

  @Test
  void manyReadsMayFailAtOnce() {
    ReplayCache cache = cache(1 << 20);
    List<CompletableFuture<Page>> promises = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      promises.add(ask(cache, i * 256L));
    }
    throwing = true;
    List.copyOf(reads).forEach(Read::fail);
    assertThat(promises).allMatch(CompletableFuture::isCompletedExceptionally);
    assertThat(reads).hasSize(ReplayCache.MAX_READS);
  }

  @Test
  void thosePagesAreKeptThatWereAskedForLastWhileThereIsRoom() {
    ReplayCache cache = cache(3 * read(cache(1 << 20), 0).weight());
    for (long from : new long[] {0, 256, 512}) {
      read(cache, from);
    }
    assertKept(cache, 0, 256, 512);
    assertKept(cache, 0);
    read(cache, 768);
    assertKept(cache, 512, 0, 768);
    // one alone that is too large
    ask(cache, 1024);
    reads.get(reads.size() - 1).answer(1024, 1027);
    for (long from : new long[] {0, 256, 512, 768, 1024}) {
      assertForgotten(cache, from);
    }
  }

  @Test
  void whatIsBeingReadTakesNoRoomYetAndIsNotForgotten() {
    ReplayCache cache = cache(read(cache(1 << 20), 0).weight());
    ask(cache, 0);
    Read slow = reads.get(reads.size() - 1);
    read(cache, 256);
    read(cache, 512);
    assertKept(cache, 512);
    CompletableFuture<Page> again = ask(cache, 0);
    slow.answer(0, 0);
    assertThat(again).isCompleted();
    assertKept(cache, 0);
    assertForgotten(cache, 512);
  }

  @Test
  void afterAllIsForgottenThereIsRoomForAsMuch() {
    ReplayCache cache = cache(2 * read(cache(1 << 20), 0).weight());
    read(cache, 0);
    read(cache, 256);
    CompletableFuture<Page> late = ask(cache, 512);
    cache.clear();
    // whoever asked gets it all the same
    reads.get(reads.size() - 1).answer(512, 512);
    assertThat(late).isCompleted();
    read(cache, 0);
    read(cache, 256);
    assertKept(cache, 0, 256);
    assertForgotten(cache, 512);
  }
}
