package org.starcast.internal.cdi;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What the observers of a test saw, in its order. */
@ApplicationScoped
class Seen {

  private final List<String> entries = new CopyOnWriteArrayList<>();

  void add(String observer, Object what) {
    entries.add(observer + ":" + what);
  }

  List<String> entries() {
    return List.copyOf(entries);
  }
}
