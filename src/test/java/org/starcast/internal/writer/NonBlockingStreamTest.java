package org.starcast.internal.writer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How bytes get through a stream that takes them when it likes. */
class NonBlockingStreamTest {

  private static final int RUNS = 300 * Integer.getInteger("starcast.test.runs", 1);

  /** Whose flush is that of {@link LibertyStream}, as a connection's over Liberty. */
  private static final class Pieces extends ContainerConnection {
    private final LibertyStream container;

    Pieces(LibertyStream container) {
      this.container = container;
    }

    @Override
    int maxWrite() {
      return container.getBufferSize() - 1;
    }

    @Override
    void flush(jakarta.servlet.ServletOutputStream out) throws IOException {
      container.flushNow();
    }
  }

  private static final class Plain extends ContainerConnection {}

  private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

  private static byte[] bytes(int length, int first) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (first + i);
    }
    return bytes;
  }

  @Test
  void aWriteLargerThanTheContainersBufferGoesInPiecesWithoutBlocking() throws IOException {
    LibertyStream container = new LibertyStream(100, sent);
    container.room(1000);
    NonBlockingStream stream = new NonBlockingStream(container, new Pieces(container), () -> {});

    assertThat(stream.write(bytes(500, 0), 0, 500)).isTrue();

    assertThat(sent.toByteArray()).isEqualTo(bytes(500, 0));
  }

  @Test
  void whatAStalledClientDoesNotTakeIsKeptAndSentWhenItTakesMore() throws IOException {
    LibertyStream container = new LibertyStream(100, sent);
    NonBlockingStream stream = new NonBlockingStream(container, new Pieces(container), () -> {});
    byte[] all = bytes(500, 3);
    byte[] given = all.clone();

    assertThat(stream.write(given, 0, 500)).isFalse();
    // the bytes are the caller's again
    Arrays.fill(given, (byte) 0);
    assertThat(stream.resume()).isFalse();
    assertThat(sent.size()).isZero();

    container.room(250);
    assertThat(stream.resume()).isFalse();
    container.room(1000);
    assertThat(stream.resume()).isTrue();
    assertThat(sent.toByteArray()).isEqualTo(all);
  }

  /** As Jetty does: what waits is sent from the array that was written. */
  private static final class KeepingStream extends ServletOutputStream {
    private final ByteArrayOutputStream sent;
    private byte[] kept;
    private int from;
    private int length;

    KeepingStream(ByteArrayOutputStream sent) {
      this.sent = sent;
    }

    void send() {
      sent.write(kept, from, length);
      kept = null;
    }

    @Override
    public boolean isReady() {
      return kept == null;
    }

    @Override
    public void write(byte[] bytes, int offset, int size) {
      assertThat(kept).as("what waits").isNull();
      kept = bytes;
      from = offset;
      length = size;
    }

    @Override
    public void write(int b) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      // the test asks
    }
  }

  /** Else a client would get what was written to another. */
  @Test
  void whatWaitsInAContainerThatDoesNotCopyIsNotTheCallersArray() throws IOException {
    KeepingStream container = new KeepingStream(sent);
    NonBlockingStream stream = new NonBlockingStream(container, new Plain(), () -> {});
    byte[] batch = bytes(100, 1);

    assertThat(stream.write(batch, 10, 50)).isFalse();
    Arrays.fill(batch, (byte) 0);
    container.send();
    assertThat(stream.resume()).isTrue();

    assertThat(sent.toByteArray()).isEqualTo(bytes(50, 11));
  }

  @Test
  void whatWasDiscardedIsNotSent() throws IOException {
    LibertyStream container = new LibertyStream(100, sent);
    NonBlockingStream stream = new NonBlockingStream(container, new Pieces(container), () -> {});
    stream.write(bytes(500, 0), 0, 500);

    stream.discard();
    container.room(1000);
    stream.resume();

    assertThat(sent.size()).isEqualTo(99);
  }

  @Test
  void aBrokenConnectionIsAnException() throws IOException {
    LibertyStream container = new LibertyStream(100, sent);
    NonBlockingStream stream = new NonBlockingStream(container, new Pieces(container), () -> {});
    container.fail();

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> stream.write(bytes(10, 0), 0, 10));
  }

  /** All comes once and in order, nothing blocks, and whoever is made to wait is called. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void randomWritesThroughARandomClientAreAllSentInOrder(boolean pieces) throws IOException {
    long first = Long.getLong("starcast.test.seed", System.nanoTime());
    for (int run = 0; run < RUNS; run++) {
      long seed = first + run;
      Random random = new Random(seed);
      sent.reset();
      LibertyStream container =
          new LibertyStream(pieces ? 2 + random.nextInt(200) : Integer.MAX_VALUE, sent);
      int[] calls = new int[1];
      container.whenReady(() -> calls[0]++);
      NonBlockingStream stream =
          new NonBlockingStream(container, pieces ? new Pieces(container) : new Plain(), () -> {});
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      boolean more = true;
      int seen = 0;
      for (int step = 0; step < 60; step++) {
        if (more) {
          byte[] next = bytes(1 + random.nextInt(600), expected.size());
          expected.write(next);
          more = stream.write(next, 0, next.length);
          seen = more ? seen : calls[0];
        } else {
          container.room(random.nextInt(300));
          if (calls[0] > seen || random.nextInt(4) == 0) {
            seen = calls[0];
            more = stream.resume();
          }
        }
        if (more) {
          assertThat(container.buffered()).as("buffered, seed %d", seed).isZero();
        }
      }
      for (int i = 0; !more; i++) {
        assertThat(i).as("resumes, seed %d", seed).isLessThan(10_000);
        container.room(50);
        if (calls[0] > seen) {
          seen = calls[0];
          more = stream.resume();
        }
      }
      container.room(1_000_000);
      assertThat(sent.toByteArray()).as("seed %d", seed).isEqualTo(expected.toByteArray());
    }
  }
}
