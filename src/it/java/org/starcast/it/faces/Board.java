package org.starcast.it.faces;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.faces.event.AjaxBehaviorEvent;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.starcast.ClientEvent;
import org.starcast.ClientEvent.Opened;
import org.starcast.Topic;
import org.starcast.TopicPattern;

/** A board for each name: what is said there is kept, and fired. */
@Named
@ApplicationScoped
public class Board {

  private final Map<String, List<String>> lines = new ConcurrentHashMap<>();
  private final Map<String, Integer> opened = new ConcurrentHashMap<>();
  private final List<String> listened = new CopyOnWriteArrayList<>();

  @Inject @Any Event<String> events;

  public List<String> lines(String name) {
    return lines.getOrDefault(name, List.of());
  }

  public void say(String name, String text) {
    lines.computeIfAbsent(name, n -> new CopyOnWriteArrayList<>()).add(text);
    // snippet: fire
    events.select(Topic.Literal.of("board." + TopicPattern.escape(name))).fire(text);
    // end snippet
  }

  /** What {@code f:ajax} calls. */
  public void listen(AjaxBehaviorEvent event) {
    listened.add(event.getComponent().getClientId());
  }

  boolean listened(String id) {
    return listened.contains(id);
  }

  void count(@Observes @Opened ClientEvent event) {
    opened.merge(event.client().user(), 1, Integer::sum);
  }

  /** How many streams a user has opened until now. */
  int opened(String name) {
    return opened.getOrDefault(name, 0);
  }
}
