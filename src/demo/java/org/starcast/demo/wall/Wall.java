package org.starcast.demo.wall;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.util.List;
import java.util.stream.Stream;
import org.starcast.Topic;

/** The model of all five pages, which fires the event that all of them show. */
@Named
@ApplicationScoped
public class Wall {

  private static final int MOST = 12;

  @Inject
  @Topic("wall")
  Event<Notes> changed;

  private List<String> notes = List.of();

  /** Notes take turns, so that the last event is the truth. */
  public synchronized void add(String text) {
    notes = Stream.concat(Stream.of(text.strip()), notes.stream()).limit(MOST).toList();
    changed.fire(new Notes(notes));
  }

  public synchronized List<String> getNotes() {
    return notes;
  }
}
