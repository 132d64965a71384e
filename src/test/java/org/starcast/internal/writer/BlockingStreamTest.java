package org.starcast.internal.writer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How bytes get through a stream that makes its caller wait. */
class BlockingStreamTest {

  /** As Liberty's over HTTP/2: a write waits, and one that is interrupted is left out. */
  private static final class Out extends ServletOutputStream {
    final ByteArrayOutputStream written = new ByteArrayOutputStream();
    CountDownLatch open = new CountDownLatch(0);
    volatile boolean waiting;
    volatile int interrupted;
    volatile boolean broken;
    private Thread asked;

    @Override
    public boolean isReady() {
      asked = Thread.currentThread();
      return true;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      assertThat(asked).as("asked before").isSameAs(Thread.currentThread());
      asked = null;
      if (broken) {
        throw new IOException("broken");
      }
      waiting = true;
      try {
        open.await();
        written.write(bytes, offset, length);
      } catch (InterruptedException e) {
        interrupted++;
      } finally {
        waiting = false;
      }
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      throw new UnsupportedOperationException();
    }
  }

  private static final class Told implements SinkWriter.Listener {
    volatile int writable;
    volatile Throwable failure;

    @Override
    public void writable() {
      writable++;
    }

    @Override
    public void failed(Throwable cause) {
      failure = cause;
    }
  }

  private final Out out = new Out();
  private final Told told = new Told();
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final ExecutorService threads = Executors.newSingleThreadExecutor();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private static boolean write(BlockingStream stream, byte[] bytes) throws IOException {
    return stream.write(bytes, 0, bytes.length);
  }

  @Test
  void writesOnAThreadThatMayWaitAndNotifiesWhenAllIsWritten() throws IOException {
    BlockingStream stream = new BlockingStream(out, tasks::add, told);
    byte[] bytes = "x".repeat(100_000).getBytes(UTF_8);

    assertThat(write(stream, bytes)).isFalse();
    assertThat(stream.resume()).isFalse();
    assertThat(out.written.size()).isZero();
    // the bytes are the caller's again
    byte[] expected = bytes.clone();
    bytes[0] = 'y';
    tasks.remove().run();

    assertThat(told.writable).isEqualTo(1);
    assertThat(stream.resume()).isTrue();
    assertThat(out.written.toByteArray()).isEqualTo(expected);
  }

  @Test
  void aBrokenConnectionIsToldAndThrownFromThenOn() throws IOException {
    BlockingStream stream = new BlockingStream(out, tasks::add, told);
    out.broken = true;

    write(stream, new byte[10]);
    tasks.remove().run();

    assertThat(told.failure).isInstanceOf(IOException.class).hasMessage("broken");
    assertThat(told.writable).isZero();
    assertThatExceptionOfType(IOException.class).isThrownBy(stream::resume);
    assertThatExceptionOfType(IOException.class).isThrownBy(() -> write(stream, new byte[1]));
  }

  @Test
  void aThreadThatWaitsForAClientThatIsGivenUpIsReleasedAtOnceAndWritesNoMore() throws Exception {
    out.open = new CountDownLatch(1);
    BlockingStream stream = new BlockingStream(out, threads, told);
    write(stream, new byte[100_000]);
    await().until(() -> out.waiting);

    stream.discard();

    // the thread takes the next task, and is not interrupted in it
    assertThat(threads.submit(() -> Thread.currentThread().isInterrupted()).get()).isFalse();
    assertThat(out.interrupted).isEqualTo(1);
    assertThat(out.written.size()).isZero();
  }

  @Test
  void whatWaitsForAThreadWhenItIsGivenUpIsNotWritten() throws IOException {
    BlockingStream stream = new BlockingStream(out, tasks::add, told);
    write(stream, new byte[10]);

    stream.discard();
    tasks.remove().run();

    assertThat(out.written.size()).isZero();
  }

  @Test
  void anExecutorThatHasEndedIsABrokenConnection() {
    BlockingStream stream =
        new BlockingStream(
            out,
            task -> {
              throw new RejectedExecutionException();
            },
            told);

    assertThatExceptionOfType(IOException.class).isThrownBy(() -> write(stream, new byte[10]));
  }
}
