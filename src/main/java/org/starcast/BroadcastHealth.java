package org.starcast;

import java.util.List;

/**
 * Whether the broadcaster can do its work.
 *
 * @param ready whether it takes clients: not before it has reached its backplane, nor once it
 *     drains, for good; and with {@code starcast.backplane.readiness} not while the backplane is
 *     away
 * @param draining whether it sends its clients away, and takes no others
 * @param backplane how the backplane stands
 * @param stuck names of its threads that have died, or had work when this was asked before and have
 *     done none of it since, for 60 s at least; empty when all is well
 */
public record BroadcastHealth(
    boolean ready, boolean draining, BackplaneStatus backplane, List<String> stuck) {

  /** Copies the list. */
  public BroadcastHealth {
    stuck = List.copyOf(stuck);
  }

  /** Whether all threads go on. */
  public boolean live() {
    return stuck.isEmpty();
  }
}
