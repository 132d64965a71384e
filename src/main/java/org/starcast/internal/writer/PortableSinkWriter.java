package org.starcast.internal.writer;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.starcast.internal.wire.SseFormat;

/**
 * Writes through {@link SseEventSink#send} on any JAX-RS runtime: one outstanding send, on the
 * executor, because runtimes may block in it. The runtime formats the event itself; line breaks are
 * LF only by then, which all of them keep, except that RESTEasy joins consecutive ones.
 */
public final class PortableSinkWriter implements SinkWriter {

  /** What a runtime makes of an event's data. */
  public enum Runtime {

    /** Writes the data of any event that has fields, and fails where it is null. */
    JERSEY {
      @Override
      String data(String data) {
        return data == null ? "" : data;
      }
    },

    /** Writes {@code data:} once, before the first line; up to 4.2.3 at least. */
    CXF {
      @Override
      String data(String data) {
        return data == null ? null : data.replace("\n", "\ndata: ");
      }
    },

    /** Writes each line of the data as a field. */
    OTHER {
      @Override
      String data(String data) {
        return data;
      }
    };

    /** The runtime of a sink. TomEE's is a subclass of CXF's. */
    static Runtime of(Class<?> sink) {
      for (Class<?> type = sink; type != null; type = type.getSuperclass()) {
        Runtime runtime = of(type.getName());
        if (runtime != OTHER) {
          return runtime;
        }
      }
      return OTHER;
    }

    /** The runtime that a class is of, by its name. */
    public static Runtime of(String type) {
      if (type.startsWith("org.glassfish.jersey.")) {
        return JERSEY;
      }
      return type.startsWith("org.apache.cxf.") ? CXF : OTHER;
    }

    /**
     * What is handed over, so that the client gets the data.
     *
     * @param data that of an event with fields; null for none
     */
    abstract String data(String data);
  }

  private final SseEventSink sink;
  private final Executor executor;
  private final Listener listener;
  private final Runtime runtime;

  /** Events of the present write that are not sent yet; touched by one thread at a time. */
  private final ArrayDeque<OutboundSseEvent> waiting = new ArrayDeque<>();

  private volatile IOException failure;
  private volatile boolean busy;

  /** How many events were sent in all, and when that was last asked. */
  private final AtomicLong sent = new AtomicLong();

  private volatile long sentBefore;

  public PortableSinkWriter(SseEventSink sink, Executor executor, Listener listener) {
    this.sink = sink;
    this.executor = executor;
    this.listener = listener;
    this.runtime = Runtime.of(sink.getClass());
  }

  /** The first send commits the response. */
  @Override
  public void start() {
    waiting.add(OpeningEvent.INSTANCE);
    busy = true;
    executor.execute(this::sendNext);
  }

  @Override
  public String name() {
    return "portable";
  }

  @Override
  public boolean isGzip() {
    return false;
  }

  @Override
  public boolean progressed() {
    long now = sent.get();
    boolean progressed = now != sentBefore;
    sentBefore = now;
    return progressed;
  }

  @Override
  public boolean write(byte[] bytes, int offset, int length) throws IOException {
    check();
    waiting.addAll(events(new String(bytes, offset, length, StandardCharsets.UTF_8), runtime));
    sentBefore = sent.get();
    busy = true;
    executor.execute(this::sendNext);
    return false;
  }

  @Override
  public boolean resume() throws IOException {
    check();
    return !busy;
  }

  private void check() throws IOException {
    if (failure != null) {
      throw failure;
    }
  }

  private void sendNext() {
    OutboundSseEvent event = waiting.poll();
    if (event == null) {
      busy = false;
      listener.writable();
      return;
    }
    try {
      sink.send(event)
          .whenComplete(
              (result, problem) -> {
                if (problem != null) {
                  fail(problem);
                } else {
                  sent.incrementAndGet();
                  executor.execute(this::sendNext);
                }
              });
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void fail(Throwable problem) {
    failure = new IOException("the sink failed", problem);
    listener.failed(failure);
  }

  @Override
  public void close() {
    executor.execute(sink::close);
  }

  @Override
  public void abort() {
    close();
  }

  /**
   * Reads back the frames that the encoder made: each ends with an empty line.
   *
   * @param runtime who formats the events
   */
  public static List<OutboundSseEvent> events(String frames, Runtime runtime) {
    return Arrays.stream(frames.split("\n\n"))
        .filter(frame -> !frame.isEmpty())
        .<OutboundSseEvent>map(frame -> new TextEvent(SseFormat.decode(frame), runtime))
        .toList();
  }

  private record TextEvent(SseFormat.Fields fields, Runtime runtime) implements OutboundSseEvent {

    @Override
    public String getComment() {
      return fields.comment().orElse(null);
    }

    @Override
    public String getName() {
      return fields.event().orElse(null);
    }

    @Override
    public String getId() {
      return fields.id().orElse(null);
    }

    @Override
    public long getReconnectDelay() {
      return fields.retry().map(Duration::toMillis).orElse(RECONNECT_NOT_SET);
    }

    @Override
    public boolean isReconnectDelaySet() {
      return fields.retry().isPresent();
    }

    @Override
    public Class<?> getType() {
      boolean comment =
          fields.data().isEmpty()
              && fields.event().isEmpty()
              && fields.id().isEmpty()
              && fields.retry().isEmpty();
      return comment ? null : String.class;
    }

    @Override
    public Type getGenericType() {
      return getType();
    }

    @Override
    public MediaType getMediaType() {
      return MediaType.TEXT_PLAIN_TYPE;
    }

    @Override
    public Object getData() {
      return getType() == null ? null : runtime.data(fields.data().orElse(null));
    }
  }
}
