package org.starcast.internal.presence;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.starcast.internal.presence.PresenceCommand.Writer;
import org.starcast.internal.presence.PresenceEntry.Key;

/** What is so of this node's connections, and where it may not have said so. Not thread-safe. */
final class OwnEntries {

  private final String self;
  private final Map<Key, PresenceEntry> entries = new HashMap<>();
  private final Set<Key> changed = new LinkedHashSet<>();
  private boolean allChanged;

  OwnEntries(String self) {
    this.self = self;
  }

  /**
   * Something is so from now on; null for nothing.
   *
   * @param known whether it may have been said
   */
  void set(Key key, PresenceEntry entry, boolean known) {
    if (entry != null) {
      entries.put(key, entry);
      changed.add(key);
      return;
    }
    entries.remove(key);
    if (known) {
      changed.add(key);
    } else {
      changed.remove(key);
    }
  }

  /** Anything may be other than what has been said. */
  void allChanged() {
    allChanged = true;
  }

  /** Writes what differs from what has been said, as much as one command takes. */
  void write(PresenceState state, Writer say) {
    if (allChanged) {
      allChanged = false;
      changed.addAll(entries.keySet());
      changed.addAll(state.keys(self));
    }
    for (Iterator<Key> keys = changed.iterator(); keys.hasNext() && !say.isFull(); keys.remove()) {
      Key key = keys.next();
      PresenceEntry is = entries.get(key);
      PresenceEntry said = state.entry(self, key);
      if (is == null && said != null) {
        say.off(key);
      } else if (is != null && !is.isLike(said)) {
        say.on(self, key, is.since(Math.min(is.since(), state.since(key))));
      }
    }
  }
}
