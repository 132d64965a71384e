package org.starcast.presence;

import java.time.Instant;
import java.util.List;

/**
 * The nodes that share the backplane, this one included. Inject it anywhere; thread-safe; no method
 * waits.
 *
 * <p>Each node tells the others every 2.5 s how it stands, so what is known of them is about that
 * old. A node that stops says so; one that says nothing more is declared gone by the others after
 * four of their own heartbeats, about 10 s. The time for that is the order of events, so a node
 * that cannot reach the backplane, or is behind, declares nobody gone: it goes on to know what it
 * knew. Where the backplane is not shared, this node is the only one, and nothing is sent. At most
 * 1,000 nodes are known.
 */
public interface Cluster {

  /**
   * A node.
   *
   * @param id its name, which no other has, nor this one after a restart
   * @param clients how many clients it has
   * @param since when it started, by its own clock
   * @param ready whether it takes clients: not once it drains
   * @param self whether it is the one that was asked
   */
  record Node(String id, int clients, Instant since, boolean ready, boolean self) {}

  /** The nodes, those that started first first. */
  List<Node> nodes();

  /** How many clients all nodes have. */
  int clients();
}
