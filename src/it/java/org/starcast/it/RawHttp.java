package org.starcast.it;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One connection that is kept alive, and whose requests are bytes, as no HTTP client lets through.
 */
public final class RawHttp implements AutoCloseable {

  /** What came back; of an event stream the head only. */
  public record Answer(int status, List<String> headers, String body) {

    /** The first header of this name, or null. */
    public String header(String name) {
      String prefix = name.toLowerCase(Locale.ROOT) + ":";
      return headers.stream()
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
          .map(line -> line.substring(prefix.length()).trim())
          .findFirst()
          .orElse(null);
    }

    boolean isStream() {
      String type = header("Content-Type");
      return status == 200 && type != null && type.startsWith("text/event-stream");
    }
  }

  private final URI base;
  private Socket socket;
  private InputStream in;

  RawHttp(URI base) {
    this.base = base;
  }

  /** One request on a connection of its own. */
  public static Answer once(URI uri, String method, String body, String... headers)
      throws IOException {
    try (RawHttp http = new RawHttp(uri)) {
      return http.send(method, target(uri), body, headers);
    }
  }

  /** What the request line names. */
  static String target(URI uri) {
    return uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
  }

  /** A request with its length; the target as it is to be sent. */
  Answer send(String method, String target, String body, String... headers) throws IOException {
    StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    head.append("Host: ").append(base.getAuthority()).append("\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    byte[] content = body.getBytes(StandardCharsets.UTF_8);
    if (content.length > 0 || method.equals("POST")) {
      head.append("Content-Length: ").append(content.length).append("\r\n");
    }
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    request.writeBytes(content);
    return send(request.toByteArray(), method.equals("HEAD"));
  }

  /**
   * Sends bytes and reads the answer.
   *
   * @throws EOFException if the server closes the connection without one
   * @throws ProtocolException if what comes is none
   */
  Answer send(byte[] request, boolean headOnly) throws IOException {
    if (socket == null) {
      socket = new Socket();
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(30_000);
      socket.connect(new InetSocketAddress(base.getHost(), base.getPort()), 10_000);
      in = new BufferedInputStream(socket.getInputStream());
    }
    try {
      socket.getOutputStream().write(request);
      return read(headOnly);
    } catch (IOException e) {
      drop();
      throw e;
    }
  }

  private Answer read(boolean headOnly) throws IOException {
    int status;
    List<String> headers = new ArrayList<>();
    do {
      String line = RawStream.line(in);
      if (!line.startsWith("HTTP/1.1 ")) {
        throw new ProtocolException("no answer begins with " + line);
      }
      status = Integer.parseInt(line.split(" ")[1]);
      headers.clear();
      for (String header = RawStream.line(in); !header.isEmpty(); header = RawStream.line(in)) {
        headers.add(header);
      }
    } while (status == 100);
    Answer head = new Answer(status, headers, "");
    if (head.isStream()) {
      drop();
      return head;
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String length = head.header("Content-Length");
    if ("chunked".equals(head.header("Transfer-Encoding"))) {
      int size;
      do {
        size = Integer.parseInt(RawStream.line(in).trim(), 16);
        body.write(in.readNBytes(size));
        RawStream.line(in);
      } while (size > 0);
    } else if (length != null && !headOnly) {
      body.write(in.readNBytes(Integer.parseInt(length)));
    } else if (!headOnly && status != 204 && status != 304) {
      body.write(in.readAllBytes());
      drop();
    }
    if ("close".equalsIgnoreCase(head.header("Connection"))) {
      drop();
    }
    return new Answer(status, List.copyOf(headers), body.toString(StandardCharsets.UTF_8));
  }

  /** Whether the next request goes over a connection that has served one. */
  boolean isOpen() {
    return socket != null;
  }

  /** Lets go of the connection; the next request has another. */
  void drop() throws IOException {
    if (socket != null) {
      socket.close();
      socket = null;
    }
  }

  @Override
  public void close() throws IOException {
    drop();
  }
}
