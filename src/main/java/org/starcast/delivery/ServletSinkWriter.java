package org.starcast.delivery;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import org.starcast.wire.LineSeparator;
import org.starcast.wire.SseFormat;

/**
 * Writes in the Servlet container's non-blocking mode (Jakarta Servlet 6.0, section 5.7), whichever
 * JAX-RS runtime opened the response: the runtime has put the request into asynchronous mode before
 * it called the resource method, and the sink has written the response's head and a first comment
 * when {@link #open} returns, all on the request's thread, so that there is nothing to race with.
 * From {@link #start} on, which sets the write listener, the runtime's own sink is not written to.
 */
final class ServletSinkWriter implements SinkWriter, WriteListener, AsyncListener {

  private final AsyncContext context;
  private final ServletOutputStream out;
  private final Listener listener;
  private final SseEventSink sink;
  private final LineSeparator separator;

  /** Null unless the container's own answers are not enough. */
  private ContainerConnection.Http2Stream http2;

  /** What {@link #write} could not hand over, because the container was not ready. */
  private byte[] held;

  private boolean unflushed;

  private ServletSinkWriter(
      AsyncContext context,
      ServletOutputStream out,
      SseEventSink sink,
      LineSeparator separator,
      Listener listener) {
    this.context = context;
    this.out = out;
    this.sink = sink;
    this.separator = separator;
    this.listener = listener;
  }

  /**
   * Opens the response, on the request's thread.
   *
   * @param sink what JAX-RS gave to the resource method
   * @param request the request, in asynchronous mode
   * @param gzip whether the stream's content coding is gzip; the head is then written here, because
   *     the sink's first bytes would not be part of the gzip stream
   * @param separator what ends lines; where it is not LF, which ends the sink's first ones, the
   *     head is written here, too
   */
  static ServletSinkWriter open(
      SseEventSink sink,
      HttpServletRequest request,
      boolean gzip,
      LineSeparator separator,
      Listener listener)
      throws IOException {
    AsyncContext context = request.getAsyncContext();
    HttpServletResponse response = (HttpServletResponse) context.getResponse();
    // proxies must neither keep nor buffer nor recode the stream
    response.setHeader("Cache-Control", "no-cache, no-transform");
    response.setHeader("X-Accel-Buffering", "no");
    response.addHeader("Vary", "Accept-Encoding");
    response.setCharacterEncoding("UTF-8");
    context.setTimeout(0);
    if (gzip) {
      response.setHeader("Content-Encoding", "gzip");
    }
    boolean jersey = sink.getClass().getName().startsWith("org.glassfish.jersey.");
    boolean ownHead = gzip || separator != LineSeparator.LF;
    if (jersey && ownHead) {
      // not the sink's first bytes; it finds the head written
      response.setContentType(MediaType.SERVER_SENT_EVENTS + ";charset=UTF-8");
    } else if (jersey) {
      openBySink(sink);
    } else if (ownHead) {
      ResteasyResponse.discardOutput(sink.getClass().getClassLoader());
      openBySink(sink);
    } else {
      openBySink(sink);
      ResteasyResponse.discardOutput(sink.getClass().getClassLoader());
    }
    ServletOutputStream out = response.getOutputStream();
    if (gzip) {
      out.write(Gzip.HEADER);
    }
    if (ownHead) {
      response.flushBuffer();
    }
    return new ServletSinkWriter(context, out, sink, separator, listener);
  }

  /** Whether the class, by its name, is of a runtime that this writer knows. */
  static boolean knows(String type) {
    return type.startsWith("org.glassfish.jersey.") || type.startsWith("org.jboss.resteasy.");
  }

  /** May call the listener before it returns. */
  @Override
  public void start() {
    ContainerConnection.boundPending(context);
    http2 = ContainerConnection.http2(context);
    context.addListener(this);
    out.setWriteListener(this);
  }

  /** On the request's thread the runtimes write the first event before they return. */
  private static void openBySink(SseEventSink sink) throws IOException {
    try {
      sink.send(OpeningEvent.INSTANCE).toCompletableFuture().get();
    } catch (ExecutionException e) {
      throw new IOException("the sink did not open", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the sink opened", e);
    }
  }

  @Override
  public String name() {
    return "servlet";
  }

  @Override
  public boolean write(byte[] bytes, int offset, int length) throws IOException {
    try {
      if (separator == LineSeparator.LF) {
        return writeLines(bytes, offset, length);
      }
      byte[] lines = SseFormat.withSeparator(separator, bytes, offset, length);
      return writeLines(lines, 0, lines.length);
    } catch (RuntimeException e) {
      throw ioErrorBehind(e);
    }
  }

  /**
   * Undertow tells listeners of an I/O error before it throws it. Where one of them fails, as
   * Weld's does for a request whose HTTP session has ended, it throws a plain {@code
   * RuntimeException} around that failure instead.
   */
  private static IOException ioErrorBehind(RuntimeException e) {
    if (e.getClass() == RuntimeException.class && e.getCause() instanceof IllegalStateException) {
      return new IOException(e);
    }
    throw e;
  }

  private boolean writeLines(byte[] bytes, int offset, int length) throws IOException {
    if (!isReady()) {
      held = Arrays.copyOfRange(bytes, offset, offset + length);
      return false;
    }
    out.write(bytes, offset, length);
    return flush();
  }

  @Override
  public boolean resume() throws IOException {
    try {
      if (held != null) {
        if (!isReady()) {
          return false;
        }
        byte[] bytes = held;
        held = null;
        out.write(bytes, 0, bytes.length);
        return flush();
      }
      return unflushed ? flush() : isReady();
    } catch (RuntimeException e) {
      throw ioErrorBehind(e);
    }
  }

  private boolean flush() throws IOException {
    unflushed = !isReady();
    if (unflushed) {
      return false;
    }
    out.flush();
    return isReady();
  }

  /** False if the listener will be called once it is. */
  private boolean isReady() throws IOException {
    if (http2 == null) {
      return out.isReady();
    }
    if (!http2.isOpen()) {
      throw new IOException("the client has reset the stream");
    }
    if (!out.isReady()) {
      return false;
    }
    if (!http2.canWrite()) {
      http2.whenItCanWrite(listener::writable);
      return false;
    }
    return true;
  }

  @Override
  public void close() {
    complete();
  }

  @Override
  public void abort() {
    held = null;
    complete();
    if (http2 == null) {
      ContainerConnection.breakConnection(context);
    } else {
      http2.terminate();
    }
  }

  /** The runtime ends its request and the response; the container is told in any case. */
  private void complete() {
    try {
      sink.close();
    } catch (RuntimeException e) {
      // it flushes, which the container refuses while a write is pending
    }
    try {
      context.complete();
    } catch (IllegalStateException e) {
      // it is complete already: by the sink, or by the container after an error
    }
  }

  @Override
  public void onWritePossible() {
    listener.writable();
  }

  @Override
  public void onError(Throwable cause) {
    listener.failed(cause);
  }

  @Override
  public void onComplete(AsyncEvent event) {
    listener.failed(null);
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    listener.failed(null);
  }

  @Override
  public void onError(AsyncEvent event) {
    listener.failed(event.getThrowable());
  }

  @Override
  public void onStartAsync(AsyncEvent event) {
    // the runtime started it before this listener was added
  }
}
