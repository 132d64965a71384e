package org.starcast.it;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * An HTTP/2 connection written by hand (RFC 9113) that lets the server send as much as it likes, by
 * the largest flow control windows that there are, and then reads nothing: what a hostile client
 * does, and no well-behaved one.
 */
final class FrozenHttp2 {

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int WINDOW_UPDATE = 8;
  private static final int END_OF_STREAM_AND_HEADERS = 5;
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int STREAM = 1;

  private final SSLSocket socket;

  private FrozenHttp2(SSLSocketFactory factory) throws IOException {
    socket = (SSLSocket) factory.createSocket();
  }

  /**
   * A connection on which a stream was asked for and its first bytes have come. Once in some
   * thousands Grizzly closes one before that, so there is a second attempt.
   */
  static FrozenHttp2 open(SSLSocketFactory factory, URI uri) throws IOException {
    try {
      return opened(factory, uri);
    } catch (EOFException e) {
      System.out.println("the server closed a new connection: " + e);
      return opened(factory, uri);
    }
  }

  private static FrozenHttp2 opened(SSLSocketFactory factory, URI uri) throws IOException {
    FrozenHttp2 connection = new FrozenHttp2(factory);
    try {
      connection.open(uri);
      return connection;
    } catch (IOException e) {
      connection.close();
      throw e;
    }
  }

  private void open(URI uri) throws IOException {
    socket.setReceiveBufferSize(4096);
    socket.connect(new java.net.InetSocketAddress(uri.getHost(), uri.getPort()));
    socket.setSoTimeout(30_000);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    ByteArrayOutputStream settings = new ByteArrayOutputStream();
    DataOutputStream setting = new DataOutputStream(settings);
    setting.writeShort(INITIAL_WINDOW_SIZE);
    setting.writeInt(Integer.MAX_VALUE);
    frame(out, SETTINGS, 0, 0, settings.toByteArray());
    ByteArrayOutputStream window = new ByteArrayOutputStream();
    new DataOutputStream(window).writeInt(Integer.MAX_VALUE - 65_535);
    frame(out, WINDOW_UPDATE, 0, 0, window.toByteArray());
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    header(head, ":method", "GET");
    header(head, ":scheme", "https");
    header(head, ":authority", uri.getAuthority());
    header(head, ":path", uri.getRawPath() + "?" + uri.getRawQuery());
    frame(out, HEADERS, END_OF_STREAM_AND_HEADERS, STREAM, head.toByteArray());
    out.flush();
    DataInputStream in = new DataInputStream(socket.getInputStream());
    int type;
    do {
      int length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
      type = in.readUnsignedByte();
      in.skipNBytes(5L + length);
    } while (type != DATA);
  }

  private static void frame(DataOutputStream out, int type, int flags, int stream, byte[] payload)
      throws IOException {
    out.writeByte(payload.length >> 16);
    out.writeShort(payload.length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
    out.write(payload);
  }

  /** A literal field that is in no table (RFC 7541, section 6.2.2). */
  private static void header(ByteArrayOutputStream head, String name, String value) {
    head.write(0);
    for (String text : new String[] {name, value}) {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      if (bytes.length > 126) {
        throw new IllegalArgumentException("text: longer than this knows to write");
      }
      head.write(bytes.length);
      head.writeBytes(bytes);
    }
  }

  void close() throws IOException {
    socket.close();
  }
}
