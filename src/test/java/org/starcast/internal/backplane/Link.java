package org.starcast.internal.backplane;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** A TCP proxy on the loopback address that can be cut, in the ways that networks are. */
public final class Link implements AutoCloseable {

  private final int target;
  private final ServerSocket listener;

  // guarded by this
  private final Set<Socket> sockets = new HashSet<>();
  private boolean frozen;
  private boolean refusing;
  private boolean closed;
  private Predicate<String> lost = text -> false;

  /** Forwards to this port. */
  public Link(int target) {
    this.target = target;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept);
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** Nothing gets through, and nobody is told: connections stay, new ones get no answer. */
  public synchronized void freeze() {
    frozen = true;
  }

  /** Breaks all connections, and each new one at once. */
  public synchronized void cut() {
    refusing = true;
    breakAll();
  }

  /** Breaks all connections; new ones are as before. */
  public synchronized void breakAll() {
    List.copyOf(sockets).forEach(this::end);
  }

  /** What the target sends and is such never arrives: text as it comes, mostly one message. */
  public synchronized void lose(Predicate<String> what) {
    lost = what;
  }

  private synchronized boolean isLost(byte[] buffer, int length) {
    return lost.test(new String(buffer, 0, length, StandardCharsets.ISO_8859_1));
  }

  /** All is well again; what waited while it was frozen goes on. */
  public synchronized void heal() {
    frozen = false;
    refusing = false;
    lost = text -> false;
    notifyAll();
  }

  private void accept() {
    try {
      while (true) {
        Socket near = listener.accept();
        start(() -> connect(near));
      }
    } catch (IOException e) {
      // it is closed
    }
  }

  private void connect(Socket near) {
    try {
      if (passes(near)) {
        Socket far = new Socket("127.0.0.1", target);
        if (passes(far)) {
          start(() -> forward(far, near, true));
          forward(near, far, false);
          return;
        }
        end(far);
      }
    } catch (IOException e) {
      // the broker is away
    }
    end(near);
  }

  private void forward(Socket from, Socket to, boolean answers) {
    byte[] buffer = new byte[64 << 10];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(buffer); n >= 0 && passes(from); n = in.read(buffer)) {
        if (!answers || !isLost(buffer, n)) {
          out.write(buffer, 0, n);
        }
      }
    } catch (IOException e) {
      // broken, as is the other side now
    }
    end(from);
    end(to);
  }

  /** Waits while nothing gets through; false if this connection has to end. */
  private synchronized boolean passes(Socket socket) {
    sockets.add(socket);
    try {
      while (frozen && !refusing && !closed) {
        wait();
      }
    } catch (InterruptedException e) {
      return false;
    }
    return !refusing && !closed;
  }

  private synchronized void end(Socket socket) {
    sockets.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // it is of no use any more
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "link");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
    List.copyOf(sockets).forEach(this::end);
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
