package org.starcast.internal.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionBindingEvent;
import jakarta.servlet.http.HttpSessionBindingListener;
import java.io.Serializable;
import java.security.Principal;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.starcast.SseClient;
import org.starcast.SseClient.State;

/**
 * The streams that the pages of one HTTP session may open: a page is given an id, and what is
 * behind it stays in the session. So a client can neither choose topics nor use an id of another
 * session, and the end of the session ends the streams. Thread-safe.
 */
public final class SessionStreams {

  /** The most in one session; those that were put there longest ago are forgotten first. */
  static final int MAX = 100;

  private static final String STREAMS = "org.starcast.streams";
  private static final String CLIENTS = "org.starcast.streams.clients";
  private static final SecureRandom RANDOM = new SecureRandom();

  private SessionStreams() {}

  /**
   * What is behind an id. Immutable.
   *
   * @param topics the patterns
   * @param user whose client it will be, as the page says; or null for the caller
   * @param principal who was logged in; or null for nobody
   */
  public record Stream(List<String> topics, String user, String principal) implements Serializable {

    private static final long serialVersionUID = 1L;

    /** Keeps a copy. */
    public Stream {
      topics = List.copyOf(topics);
    }
  }

  /**
   * Puts a stream into the session of a request, which begins one if there is none. What is there
   * already keeps its id: all tabs of a session have the same one, and may share a connection.
   *
   * @return its id, 22 characters that need no escaping in a URL
   * @throws IllegalStateException if a session cannot begin any more, as the response has begun
   */
  public static String put(HttpServletRequest request, List<String> topics, String user) {
    Stream stream = new Stream(topics, user, name(request.getUserPrincipal()));
    HttpSession session = request.getSession();
    synchronized (clients(session)) {
      Map<String, Stream> streams = new LinkedHashMap<>(streams(session));
      for (var known : streams.entrySet()) {
        if (known.getValue().equals(stream)) {
          return known.getKey();
        }
      }
      if (streams.size() >= MAX) {
        streams.remove(streams.keySet().iterator().next());
      }
      byte[] bits = new byte[16];
      RANDOM.nextBytes(bits);
      String id = Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
      streams.put(id, stream);
      // set anew, not changed: so a cluster's other nodes get it
      session.setAttribute(STREAMS, (Serializable) streams);
      return id;
    }
  }

  /** The stream of this id, if it is in the session of the request. */
  static Optional<Stream> find(HttpServletRequest request, String id) {
    HttpSession session = request.getSession(false);
    return session == null ? Optional.empty() : Optional.ofNullable(streams(session).get(id));
  }

  /** Whether whoever makes the request is who was logged in when the page was made. */
  static boolean isOfCaller(Stream stream, HttpServletRequest request) {
    return Objects.equals(stream.principal(), name(request.getUserPrincipal()));
  }

  /** Has the client end with the session that it was opened in. */
  static void opened(HttpSession session, SseClient client) {
    Clients clients;
    try {
      clients = clients(session);
    } catch (IllegalStateException e) {
      client.close(); // the session has ended meanwhile
      return;
    }
    clients.add(client);
  }

  private static String name(Principal principal) {
    return principal == null ? null : principal.getName();
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Stream> streams(HttpSession session) {
    Object streams = session.getAttribute(STREAMS);
    return streams == null ? Map.of() : (Map<String, Stream>) streams;
  }

  private static Clients clients(HttpSession session) {
    if (session.getAttribute(CLIENTS) instanceof Clients clients) {
      return clients;
    }
    // sessions have no lock of their own: two first requests at once would make two
    synchronized (SessionStreams.class) {
      if (session.getAttribute(CLIENTS) instanceof Clients clients) {
        return clients;
      }
      Clients clients = new Clients();
      session.setAttribute(CLIENTS, clients);
      return clients;
    }
  }

  /** The clients of a session on this node; a session that moves leaves them behind. */
  static final class Clients implements HttpSessionBindingListener, Serializable {

    private static final long serialVersionUID = 1L;

    private transient Set<SseClient> open = new HashSet<>();
    private transient boolean ended;

    private void add(SseClient client) {
      synchronized (this) {
        open.removeIf(known -> known.state() == State.CLOSED);
        if (!ended) {
          open.add(client);
          return;
        }
      }
      client.close();
    }

    /** The session has ended, as does whatever it holds. */
    @Override
    public void valueUnbound(HttpSessionBindingEvent event) {
      Set<SseClient> closed;
      synchronized (this) {
        ended = true;
        closed = Set.copyOf(open);
        open.clear();
      }
      closed.forEach(SseClient::close);
    }

    /** One that comes from a disk, or another node, knows of no client. */
    private Object readResolve() {
      return new Clients();
    }
  }
}
