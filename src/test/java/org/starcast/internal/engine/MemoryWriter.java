package org.starcast.internal.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.starcast.internal.writer.SinkWriter;
import org.starcast.testing.EventStreamParser;
import org.starcast.testing.ReceivedEvent;

/**
 * A writer into memory with the behaviour of a connection: it takes as many bytes as its window
 * has, keeps a copy of the others, and says once that it is writable again. It notes every breach
 * of the contract of {@link SinkWriter}.
 */
final class MemoryWriter implements SinkWriter {

  /** A window without an end. */
  static final long OPEN = Long.MAX_VALUE / 2;

  private final Listener listener;
  private final boolean gzip;

  /** Of a gzip stream, behind its head, which the writers for servers write. */
  private final Inflater inflater = new Inflater(true);

  private final ByteArrayOutputStream inflated = new ByteArrayOutputStream();
  private final AtomicReference<Thread> inside = new AtomicReference<>();
  private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
  private final AtomicBoolean progressed = new AtomicBoolean();
  private final List<String> breaches = new ArrayList<>();
  private long window;
  private byte[] held;
  private int heldOffset;
  private int heldLength;
  private boolean blocked;
  private boolean ended;
  private boolean aborted;
  private boolean signalsWithinWrite;
  private Throwable failure;
  private int writes;

  MemoryWriter(Listener listener, long window) {
    this(listener, window, false);
  }

  MemoryWriter(Listener listener, long window, boolean gzip) {
    this.listener = listener;
    this.gzip = gzip;
    this.window = window;
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public boolean isGzip() {
    return gzip;
  }

  /** Has it say that bytes have left. */
  void progress() {
    progressed.set(true);
  }

  @Override
  public boolean progressed() {
    return progressed.getAndSet(false);
  }

  @Override
  public void start() {
    listener.writable();
  }

  @Override
  public boolean write(byte[] bytes, int offset, int length) throws IOException {
    enter("write");
    try {
      synchronized (this) {
        check(!blocked, "write before it was writable again");
        check(length > 0, "write of nothing");
        writes++;
        throwFailure();
        held = bytes.clone();
        heldOffset = offset;
        heldLength = length;
        if (take()) {
          return true;
        }
        if (!signalsWithinWrite) {
          return false;
        }
        window = OPEN;
        blocked = false;
      }
      listener.writable();
      return false;
    } finally {
      leave();
    }
  }

  @Override
  public boolean resume() throws IOException {
    enter("resume");
    try {
      synchronized (this) {
        throwFailure();
        return take();
      }
    } finally {
      leave();
    }
  }

  private boolean take() {
    int n = (int) Math.min(window, heldLength);
    if (n > 0) {
      taken.write(held, heldOffset, n);
      if (gzip) {
        inflate(held, heldOffset, n);
      }
      heldOffset += n;
      heldLength -= n;
      window -= n;
    }
    blocked = window == 0;
    if (heldLength == 0) {
      held = null;
    }
    return !blocked;
  }

  private void inflate(byte[] bytes, int offset, int length) {
    byte[] out = new byte[8 << 10];
    inflater.setInput(bytes, offset, length);
    try {
      for (int n = inflater.inflate(out); n > 0; n = inflater.inflate(out)) {
        inflated.write(out, 0, n);
      }
    } catch (DataFormatException e) {
      check(false, "gzip: " + e.getMessage());
    }
    check(inflater.getRemaining() == 0, "gzip: an end in the middle");
  }

  private void throwFailure() throws IOException {
    if (failure instanceof IOException e) {
      throw e;
    } else if (failure instanceof RuntimeException e) {
      throw e;
    }
    throwError();
  }

  private void throwError() {
    if (failure instanceof Error e) {
      throw e;
    }
  }

  @Override
  public void close() {
    end("close");
  }

  @Override
  public void abort() {
    synchronized (this) {
      aborted = true;
      held = null;
    }
    end("abort");
  }

  private void end(String call) {
    enter(call);
    try {
      synchronized (this) {
        check(held == null, "close while bytes wait");
        ended = true;
        throwError();
      }
    } finally {
      leave();
    }
  }

  private void enter(String call) {
    Thread other = inside.getAndSet(Thread.currentThread());
    check(other == null, call + " while another thread is inside");
    synchronized (this) {
      check(!ended, call + " after the end");
    }
  }

  private void leave() {
    inside.set(null);
  }

  private synchronized void check(boolean right, String breach) {
    if (!right) {
      breaches.add(breach);
    }
  }

  /** Widens the window; like a container, says so only if a write had found it closed. */
  void grant(long bytes) {
    boolean tell;
    synchronized (this) {
      window = Math.min(OPEN, window + bytes);
      tell = blocked && window > 0;
      blocked = blocked && !tell;
    }
    if (tell) {
      listener.writable();
    }
  }

  /** Takes nothing from now on. */
  synchronized void stall() {
    window = 0;
  }

  /** Opens the window, and says so, before the write that finds it closed has returned. */
  synchronized void signalWithinWrite() {
    signalsWithinWrite = true;
  }

  /** Makes writes fail from now on; with an error, the end too. */
  synchronized void fail(Throwable failure) {
    this.failure = failure;
  }

  /** Whether a write has found the window closed and nothing was granted since. */
  synchronized boolean blocked() {
    return blocked;
  }

  synchronized boolean ended() {
    return ended;
  }

  synchronized boolean aborted() {
    return aborted;
  }

  synchronized int writes() {
    return writes;
  }

  /** How many bytes have gone over the connection. */
  synchronized int size() {
    return taken.size();
  }

  /** What has arrived, inflated. */
  synchronized byte[] bytes() {
    return (gzip ? inflated : taken).toByteArray();
  }

  synchronized List<String> breaches() {
    return List.copyOf(breaches);
  }

  /** How often this has arrived. */
  int count(String text) {
    String all = new String(bytes(), StandardCharsets.UTF_8);
    int count = 0;
    for (int at = all.indexOf(text); at >= 0; at = all.indexOf(text, at + 1)) {
      count++;
    }
    return count;
  }

  /** The events that have arrived. */
  List<ReceivedEvent> events() {
    return new EventStreamParser().feed(bytes()).events();
  }

  /** The data of the events that have arrived. */
  List<String> data() {
    return events().stream().map(ReceivedEvent::data).toList();
  }
}
