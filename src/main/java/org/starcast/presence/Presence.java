package org.starcast.presence;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;

/**
 * Who is on which topic, on all nodes that share the backplane. Inject it anywhere; thread-safe; no
 * method waits.
 *
 * <p>A {@linkplain SseClient#user() user} is on the topics that the user's clients were subscribed
 * to when they opened; however many clients (tabs) these are, it is one member. A subscription's
 * pattern with wildcards puts nobody on the topics that it matches: who listens to all rooms is in
 * none. It only makes a member of a snapshot of just that pattern. Topics that begin with {@code
 * starcast.} are the library's own, and nobody is on them.
 *
 * <p>A user leaves when the last client on the topic has gone and the user did not come back within
 * {@code starcast.presence.grace}; coming back within it is neither a leave nor a join. A client
 * that is killed, or a window that is closed, is noticed when a write to it fails, which on a quiet
 * topic is the second or third {@code starcast.heartbeat}: with the grace its user leaves after 20
 * to 50 s. One whose machine or network is gone stays for as long as the operating system keeps the
 * connection. An authenticated user, or one that the application {@linkplain
 * Subscription#user(String) names}, is recognized by that; others by a token, see {@link
 * SseBroadcaster#register}.
 *
 * <p>Datastar and htmx close their stream while a tab is hidden. With {@code
 * starcast.presence.away}, a user whose clients all went by themselves does not leave after the
 * grace, but is {@linkplain State#AWAY away} for that long, and leaves then.
 *
 * <p>What a user does is a CDI event, {@link PresenceEvent}. With {@code starcast.presence.enabled}
 * it is also published on {@code starcast.presence.<topic>}, as an event {@code starcast-presence}
 * with the data <code>{"action":"join","user":…,"topic":…}</code>, the action being {@code join},
 * {@code leave}, {@code away} or {@code back}; not for topics of more than 238 characters or 14
 * segments. Whoever may subscribe to that topic learns who is there, which is a permission of its
 * own, {@link org.starcast.security.TopicAuthorizer.Action#PRESENCE}; a subscription to everything
 * has it too. A client may then have {@code starcast.presence.max-topics-per-client} topics, and
 * not more than {@code starcast.presence.max-messages-per-minute} are published where this is the
 * only node: beyond that, messages come late, and who has joined and left meanwhile is not told of.
 * {@link #on} and the CDI events are at once, always.
 *
 * <p>Nodes tell each other who is there only with {@code starcast.presence.enabled}; without it,
 * each knows its own clients. With it, a user joins with the first client on any node, and leaves
 * with the last one. All nodes derive that from what each says of its own clients, in the order of
 * events, so that they agree; a join or leave is published once, those of a user on a topic in
 * turn, and the CDI event is fired once, on one of the nodes, when the message is stored. Other
 * nodes know it as soon as the backplane brings it: an open client costs a command in the order of
 * events, and so does a closed one, or many of them one together. A node that starts tells nothing
 * until it has the state of another one, which takes it up to 5 s if it is the first. Of a node
 * that has stopped, users have the grace to come to another one; those of one that was killed leave
 * when the others notice, see {@link Cluster}. A node that is cut off knows its own clients, and
 * what it knew; who comes and goes there meanwhile is told when it is back. If it is taken for
 * gone, its users leave, and join again when it is back. Where a backplane loses events, all nodes
 * end that knew, or a node starts while none of them can be reached for 5 s, joins and leaves may
 * be missing or told twice; who is there, as {@link #on} tells it, is right again soon.
 *
 * <pre>{@code
 * Presence.Snapshot now = presence.on("chat.lobby");          // into the page, then:
 * Subscription.to("chat.lobby", "starcast.presence.chat.lobby").resumeFrom(now.cursor());
 * }</pre>
 */
public interface Presence {

  /**
   * How a member is there; who is neither is no member.
   *
   * <pre>
   *    join            away            leave
   *   ──────► PRESENT ──────► AWAY ──────────►
   *              │  ▲   back   │
   *        leave │  └──────────┘
   *              ▼
   * </pre>
   */
  enum State {
    /** The user has a client open, or had one less than {@code starcast.presence.grace} ago. */
    PRESENT,

    /**
     * The user's last client went longer ago than that, but not yet {@code starcast.presence.away}
     * longer: a tab that is hidden, or one that was closed a while ago. The clients went by
     * themselves: who is closed by the application, revoked or expired is not away, but leaves.
     */
    AWAY
  }

  /**
   * Who is on the topics that match, and where to go on from there.
   *
   * @param pattern a topic or a pattern; the latter also finds those who subscribe to just it
   * @throws IllegalArgumentException if the pattern is malformed
   */
  Snapshot on(String pattern);

  /**
   * Who was there at one moment. Immutable, but for what the application put into the metadata.
   *
   * @param cursor the id of an event: all presence messages about what happened after that moment
   *     come after it, so that a client that {@linkplain Subscription#resumeFrom resumes} from it
   *     misses none. A message about what the snapshot has already may come too: a join of a
   *     member, or a leave of none, says nothing new
   * @param members the users, those who are there longest first
   */
  record Snapshot(String cursor, List<Member> members) {

    /**
     * A user who is there.
     *
     * @param user the {@linkplain SseClient#user() user}
     * @param state whether the user is away; of a pattern, from all the topics that match
     * @param clients how many clients the user has open there, on all nodes; 0 in the grace period,
     *     and while away. A pattern counts those of another node in the topic where that has most
     *     of them
     * @param since when the user joined, by the clock of the node where that was
     * @param metadata that of the user's client that opened last, see {@link
     *     Subscription#metadata(String, Object)}. Of a client of another node, it is what JSON can
     *     say, with numbers as {@link Long} or {@link java.math.BigDecimal}; empty if it has
     *     anything else than text, numbers, booleans, maps and collections, or more than 1 KiB
     */
    public record Member(
        String user, State state, int clients, Instant since, Map<String, Object> metadata) {}
  }
}
