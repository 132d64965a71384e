package org.starcast.bench.war;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseBroadcaster;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The platform's broadcasters, one for each topic. */
@ApplicationScoped
public class PlainBroadcasters {

  private final Map<String, SseBroadcaster> byTopic = new ConcurrentHashMap<>();

  /** The topic's broadcaster, made at its first use. */
  public SseBroadcaster of(String topic, Sse sse) {
    return byTopic.computeIfAbsent(topic, t -> sse.newBroadcaster());
  }

  @PreDestroy
  void close() {
    byTopic.values().forEach(SseBroadcaster::close);
  }
}
