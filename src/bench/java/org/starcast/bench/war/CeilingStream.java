package org.starcast.bench.war;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One stream of the ceiling. Frames are added by any thread; {@code work} counts what came since
 * the last look, and whoever raises it from zero is the one thread that may touch the output.
 */
final class CeilingStream implements WriteListener, AsyncListener {

  private static final int BATCH = 64 * 1024;
  private static final byte[] OPENING = ":open\n\n".getBytes(StandardCharsets.UTF_8);

  private final AsyncContext context;
  private final ServletOutputStream out;
  private final Queue<CeilingStream> ready;
  private final List<Set<CeilingStream>> memberships = new ArrayList<>(1);
  private final Queue<byte[]> frames = new ConcurrentLinkedQueue<>();
  private final AtomicInteger work = new AtomicInteger();
  private volatile boolean open;
  private volatile boolean closed;
  private boolean unflushed;

  CeilingStream(AsyncContext context, ServletOutputStream out, Queue<CeilingStream> ready) {
    this.context = context;
    this.out = out;
    this.ready = ready;
  }

  /** To be called on the request thread, before {@link #open()}. */
  void join(Set<CeilingStream> topic) {
    memberships.add(topic);
  }

  /** Starts non-blocking mode and becomes visible to publishers; on the request thread. */
  void open() {
    frames.add(OPENING);
    context.addListener(this);
    memberships.forEach(topic -> topic.add(this));
    out.setWriteListener(this);
  }

  void add(byte[] frame) {
    if (closed) {
      return;
    }
    frames.add(frame);
    // before the container's first call the output is the request thread's
    if (open && work.getAndIncrement() == 0) {
      ready.add(this);
    }
  }

  /** Called by the thread that raised {@code work} from zero. */
  void drain() {
    int seen = work.get();
    do {
      try {
        writeWhatIsReady();
      } catch (IOException | RuntimeException e) {
        close();
      }
      seen = work.addAndGet(-seen);
    } while (seen != 0);
  }

  private void writeWhatIsReady() throws IOException {
    while (!closed && out.isReady()) {
      byte[] batch = nextBatch();
      if (batch != null) {
        out.write(batch);
        unflushed = true;
      } else if (unflushed) {
        unflushed = false;
        out.flush();
      } else {
        return;
      }
    }
  }

  private byte[] nextBatch() {
    byte[] first = frames.poll();
    byte[] next = frames.peek();
    if (first == null || next == null || first.length + next.length > BATCH) {
      return first;
    }
    // the container may keep the array until isReady() says otherwise, so it is not reused
    List<byte[]> parts = new ArrayList<>();
    parts.add(first);
    int length = first.length;
    while (next != null && length + next.length <= BATCH) {
      parts.add(frames.poll());
      length += next.length;
      next = frames.peek();
    }
    byte[] batch = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, batch, at, part.length);
      at += part.length;
    }
    return batch;
  }

  private void close() {
    closed = true;
    memberships.forEach(topic -> topic.remove(this));
    frames.clear();
    try {
      context.complete();
    } catch (IllegalStateException e) {
      // the container has completed it already
    }
  }

  @Override
  public void onWritePossible() {
    open = true;
    if (work.getAndIncrement() == 0) {
      drain();
    }
  }

  @Override
  public void onError(Throwable problem) {
    close();
  }

  @Override
  public void onComplete(AsyncEvent event) {
    closed = true;
    memberships.forEach(topic -> topic.remove(this));
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    close();
  }

  @Override
  public void onError(AsyncEvent event) {
    close();
  }

  @Override
  public void onStartAsync(AsyncEvent event) {
    // never started twice
  }
}
