package org.starcast.datastar;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.starcast.MessageSource;
import org.starcast.PublishResult;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;

/** Stands in for the broadcaster: keeps what is published and sent. */
final class Recorder {

  final List<SseMessage> published = new ArrayList<>();
  final List<SseMessage> sent = new ArrayList<>();
  final List<String> calls = new ArrayList<>();
  int room = Integer.MAX_VALUE;

  static DatastarSse datastar() {
    return new DatastarSse(new Recorder().broadcaster());
  }

  SseBroadcaster broadcaster() {
    return (SseBroadcaster)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {SseBroadcaster.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "publish" -> publish(((MessageSource) args[0]).toSseMessage());
                  case "register" -> open();
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private PublishResult publish(SseMessage message) {
    published.add(message);
    return new PublishResult("e-" + published.size(), published.size(), 1, 1, 0, 0);
  }

  private SseClient open() {
    calls.add("open");
    return client();
  }

  SseClient client() {
    return (SseClient)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {SseClient.class},
            (proxy, method, args) -> {
              calls.add(method.getName());
              if (method.getName().equals("send")) {
                boolean taken = sent.size() < room;
                if (taken) {
                  sent.add(((MessageSource) args[0]).toSseMessage());
                }
                return taken;
              }
              return null;
            });
  }
}
