package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.writer.Gzip;
import org.starcast.spi.StoredEvent;

class WriteBatchTest {

  private static final int MOST = 16_384;

  private final WriteBatch batch =
      new WriteBatch(
          StarcastConfig.read(
              key -> Optional.ofNullable(key.equals("starcast.batch-bytes") ? "" + MOST : null),
              List.of()));

  private static Frame frame(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) ('a' + length % 26));
    return Frame.permanent(bytes);
  }

  private static Frame event(long published, Object span) {
    byte[] bytes = {1};
    StoredEvent event = new StoredEvent(1, 0, List.of("a"), null, List.of(), bytes, 1);
    return new Frame(event, null, published, span, null);
  }

  private boolean[] add(int... lengths) {
    batch.begin();
    boolean[] taken = new boolean[lengths.length];
    for (int i = 0; i < lengths.length; i++) {
      taken[i] = batch.add(frame(lengths[i]), null);
    }
    return taken;
  }

  @Test
  void oneAloneIsWrittenFromItsOwnBytesHoweverLarge() {
    Frame large = frame(3 * MOST);
    batch.begin();
    assertThat(batch.add(large, null)).isTrue();
    assertThat(batch.bytes).isSameAs(large.bytes());
    assertThat(batch.length).isEqualTo(3 * MOST);
    assertThat(batch.add(frame(1), null)).isFalse();
    assertThat(batch.frames).isEqualTo(1);
  }

  @Test
  void smallOnesAreWrittenTogetherAsManyAsFit() {
    assertThat(add(100, 200, MOST - 300, 1)).containsExactly(true, true, true, false);
    assertThat(batch.frames).isEqualTo(3);
    assertThat(batch.length).isEqualTo(MOST);
    byte[] all = new byte[MOST];
    Arrays.fill(all, 0, 100, (byte) ('a' + 100 % 26));
    Arrays.fill(all, 100, 300, (byte) ('a' + 200 % 26));
    Arrays.fill(all, 300, MOST, (byte) ('a' + (MOST - 300) % 26));
    assertThat(batch.bytes).isEqualTo(all);
    assertThat(add(100, MOST - 99)).containsExactly(true, false);
  }

  @Test
  void oneOf8KilobytesIsNotCopiedForTheSakeOfTheNext() {
    assertThat(add(8191, 1)).containsExactly(true, true);
    assertThat(add(8192, 1)).containsExactly(true, false);
    assertThat(add(1, 8192)).containsExactly(true, true);
  }

  /** Frames are added under the client's lock, for which publishers wait. */
  @Test
  void whatIsAddedIsCompressedLater() {
    GzipHistories histories = new GzipHistories(6, 1);
    GzipStream stream = new GzipStream(histories);
    StoredEvent event = new StoredEvent(1, 1, List.of("a"), null, List.of(), new byte[900], 900);
    Frame frame = Frame.kept(event);
    batch.begin();
    assertThat(batch.add(frame, stream)).isTrue();
    assertThat(batch.add(frame, stream)).isTrue();
    assertThat(batch.frames).isEqualTo(2);
    assertThat(batch.bytes).isNull();
    assertThat(frame.compressed().isInNoHistory()).isTrue();

    batch.compress();

    assertThat(batch.frames).isEqualTo(2);
    assertThat(batch.length).isBetween(1, 100);
    assertThat(frame.compressed().isInNoHistory()).isFalse();
    histories.end();
  }

  /** What room was taken for is what comes, though deflating makes it longer. */
  @Test
  void whatDeflatingMakesLongerFitsIntoABatchThatIsFull() {
    GzipHistories histories = new GzipHistories(6, 0);
    GzipStream stream = new GzipStream(histories);
    Random random = new Random(7);
    batch.begin();
    int most = 0;
    boolean more = true;
    while (more) {
      byte[] bytes = new byte[300];
      random.nextBytes(bytes);
      more = batch.add(Frame.permanent(bytes), stream);
      most += more ? Gzip.storedLength(bytes.length) : 0;
    }
    assertThat(most).isGreaterThan(MOST - 310);

    batch.compress();

    assertThat(batch.length).isLessThanOrEqualTo(most);
    histories.end();
  }

  @Test
  void nothingOfTheCycleBeforeIsLeft() {
    add(100, 200);
    batch.count(event(7, "span"));
    batch.begin();
    assertThat(batch.frames).isZero();
    assertThat(batch.length).isZero();
    assertThat(batch.counted).isZero();
    assertThat(batch.published).isZero();
    assertThat(batch.spans).isEmpty();
    assertThat(batch.bytes).isNull();
  }

  @Test
  void theAccountsHaveTheMessagesAndTheTimeOfTheOldest() {
    batch.begin();
    batch.count(frame(1));
    assertThat(batch.counted).isZero();
    batch.count(event(0, null));
    batch.count(event(7, null));
    batch.count(event(5, null));
    assertThat(batch.counted).isEqualTo(3);
    assertThat(batch.published).isEqualTo(7);
    assertThat(batch.spans).isEmpty();
    IntStream.range(0, 200).forEach(i -> batch.count(event(9, "span " + i)));
    assertThat(batch.counted).isEqualTo(203);
    assertThat(batch.spans).hasSize(128).startsWith("span 0").endsWith("span 127");
  }
}
