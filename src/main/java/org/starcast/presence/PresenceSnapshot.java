package org.starcast.presence;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Who was there at one moment. Immutable, but for what the application put into the metadata.
 *
 * @param cursor the id of an event: all presence messages about what happened after that moment
 *     come after it, so that a client that {@linkplain org.starcast.Subscription#resumeFrom
 *     resumes} from it misses none. A message about what the snapshot has already may come too: a
 *     join of a member, or a leave of none, says nothing new
 * @param members the users, those who are there longest first
 */
public record PresenceSnapshot(String cursor, List<Member> members) {

  /**
   * A user who is there.
   *
   * @param user the {@linkplain org.starcast.SseClient#user() user}
   * @param clients how many clients the user has open there, on all nodes; 0 in the grace period. A
   *     pattern counts those of another node in the topic where that has most of them
   * @param since when the user joined, by the clock of the node where that was
   * @param metadata that of the user's client that opened last, see {@link
   *     org.starcast.Subscription#metadata(String, Object)}. Of a client of another node, it is
   *     what JSON can say, with numbers as {@link Long} or {@link java.math.BigDecimal}; empty if
   *     it has anything else than text, numbers, booleans, maps and collections, or more than 1 KiB
   */
  public record Member(String user, int clients, Instant since, Map<String, Object> metadata) {}
}
