package org.starcast.internal.writer;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.ServletResponseWrapper;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.zip.GZIPOutputStream;
import org.starcast.Subscription.LineSeparator;
import org.starcast.internal.http.NoErrorException;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.wire.SseFormat;

/**
 * Writes in the Servlet container's non-blocking mode (Jakarta Servlet 6.0, section 5.7), whichever
 * JAX-RS runtime opened the response: the runtime has put the request into asynchronous mode before
 * it called the resource method, and has written the response's head, with all that filters of the
 * application have for it, when {@link #open} returns, on the request's thread, so that there is
 * nothing to race with. From then on the runtime's way to the response is cut: whatever it still
 * writes goes nowhere, and only this writer ends the response.
 */
public final class ServletSinkWriter implements SinkWriter, WriteListener, AsyncListener {

  /** Proxies must neither keep nor recode the stream. */
  private static final String CACHE_CONTROL = "no-cache, no-transform";

  /** An attribute of a request whose sink has a client. */
  private static final String TAKEN = ServletSinkWriter.class.getName();

  private final AsyncContext context;
  private final ServletOutputStream out;
  private final Listener listener;

  /** Ends the request as the runtime does. */
  private Runnable runtimeEnd;

  private final LineSeparator separator;
  private final Executor completions;
  private final Duration heartbeat;
  private final ContainerConnection connection;
  private final ResponseStream stream;

  /** Whether the write listener has been set when the response was opened. */
  private boolean listens;

  private volatile boolean started;
  private boolean gzip;

  /** The client was gone before the response was open. */
  private IOException broken;

  /** The gzip stream's head is still to be written. */
  private boolean lead;

  /** What {@link ContainerConnection#transfer} said when it was last asked. */
  private volatile long transfer;

  /** This writer ends the response, or the container has told why it has ended. */
  private volatile boolean ending;

  private ServletSinkWriter(
      AsyncContext context,
      ServletOutputStream out,
      SseEventSink sink,
      LineSeparator separator,
      Executor completions,
      Executor sends,
      Duration heartbeat,
      Listener listener) {
    this.context = context;
    this.out = out;
    this.runtimeEnd = sink::close;
    this.separator = separator;
    this.completions = completions;
    this.heartbeat = heartbeat;
    this.listener = listener;
    this.connection = ContainerConnection.of(context.getRequest());
    this.stream =
        connection.blocks()
            ? new BlockingStream(out, sends, listener)
            : new NonBlockingStream(out, connection, listener::writable);
  }

  /**
   * Opens the response, on the request's thread.
   *
   * @param sink what JAX-RS gave to the resource method
   * @param request the request, in asynchronous mode
   * @param gzip whether the stream's content coding is to be gzip
   * @param separator what ends lines
   * @param completions runs what ends the response, which may call the application
   * @param sends runs writes where the container has none that do not block
   * @param heartbeat after how much silence something is written; zero for never
   * @throws IOException if the response cannot be opened
   * @throws IllegalStateException if a filter or interceptor of the application keeps a stream from
   *     being written
   */
  public static ServletSinkWriter open(
      SseEventSink sink,
      HttpServletRequest request,
      boolean gzip,
      LineSeparator separator,
      Executor completions,
      Executor sends,
      Duration heartbeat,
      Listener listener)
      throws IOException {
    if (isTaken(request)) {
      throw refused(
          "sink: has a client already; register it once, with all patterns in one subscription");
    }
    request.setAttribute(TAKEN, true);
    AsyncContext context = request.getAsyncContext();
    HttpServletResponse response = (HttpServletResponse) context.getResponse();
    // proxies must neither keep nor buffer nor recode the stream
    response.setHeader("Cache-Control", CACHE_CONTROL);
    response.setHeader("X-Accel-Buffering", "no");
    response.addHeader("Vary", "Accept-Encoding");
    response.setCharacterEncoding("UTF-8");
    if (gzip) {
      response.setHeader("Content-Encoding", "gzip");
    }
    ServletSinkWriter writer =
        new ServletSinkWriter(
            context,
            response.getOutputStream(),
            sink,
            separator,
            completions,
            sends,
            heartbeat,
            listener);
    context.setTimeout(writer.connection.asyncTimeoutMillis());
    setBuffer(unwrapped(response), writer.connection.bufferBytes());
    ServletOutputStream container = unwrapped(response).getOutputStream();
    if (writer.out != container) {
      writer.listenThrough(container);
    }
    JerseyResponse jersey = null;
    boolean headed = false;
    if (isJersey(sink)) {
      jersey = JerseyResponse.open(sink, writer::mayEnd);
      headed = jersey.stream() instanceof GZIPOutputStream;
    } else {
      ResteasyResponse.discardOutput(sink.getClass().getClassLoader());
      openBySink(sink);
    }
    writer.check(response, headed);
    try {
      response.flushBuffer();
    } catch (IOException e) {
      // no failure of the resource method, which the server would log with a stack trace
      writer.broken = e;
    }
    if (jersey != null) {
      try {
        writer.runtimeEnd = jersey.letGo();
      } catch (IllegalStateException e) {
        writer.endNow();
        throw e;
      }
    }
    return writer;
  }

  /**
   * Takes the coding that the response's head says, whoever has put it there.
   *
   * @param headed whether an interceptor of the application has written the gzip stream's head
   * @throws IllegalStateException if what the head says is not what will be written
   */
  private void check(HttpServletResponse response, boolean headed) {
    String coding = response.getHeader("Content-Encoding");
    boolean plain = coding == null || coding.equalsIgnoreCase("identity");
    gzip = "gzip".equalsIgnoreCase(coding) && separator == LineSeparator.LF;
    lead = gzip && !headed;
    String problem = null;
    if (headed ? !gzip : !plain && !gzip) {
      problem =
          "Content-Encoding: "
              + coding
              + ": a filter or interceptor of the application encodes the stream in a way that it"
              + " cannot have; have it leave text/event-stream out";
    }
    String type = response.getContentType();
    if (type == null || !type.startsWith(MediaType.SERVER_SENT_EVENTS)) {
      problem =
          "Content-Type: "
              + type
              + ": annotate the resource method with @Produces(MediaType.SERVER_SENT_EVENTS)";
    }
    if (problem != null) {
      // it is too late for another answer
      endNow();
      throw refused(problem);
    }
  }

  /**
   * Answers HEAD with the head that GET would get, and no stream: what is written for HEAD goes
   * nowhere and cannot fail, so that nothing would ever tell that the client is gone.
   *
   * @return what the resource method is to be left with
   */
  public static NoErrorException answerHead(
      SseEventSink sink,
      HttpServletRequest request,
      boolean gzip,
      LineSeparator separator,
      Executor completions)
      throws IOException {
    open(sink, request, gzip, separator, completions, completions, Duration.ZERO, new Nobody())
        .endNow();
    return new NoErrorException(Response.ok().build());
  }

  /** Whether a sink of the request has a client already. */
  public static boolean isTaken(HttpServletRequest request) {
    return request.getAttribute(TAKEN) != null;
  }

  private static boolean isJersey(SseEventSink sink) {
    return sink.getClass().getName().startsWith("org.glassfish.jersey.");
  }

  /** Whether the class, by its name, is of a runtime that this writer knows. */
  public static boolean knows(String type) {
    return type.startsWith("org.glassfish.jersey.") || type.startsWith("org.jboss.resteasy.");
  }

  /** May call the listener before it returns. */
  @Override
  public void start() {
    if (broken != null) {
      listener.failed(broken);
      return;
    }
    connection.boundPending();
    connection.checkTimeout(heartbeat);
    context.addListener(this);
    started = true;
    if (!listens) {
      out.setWriteListener(this);
    } else {
      // what the container has told before
      listener.writable();
    }
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

  /**
   * A stream that a servlet filter has put before the container's must pass the listener on, as
   * every stream that buffers or compresses fails to. Seen while another answer can be given.
   *
   * @throws IllegalStateException if it does not
   */
  private void listenThrough(ServletOutputStream container) {
    out.setWriteListener(this);
    try {
      container.setWriteListener(new Swallowed());
    } catch (IllegalStateException e) {
      // it has one: this
      listens = true;
      return;
    }
    throw refused(
        "a servlet filter has put "
            + out.getClass().getName()
            + " before the response's stream, which does not write without blocking, as those that"
            + " buffer or compress do: have the filter leave text/event-stream out");
  }

  private static void setBuffer(ServletResponse response, int bytes) {
    if (bytes > 0) {
      try {
        response.setBufferSize(bytes);
      } catch (IllegalStateException e) {
        // a filter of the application has written something: it stays as it is
      }
    }
  }

  private static ServletResponse unwrapped(ServletResponse response) {
    ServletResponse inner = response;
    while (inner instanceof ServletResponseWrapper wrapper) {
      inner = wrapper.getResponse();
    }
    return inner;
  }

  @Override
  public String name() {
    return "servlet";
  }

  @Override
  public boolean isGzip() {
    return gzip;
  }

  @Override
  public boolean write(byte[] bytes, int offset, int length) throws IOException {
    try {
      boolean more;
      if (lead) {
        lead = false;
        byte[] first = Arrays.copyOf(Gzip.HEADER, Gzip.HEADER.length + length);
        System.arraycopy(bytes, offset, first, Gzip.HEADER.length, length);
        more = stream.write(first, 0, first.length);
      } else if (separator == LineSeparator.LF) {
        more = stream.write(bytes, offset, length);
      } else {
        byte[] lines = SseFormat.withSeparator(separator.characters(), bytes, offset, length);
        more = stream.write(lines, 0, lines.length);
      }
      if (!more) {
        transfer = connection.transfer();
      }
      return more;
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

  @Override
  public boolean resume() throws IOException {
    try {
      return stream.resume();
    } catch (RuntimeException e) {
      throw ioErrorBehind(e);
    }
  }

  @Override
  public boolean progressed() {
    long now = connection.transfer();
    boolean progressed = now != transfer;
    transfer = now;
    return progressed;
  }

  @Override
  public void close() {
    ending = true;
    completions.execute(this::complete);
  }

  @Override
  public void abort() {
    ending = true;
    stream.discard();
    completions.execute(() -> connection.abort(this::complete));
  }

  /**
   * Ends the response on the request's own thread: later the container would have ended it by
   * itself, and may have another request in its place.
   */
  private void endNow() {
    ending = true;
    complete();
  }

  private static IllegalStateException refused(String problem) {
    // not every runtime logs what a resource method throws
    ContainerConnection.warn(LogMessage.NOT_WRITABLE, problem);
    return new IllegalStateException(problem);
  }

  /** The runtime ends its request and the response; the container is told in any case. */
  private void complete() {
    connection.release();
    try {
      runtimeEnd.run();
    } catch (RuntimeException e) {
      // the response ends all the same
    }
    try {
      context.complete();
    } catch (IllegalStateException e) {
      // it is complete already: by the runtime, or by the container after an error
    }
  }

  /**
   * Somebody is about to end the response, or to answer the request once more.
   *
   * @return whether that is this writer; else the client is told
   */
  private boolean mayEnd() {
    if (ending) {
      return true;
    }
    ContainerConnection.warn(LogMessage.SINK_CLOSED);
    listener.failed(new IllegalStateException(LogMessage.SINK_CLOSED.format()));
    return false;
  }

  @Override
  public void onWritePossible() {
    if (started) {
      listener.writable();
    }
  }

  @Override
  public void onError(Throwable cause) {
    ending = true;
    listener.failed(cause);
  }

  @Override
  public void onComplete(AsyncEvent event) {
    connection.release();
    if (mayEnd()) {
      listener.failed(null);
    }
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    connection.release();
    ending = true;
    listener.failed(null);
  }

  @Override
  public void onError(AsyncEvent event) {
    connection.release();
    ending = true;
    listener.failed(event.getThrowable());
  }

  @Override
  public void onStartAsync(AsyncEvent event) {
    // the runtime started it before this listener was added
  }

  /** Takes the place of a listener that a filter's stream has not passed on. */
  private static final class Swallowed implements WriteListener {
    @Override
    public void onWritePossible() {
      // the response has failed
    }

    @Override
    public void onError(Throwable cause) {
      // the response has failed
    }
  }

  /** There is no client. */
  private static final class Nobody implements Listener {
    @Override
    public void writable() {
      // nothing is written
    }

    @Override
    public void failed(Throwable cause) {
      // nothing to end
    }
  }
}
