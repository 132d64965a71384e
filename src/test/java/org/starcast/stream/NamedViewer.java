package org.starcast.stream;

import jakarta.ws.rs.sse.OutboundSseEvent;
import java.util.ArrayList;
import java.util.List;
import org.starcast.FakeSink;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;

/** A client that follows a topic from its start, is cut off, and comes back; on any node. */
final class NamedViewer {

  private final String topic;
  private final List<String> seen = new ArrayList<>();
  private String lastEventId = Subscription.EARLIEST;
  private FakeSink sink;
  private SseClient client;
  private int read;

  NamedViewer(String topic) {
    this.topic = topic;
  }

  NamedViewer connect(SseBroadcaster node) {
    sink = FakeSink.instant();
    read = 0;
    client = node.register(sink, Subscription.to(topic).resumeFrom(lastEventId));
    return this;
  }

  /** The connection breaks: what was not written by now is not received. */
  void cut() {
    sink.refuse(new IllegalStateException("the connection is cut"));
    client.close();
    client = null;
    read();
  }

  boolean isConnected() {
    return client != null && client.state() != SseClient.State.CLOSED;
  }

  /** The events so far, each as its name, if it has one, and its data. */
  List<String> seen() {
    read();
    return List.copyOf(seen);
  }

  private void read() {
    if (sink == null) {
      return;
    }
    List<OutboundSseEvent> sent = sink.sent();
    for (; read < sent.size(); read++) {
      OutboundSseEvent event = sent.get(read);
      if (event.getId() != null) {
        lastEventId = event.getId();
      }
      if (event.getData() != null) {
        seen.add((event.getName() == null ? "" : event.getName() + "=") + event.getData());
      }
    }
  }

  @Override
  public String toString() {
    return "viewer of "
        + topic
        + ", "
        + (client == null ? "cut" : client.state() + " queued " + client.queued())
        + ", last "
        + lastEventId
        + ", seen "
        + seen;
  }
}
