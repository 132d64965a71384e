package org.starcast.internal.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionBindingEvent;
import jakarta.servlet.http.HttpSessionBindingListener;
import jakarta.ws.rs.WebApplicationException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.reflect.Proxy;
import java.security.Principal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.ResponseRuntime;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseClient.State;
import org.starcast.Subscription;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.security.TopicAccess;

/** Streams that belong to a session. */
@ExtendWith(ResponseRuntime.class)
class SessionStreamsTest {

  private final Session session = new Session();
  private final List<Subscription> registered = new ArrayList<>();
  private final List<Client> clients = new ArrayList<>();

  /** What a session holds, until it ends. */
  private static final class Session {
    Map<String, Object> values = new HashMap<>();

    HttpSession get() {
      return (HttpSession)
          Proxy.newProxyInstance(
              Session.class.getClassLoader(),
              new Class<?>[] {HttpSession.class},
              (proxy, method, args) -> {
                if (values == null) {
                  throw new IllegalStateException("the session has ended");
                }
                return switch (method.getName()) {
                  case "getAttribute" -> values.get(args[0]);
                  case "setAttribute" -> values.put((String) args[0], args[1]);
                  default -> throw new UnsupportedOperationException(method.getName());
                };
              });
    }

    void end() {
      Map<String, Object> ended = values;
      values = null;
      ended.forEach(
          (name, value) -> {
            if (value instanceof HttpSessionBindingListener listener) {
              listener.valueUnbound(new HttpSessionBindingEvent(get(), name));
            }
          });
    }
  }

  /** A client that notes its end. */
  private static final class Client {
    final AtomicInteger closed = new AtomicInteger();

    SseClient get() {
      return (SseClient)
          Proxy.newProxyInstance(
              Client.class.getClassLoader(),
              new Class<?>[] {SseClient.class},
              (proxy, method, args) ->
                  switch (method.getName()) {
                    case "close" -> {
                      closed.incrementAndGet();
                      yield null;
                    }
                    case "state" -> closed.get() == 0 ? State.OPEN : State.CLOSED;
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "equals" -> proxy == args[0];
                    default -> throw new UnsupportedOperationException(method.getName());
                  });
    }
  }

  private static HttpServletRequest request(Session session, String caller, String query) {
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            SessionStreamsTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "getSession" -> session == null ? null : session.get();
                  case "getUserPrincipal" -> caller == null ? null : (Principal) () -> caller;
                  case "getQueryString" -> query;
                  case "getHeaders", "getRemoteAddr", "getAttribute" -> null;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private String put(String caller, String user, String... topics) {
    return SessionStreams.put(request(session, caller, null), List.of(topics), user);
  }

  private void open(Session from, String caller, String query) {
    SseBroadcaster broadcaster =
        (SseBroadcaster)
            Proxy.newProxyInstance(
                SessionStreamsTest.class.getClassLoader(),
                new Class<?>[] {SseBroadcaster.class},
                (proxy, method, args) -> {
                  registered.add((Subscription) args[1]);
                  Client client = new Client();
                  clients.add(client);
                  return client.get();
                });
    TopicAccess nobody =
        (TopicAccess)
            Proxy.newProxyInstance(
                SessionStreamsTest.class.getClassLoader(),
                new Class<?>[] {TopicAccess.class},
                (proxy, method, args) -> {
                  throw new UnsupportedOperationException(method.getName());
                });
    new SessionStreamResource(broadcaster, StarcastConfig.defaults(), nobody, new RecentRefusals())
        .stream(null, request(from, caller, query), null);
  }

  private int refused(Session from, String caller, String query) {
    int[] status = new int[1];
    assertThatThrownBy(() -> open(from, caller, query))
        .isInstanceOfSatisfying(
            WebApplicationException.class, e -> status[0] = e.getResponse().getStatus());
    assertThat(registered).isEmpty();
    return status[0];
  }

  @Test
  void whatIsPutIntoASessionIsOpenedFromThereWithItsUser() {
    String id = put(null, "ann", "orders.7", "news.*");
    assertThat(id).matches("[A-Za-z0-9_-]{22}");

    open(session, null, "id=" + id + "&lastEventId=earliest");

    assertThat(registered)
        .singleElement()
        .satisfies(
            subscription -> {
              assertThat(subscription.topics()).containsOnlyKeys("orders.7", "news.*");
              assertThat(subscription.user()).contains("ann");
              assertThat(subscription.type()).isEqualTo("session");
            });
  }

  @Test
  void onlyTheSameSessionAndTheSameCallerOpenIt() {
    String id = put("ann", null, "a");
    Session other = new Session();
    String theirs = SessionStreams.put(request(other, "ann", null), List.of("a"), null);

    assertThat(theirs).isNotEqualTo(id);
    assertThat(refused(null, "ann", "id=" + id)).isEqualTo(403);
    assertThat(refused(other, "ann", "id=" + id)).isEqualTo(403);
    assertThat(refused(session, "bob", "id=" + id)).isEqualTo(403);
    assertThat(refused(session, null, "id=" + id)).isEqualTo(401);
    assertThat(refused(session, "ann", "id=")).isEqualTo(403);
    assertThat(refused(session, "ann", null)).isEqualTo(400);
    assertThat(refused(session, "ann", "id=" + id + "&id=" + id)).isEqualTo(400);
    assertThat(refused(session, "ann", "id=" + id + "&access_token=x")).isEqualTo(400);
    open(session, "ann", "id=" + id);
    assertThat(registered).hasSize(1);
  }

  @Test
  void theTopicsOfTheQueryAreNotAskedFor() {
    String id = put(null, null, "a");

    open(session, null, "id=" + id + "&subject=b");

    assertThat(registered.get(0).topics()).containsOnlyKeys("a");
    assertThat(registered.get(0).user()).isEmpty();
  }

  @Test
  void theSameStreamHasTheSameIdAndAnotherHasAnother() {
    String id = put("ann", null, "a", "b");

    assertThat(put("ann", null, "a", "b")).isEqualTo(id);
    assertThat(
            List.of(put("ann", null, "a"), put("bob", null, "a", "b"), put("ann", "x", "a", "b")))
        .doesNotHaveDuplicates()
        .doesNotContain(id);
  }

  @Test
  void theOldestOfTooManyIsForgotten() {
    List<String> ids =
        IntStream.rangeClosed(0, SessionStreams.MAX)
            .mapToObj(i -> put(null, null, "t" + i))
            .toList();

    assertThat(refused(session, null, "id=" + ids.get(0))).isEqualTo(403);
    open(session, null, "id=" + ids.get(1));
    open(session, null, "id=" + ids.get(SessionStreams.MAX));
    assertThat(registered).hasSize(2);
  }

  @Test
  void theEndOfTheSessionClosesWhatWasOpenedInIt() {
    String id = put(null, null, "a");
    open(session, null, "id=" + id);
    open(session, null, "id=" + id);
    HttpSession late = session.get();

    session.end();

    assertThat(clients).extracting(client -> client.closed.get()).containsExactly(1, 1);
    Client tooLate = new Client();
    SessionStreams.opened(late, tooLate.get());
    assertThat(tooLate.closed).hasValue(1);
  }

  @Test
  void aSessionCanMove() throws Exception {
    String id = put("ann", "x", "a");
    open(session, "ann", "id=" + id);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(session.values);
    }
    Session moved = new Session();
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      moved.values = read(in);
    }

    open(moved, "ann", "id=" + id);

    assertThat(registered.get(1).topics()).containsOnlyKeys("a");
    moved.end();
    assertThat(clients).extracting(client -> client.closed.get()).containsExactly(0, 1);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> read(ObjectInputStream in) throws Exception {
    return (Map<String, Object>) in.readObject();
  }
}
