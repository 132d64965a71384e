package org.starcast.it.app;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.event.TransactionPhase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.starcast.ClientEvent;
import org.starcast.ClientEvent.Closed;
import org.starcast.ClientEvent.Opened;
import org.starcast.PublishResult;
import org.starcast.Topic;

/** Writes down what observers of the application see. */
@ApplicationScoped
public class Journal {

  private final List<String> entries = new CopyOnWriteArrayList<>();

  void opened(@Observes @Opened ClientEvent event) {
    entries.add("opened " + event.client().id());
  }

  void closed(@Observes @Closed ClientEvent event) {
    entries.add("closed " + event.client().id() + " " + event.reason().orElseThrow());
  }

  void closedAsync(@ObservesAsync @Closed ClientEvent event) {
    entries.add("closed-async " + event.client().id());
  }

  void orders(@Observes @Topic("journal.*") String payload) {
    entries.add("observed " + payload);
  }

  void committed(
      @Observes(during = TransactionPhase.AFTER_SUCCESS) @Topic("transactions.*") String payload) {
    entries.add("committed " + payload);
  }

  void unpublished(@Observes PublishResult.Failure failure) {
    entries.add("unpublished " + failure.message().data().orElse(""));
  }

  void failing(@Observes @Topic("failing.*") String payload) {
    throw new IllegalStateException("this observer always fails");
  }

  List<String> entries() {
    return entries;
  }
}
