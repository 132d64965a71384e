package org.starcast.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Many open streams on one or two event loops; no thread per stream. One thread, the scenario's,
 * calls the methods; counts can be read while events come in, the streams' own account and the
 * histogram only after {@link #settle()}.
 */
final class Swarm implements AutoCloseable {

  /** Streams of one source address: well below the ephemeral ports that Linux gives to one. */
  private static final int STREAMS_PER_SOURCE = 4_000;

  private static final int STALLED_RECEIVE_BUFFER = 16 * 1024;
  private static final AtomicLong SOURCES = new AtomicLong();

  private final InetSocketAddress server;
  private final List<Loop> loops = new ArrayList<>();
  private final List<EventStream> streams = new ArrayList<>();

  Swarm(int port, int threads) {
    try {
      server = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port);
      for (int i = 0; i < threads; i++) {
        Loop loop = new Loop();
        loops.add(loop);
        Thread thread = new Thread(loop, "streams-" + i);
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Starts to open streams and returns at once.
   *
   * @param path the request's path and query, by the stream's index
   * @param window connections that may be under way at a time
   * @param padding characters of padding in each event, or -1 for any
   */
  void open(int count, IntFunction<String> path, int window, boolean stalled, int padding) {
    openInTurn(count, i -> List.of(path.apply(i)), window, stalled, padding);
  }

  /** As {@link #open}, with several paths in turn: each when the one before has given an event. */
  void openInTurn(
      int count, IntFunction<List<String>> paths, int window, boolean stalled, int padding) {
    open(count, paths, window, stalled, padding, i -> null);
  }

  /** As {@link #open}, with connections that are cut, and come back behind the last event. */
  void openCut(
      int count,
      IntFunction<String> path,
      int window,
      int padding,
      IntFunction<EventStream.Cuts> cuts) {
    open(count, i -> List.of(path.apply(i)), window, false, padding, cuts);
  }

  private void open(
      int count,
      IntFunction<List<String>> paths,
      int window,
      boolean stalled,
      int padding,
      IntFunction<EventStream.Cuts> cuts) {
    int first = streams.size();
    for (int i = first; i < first + count; i++) {
      Loop loop = loops.get(i % loops.size());
      List<String> requests = paths.apply(i).stream().map(this::request).toList();
      long block = SOURCES.getAndIncrement() / STREAMS_PER_SOURCE;
      byte[] source = {127, 0, 0, (byte) (2 + block % 250)};
      EventStream stream =
          new EventStream(i, source, requests, stalled, padding, cuts.apply(i), loop);
      streams.add(stream);
      loop.run(() -> loop.waiting.add(stream));
    }
    for (Loop loop : loops) {
      loop.run(() -> loop.window = Math.max(1, window / loops.size()));
    }
  }

  private String request(String path) {
    return "GET "
        + path
        + " HTTP/1.1\r\nHost: 127.0.0.1:"
        + server.getPort()
        + "\r\nAccept: text/event-stream, */*\r\n\r\n";
  }

  List<EventStream> streams() {
    return streams;
  }

  long opened() {
    return sum(loops, l -> l.opened);
  }

  /** Streams that could not be opened, or that the server ended. */
  long lost() {
    return sum(loops, l -> l.lost);
  }

  /** Those of named streams that have the end. */
  long done() {
    return sum(loops, l -> l.done);
  }

  long events() {
    return sum(loops, l -> l.events);
  }

  /** The bytes of all answers, heads included. */
  long bytes() {
    return sum(loops, l -> l.received);
  }

  long comments() {
    return sum(loops, l -> l.comments);
  }

  /** The time of the last event at any stream, by {@link System#nanoTime()}. */
  long lastEventNanos() {
    return loops.stream().mapToLong(l -> l.lastEvent.get()).max().orElse(0);
  }

  /** The reason of the first stream that failed, for the report. */
  String firstFailure() {
    settle();
    return streams.stream()
        .filter(s -> s.failure != null)
        .map(s -> s.failure)
        .findFirst()
        .orElse("none");
  }

  /** Waits until the condition holds or the time is over; true if it holds. */
  static boolean await(BooleanSupplier condition, long timeout, TimeUnit unit) {
    long end = System.nanoTime() + unit.toNanos(timeout);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        return false;
      }
      LockSupport.parkNanos(1_000_000);
    }
    return true;
  }

  /** Waits until every stream is open or lost; true if all are open. */
  boolean awaitOpen(int count, long timeout, TimeUnit unit) {
    await(() -> opened() + lost() >= count, timeout, unit);
    return opened() >= count && lost() == 0;
  }

  /** Forgets the events so far. */
  void reset() {
    onLoops(Loop::reset);
  }

  /** Makes what the loops have written visible to the caller. */
  void settle() {
    onLoops(loop -> {});
  }

  /** The latencies since {@link #reset()}. */
  Histogram latencies() {
    Histogram all = new Histogram();
    onLoops(
        loop -> {
          synchronized (all) {
            all.add(loop.latencies);
          }
        });
    return all;
  }

  /** Lets the stalled streams read what is there, so that their end can be seen. */
  void resumeStalled() {
    onLoops(Loop::resumeStalled);
  }

  @Override
  public void close() {
    onLoops(Loop::stop);
  }

  private void onLoops(Consumer<Loop> task) {
    CountDownLatch done = new CountDownLatch(loops.size());
    for (Loop loop : loops) {
      loop.run(
          () -> {
            task.accept(loop);
            done.countDown();
          });
    }
    try {
      if (!done.await(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("an event loop does not answer");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static long sum(List<Loop> loops, Function<Loop, AtomicLong> counter) {
    long sum = 0;
    for (Loop loop : loops) {
      sum += counter.apply(loop).get();
    }
    return sum;
  }

  /** One selector and the thread that runs it; its counters are written by that thread only. */
  private final class Loop implements Runnable, EventStream.Sink {

    final AtomicLong opened = new AtomicLong();
    final AtomicLong lost = new AtomicLong();
    final AtomicLong done = new AtomicLong();
    final AtomicLong events = new AtomicLong();
    final AtomicLong comments = new AtomicLong();
    final AtomicLong received = new AtomicLong();
    final AtomicLong lastEvent = new AtomicLong();
    final Deque<EventStream> waiting = new ArrayDeque<>();
    final Queue<EventStream> away =
        new PriorityQueue<>(Comparator.comparingLong(stream -> stream.backAt));
    final List<EventStream> mine = new ArrayList<>();
    int window = 1;
    Histogram latencies = new Histogram();

    private final Selector selector = Selector.open();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final byte[] bytes = new byte[256 * 1024];
    private final ByteBuffer buffer = ByteBuffer.wrap(bytes);
    private int underWay;
    private long eventCount;
    private long commentCount;
    private long now;
    private boolean running = true;

    Loop() throws IOException {}

    void run(Runnable task) {
      tasks.add(task);
      selector.wakeup();
    }

    @Override
    public void run() {
      try {
        while (running) {
          selector.select(this::ready, away.isEmpty() ? 100 : 5);
          for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
          }
          while (running && underWay < window && !waiting.isEmpty()) {
            connect(waiting.poll());
          }
          while (running && !away.isEmpty() && away.peek().backAt - System.nanoTime() <= 0) {
            request(away.poll());
          }
          events.lazySet(eventCount);
          comments.lazySet(commentCount);
        }
        selector.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void connect(EventStream stream) {
      mine.add(stream);
      stream.underWay = true;
      underWay++;
      request(stream);
    }

    private void request(EventStream stream) {
      stream.begin();
      try {
        SocketChannel channel = SocketChannel.open();
        stream.channel = channel;
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        // closing resets the connection, so that no port is left in TIME_WAIT
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        if (stream.stalled) {
          channel.setOption(StandardSocketOptions.SO_RCVBUF, STALLED_RECEIVE_BUFFER);
        }
        channel.bind(new InetSocketAddress(InetAddress.getByAddress(stream.source), 0));
        boolean connected = channel.connect(server);
        SelectionKey key =
            channel.register(
                selector, connected ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT, stream);
        if (connected) {
          sendRequest(key, stream);
        }
      } catch (IOException e) {
        lose(stream, EventStream.State.FAILED, e.toString());
      }
    }

    private void ready(SelectionKey key) {
      EventStream stream = (EventStream) key.attachment();
      try {
        if (key.isConnectable()) {
          stream.channel.finishConnect();
          sendRequest(key, stream);
        } else if (key.isWritable()) {
          sendRequest(key, stream);
        } else if (key.isReadable()) {
          read(key, stream);
        }
      } catch (IOException e) {
        lose(stream, EventStream.State.ENDED, e.toString());
      }
    }

    private void sendRequest(SelectionKey key, EventStream stream) throws IOException {
      stream.channel.write(stream.request);
      if (stream.request.hasRemaining()) {
        key.interestOps(SelectionKey.OP_WRITE);
      } else {
        stream.request = null;
        stream.state = EventStream.State.HEAD;
        key.interestOps(SelectionKey.OP_READ);
      }
    }

    private void read(SelectionKey key, EventStream stream) throws IOException {
      buffer.clear();
      int n = stream.channel.read(buffer);
      if (n < 0) {
        lose(stream, EventStream.State.ENDED, "the server ended the stream");
        return;
      }
      received.lazySet(received.get() + n);
      now = System.nanoTime();
      long before = eventCount;
      boolean wasOpen = stream.state == EventStream.State.OPEN;
      stream.feed(bytes, 0, n);
      if (eventCount != before) {
        lastEvent.lazySet(now);
      }
      if (stream.state == EventStream.State.FAILED || stream.state == EventStream.State.ENDED) {
        lose(stream, stream.state, stream.failure);
      } else if (stream.state == EventStream.State.NEXT) {
        close(stream);
        request(stream);
      } else if (stream.state == EventStream.State.CUT) {
        close(stream);
        stream.backAt = now + stream.awayNanos();
        away.add(stream);
      } else if (stream.stalled && !wasOpen && stream.state == EventStream.State.OPEN) {
        key.interestOps(0);
      }
    }

    private void lose(EventStream stream, EventStream.State state, String why) {
      arrived(stream);
      if (stream.hasEnd) {
        stream.state = EventStream.State.DONE;
        done.lazySet(done.get() + 1);
        close(stream);
        return;
      }
      stream.state = state;
      stream.failure = why == null ? "the server ended the stream" : why;
      lost.lazySet(lost.get() + 1);
      close(stream);
    }

    private void close(EventStream stream) {
      if (stream.channel == null) {
        return;
      }
      try {
        stream.channel.close();
      } catch (IOException e) {
        // it is gone either way
      }
    }

    private void arrived(EventStream stream) {
      if (stream.underWay) {
        stream.underWay = false;
        underWay--;
      }
    }

    void reset() {
      eventCount = 0;
      commentCount = 0;
      events.set(0);
      comments.set(0);
      latencies = new Histogram();
      mine.forEach(EventStream::resetCounts);
    }

    void resumeStalled() {
      for (EventStream stream : mine) {
        if (stream.stalled && stream.state == EventStream.State.OPEN) {
          stream.channel.keyFor(selector).interestOps(SelectionKey.OP_READ);
        }
      }
    }

    void stop() {
      running = false;
      mine.forEach(this::close);
    }

    @Override
    public void opened(EventStream stream) {
      arrived(stream);
      opened.lazySet(opened.get() + 1);
    }

    @Override
    public void event(long timeNanos) {
      eventCount++;
      latencies.record(now - timeNanos);
    }

    @Override
    public void comment() {
      commentCount++;
    }
  }
}
