package org.starcast.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One keep-alive connection that sends one request at a time and connects anew when the server has
 * closed it (Payara does so after 256 requests). Used by one thread.
 */
final class HttpPublisher implements AutoCloseable {

  static final String FORM = "application/x-www-form-urlencoded";

  /** The answer to a request. */
  record Answer(int status, String body) {
    boolean ok() {
      return status / 100 == 2;
    }
  }

  private final int port;
  private final int timeoutMillis;
  private Socket socket;
  private InputStream in;

  HttpPublisher(int port, int timeoutMillis) {
    this.port = port;
    this.timeoutMillis = timeoutMillis;
  }

  Answer get(String path) throws IOException {
    return exchange("GET", path, null, "");
  }

  Answer put(String path, String contentType) throws IOException {
    return exchange("PUT", path, contentType, "");
  }

  Answer post(String path, String contentType, String body) throws IOException {
    return exchange("POST", path, contentType, body);
  }

  private Answer exchange(String method, String path, String contentType, String body)
      throws IOException {
    byte[] payload = body.getBytes(StandardCharsets.UTF_8);
    StringBuilder head = new StringBuilder(256);
    head.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1:");
    head.append(port).append("\r\n");
    if (contentType != null) {
      head.append("Content-Type: ").append(contentType).append("\r\n");
    }
    if (!"GET".equals(method)) {
      head.append("Content-Length: ").append(payload.length).append("\r\n");
    }
    byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
    byte[] request = new byte[start.length + payload.length];
    System.arraycopy(start, 0, request, 0, start.length);
    System.arraycopy(payload, 0, request, start.length, payload.length);
    boolean reused = socket != null;
    try {
      return send(request);
    } catch (SocketTimeoutException e) {
      close();
      throw e;
    } catch (IOException e) {
      close();
      if (!reused) {
        throw e;
      }
      // the server closed the idle connection; a request that it did take shows as a duplicate
      return send(request);
    }
  }

  private Answer send(byte[] request) throws IOException {
    if (socket == null) {
      socket = new Socket();
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(timeoutMillis);
      socket.connect(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 5_000);
      in = new BufferedInputStream(socket.getInputStream());
    }
    socket.getOutputStream().write(request);
    String statusLine = line();
    int status = Integer.parseInt(statusLine.substring(9, 12));
    long length = -1;
    boolean chunked = false;
    boolean close = false;
    for (String header = line(); !header.isEmpty(); header = line()) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Long.parseLong(lower.substring(15).trim());
      } else if (lower.startsWith("transfer-encoding:")) {
        chunked = lower.contains("chunked");
      } else if (lower.startsWith("connection:")) {
        close = lower.contains("close");
      }
    }
    String body = body(status, length, chunked);
    if (close || !chunked && length < 0 && status != 204) {
      close();
    }
    return new Answer(status, body);
  }

  private String body(int status, long length, boolean chunked) throws IOException {
    if (status == 204) {
      return "";
    }
    if (!chunked) {
      byte[] bytes = length < 0 ? in.readAllBytes() : in.readNBytes((int) length);
      return new String(bytes, StandardCharsets.UTF_8);
    }
    StringBuilder body = new StringBuilder();
    for (int size = chunkSize(); size > 0; size = chunkSize()) {
      body.append(new String(in.readNBytes(size), StandardCharsets.UTF_8));
      line();
    }
    line();
    return body.toString();
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(line().split(";", 2)[0].trim(), 16);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the server closed the connection");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  @Override
  public void close() {
    if (socket != null) {
      try {
        socket.close();
      } catch (IOException e) {
        // it is gone either way
      }
      socket = null;
    }
  }
}
