package org.starcast.it;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentMap;
import java.util.zip.GZIPInputStream;
import org.starcast.testing.EventStreamParser;
import org.starcast.testing.ReceivedEvent;

/**
 * One HTTP/1.1 connection written by hand, so that a test sees the bytes as they are, and can stop
 * reading or vanish as no well-behaved client would. Reads on a thread of its own once told to.
 */
public final class RawStream implements AutoCloseable {

  private final Socket socket;
  private final InputStream in;
  private final int status;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final EventStreamParser parser = new EventStreamParser();
  private final List<ReceivedEvent> events = new ArrayList<>();
  private volatile boolean keepBody = true;
  private volatile ConcurrentMap<ReceivedEvent, ReceivedEvent> shared;
  private volatile boolean ended;
  private boolean silent;

  private RawStream(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
    String statusLine = line(in);
    status = Integer.parseInt(statusLine.split(" ")[1]);
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
    }
  }

  /** Opens a stream and reads it to its end on a thread of its own. */
  public static RawStream open(URI uri, String... requestHeaders) throws IOException {
    return open("GET", uri, "", requestHeaders);
  }

  /** As {@link #open(URI, String...)}, by another method and with a body. */
  public static RawStream open(String method, URI uri, String content, String... requestHeaders)
      throws IOException {
    RawStream stream = send(method, uri, content, 0, requestHeaders);
    Thread reader = new Thread(stream::readAll, "raw-stream");
    reader.setDaemon(true);
    reader.start();
    return stream;
  }

  /** Opens a stream and reads nothing behind the head; 0 is the system's receive buffer. */
  public static RawStream stalled(URI uri, int receiveBuffer, String... requestHeaders)
      throws IOException {
    return send("GET", uri, "", receiveBuffer, requestHeaders);
  }

  private static RawStream send(
      String method, URI uri, String content, int receiveBuffer, String... requestHeaders)
      throws IOException {
    Socket socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.setSoTimeout(60_000);
    socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), 10_000);
    StringBuilder request = new StringBuilder(method).append(' ').append(RawHttp.target(uri));
    request.append(" HTTP/1.1\r\nHost: ").append(uri.getAuthority()).append("\r\n");
    for (String header : requestHeaders) {
      request.append(header).append("\r\n");
    }
    if (!content.isEmpty()) {
      request.append("Content-Length: ").append(content.length()).append("\r\n");
    }
    request.append("\r\n").append(content);
    socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.US_ASCII));
    return new RawStream(socket);
  }

  public int status() {
    return status;
  }

  public String header(String name) {
    return headers.get(name.toLowerCase(Locale.ROOT));
  }

  /** The body so far, without its chunks' framing. */
  public byte[] bytes() {
    synchronized (body) {
      return body.toByteArray();
    }
  }

  public String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  /** What a gzip stream that has no end says so far. */
  public String unzipped() throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (InputStream zipped = new GZIPInputStream(new ByteArrayInputStream(bytes()))) {
      for (int b = zipped.read(); b >= 0; b = zipped.read()) {
        text.write(b);
      }
    } catch (EOFException e) {
      // as expected
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  public List<ReceivedEvent> events() {
    synchronized (body) {
      return List.copyOf(events);
    }
  }

  public List<String> data() {
    return events().stream().map(ReceivedEvent::data).toList();
  }

  public int count() {
    synchronized (body) {
      return events.size();
    }
  }

  /** The body has ended, or the connection broke. */
  public boolean ended() {
    return ended;
  }

  /**
   * Reads until the stream has said at which id it begins, on this thread: from then on it is sent
   * what is published, and need not read it in the log.
   */
  public RawStream readGreeting() throws IOException {
    while (!text().contains("\nretry: ")) {
      if (!readChunk()) {
        throw new EOFException("no greeting in " + text());
      }
    }
    return this;
  }

  /** Reads chunks, 4 KiB and a pause at a time, until there is an event of so many bytes. */
  void readSlowly(Runnable pause, int size) throws IOException {
    while (data().stream().noneMatch(data -> data.length() >= size)) {
      if (!readChunk(4096, pause)) {
        throw new EOFException("the stream has ended");
      }
    }
  }

  /** Writes a byte that nobody waits for; false once the connection is gone. */
  public boolean write() {
    try {
      socket.getOutputStream().write('\n');
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Reads everything that is still to come, on this thread. */
  public void readAll() {
    try {
      if ("chunked".equals(header("Transfer-Encoding"))) {
        while (readChunk()) {}
        return;
      }
      String length = header("Content-Length");
      if (length != null) {
        accept(in.readNBytes(Integer.parseInt(length)), Integer.parseInt(length));
      }
    } catch (IOException e) {
      // the connection broke, which is what some tests wait for
    } finally {
      ended = true;
    }
  }

  /** False for the last. */
  private boolean readChunk() throws IOException {
    return readChunk(64 << 10, () -> {});
  }

  private boolean readChunk(int most, Runnable pause) throws IOException {
    int size = Integer.parseInt(line(in).trim(), 16);
    if (size == 0) {
      return false;
    }
    byte[] buffer = new byte[Math.min(size, most)];
    while (size > 0) {
      int n = in.read(buffer, 0, Math.min(size, buffer.length));
      if (n < 0) {
        throw new EOFException();
      }
      accept(buffer, n);
      size -= n;
      pause.run();
    }
    line(in);
    return true;
  }

  private void accept(byte[] bytes, int length) throws IOException {
    synchronized (body) {
      if (silent) {
        throw new IOException("reads no more");
      }
      if (keepBody) {
        body.write(bytes, 0, length);
      }
      for (EventStreamParser.Item item : parser.feed(bytes, 0, length).take()) {
        if (item instanceof ReceivedEvent event) {
          events.add(shared == null ? event : shared.computeIfAbsent(event, same -> same));
        }
      }
    }
  }

  /** Reads no more and does not close: what a peer looks like whose cable was pulled. */
  public void fallSilent() {
    synchronized (body) {
      silent = true;
      ended = true;
    }
  }

  /** For many streams of the same events: keeps one of those that are equal. */
  RawStream sharing(ConcurrentMap<ReceivedEvent, ReceivedEvent> seen) {
    shared = seen;
    return this;
  }

  /** For streams of which only the events matter. */
  public RawStream withoutBody() {
    keepBody = false;
    return this;
  }

  /** The next line of a head, or of a chunk's. */
  static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException();
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  /** Closes by RST, as a killed client does. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
