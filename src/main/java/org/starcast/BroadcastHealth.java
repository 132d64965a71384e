package org.starcast;

import java.util.List;

/**
 * Whether the broadcaster can do its work.
 *
 * @param ready whether it takes clients: not once it drains, for good
 * @param stuck names of its threads that have died, or had work when this was asked before and have
 *     done none of it since, for 60 s at least; empty when all is well
 */
public record BroadcastHealth(boolean ready, List<String> stuck) {

  /** Copies the list. */
  public BroadcastHealth {
    stuck = List.copyOf(stuck);
  }

  /** Whether all threads go on. */
  public boolean live() {
    return stuck.isEmpty();
  }
}
