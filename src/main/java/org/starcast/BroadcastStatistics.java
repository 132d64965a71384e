package org.starcast;

import java.util.Map;

/**
 * What the broadcaster did since it started, and how it stands. Counts are exact, but not of one
 * instant.
 *
 * <p><b>The balance.</b> When nothing is under way,
 *
 * <pre>{@code
 * matched + direct = delivered + dropped + coalesced + missed + discarded + pending
 * }</pre>
 *
 * <p>Its unit is one message for one client: each event counts once for each client that it is
 * meant for ({@code matched}), each message to one client alone once ({@code direct}), and what has
 * become of it is exactly one of the six on the right. While publishers and drain threads are at
 * work, what they have in their hands may be missing on one side.
 *
 * <p>What is not in the balance: heartbeats, gap events and what follows them, the first bytes of a
 * stream, the last {@code retry:} line, and what a client gets of the time before it came (history,
 * retained topics, events missed while it was away). All of these are in {@code written} and {@code
 * bytes}, and those of the past in {@code replayed}. A message that waits by {@link
 * SseClient#sendWhenRoom} counts from the moment it is queued.
 *
 * @param clients clients now
 * @param byType clients now, by {@linkplain Subscription#type(String) type}
 * @param byWriter clients now, by the way in which they are written to
 * @param opened streams opened
 * @param closed streams ended, by reason; also those that ended before they were open
 * @param refused clients refused
 * @param refusedBecause clients refused, by reason
 * @param published events published
 * @param matched clients that published events were meant for, added up over the events
 * @param direct messages to one client alone that were queued
 * @param delivered events and messages to one client handed to the container, which may still lose
 *     them with the connection; also those that the client read from the log, if they were
 *     published since it came
 * @param written everything handed to the container, heartbeats included
 * @param dropped events and messages dropped by {@link OverflowPolicy#DROP_OLDEST}
 * @param coalesced events and messages replaced by a later one of the same key
 * @param missed events left to the log that the client could not read there: the log had moved on
 *     before it (it is told by a gap event), or its subscription was changed meanwhile
 * @param discarded events and messages that waited for a client when it was closed, and the one
 *     whose queue was full
 * @param pending events and messages that wait now, in queues, or in the log for a client that
 *     reads it
 * @param heartbeats heartbeats
 * @param writes writes; {@code written / writes} is the mean batch
 * @param bytes bytes handed to the container
 * @param queuedBytes bytes that wait now, a message that many wait for counted once
 * @param behind times a client's queue was given up for the log, see {@link
 *     OverflowPolicy#CATCH_UP}
 * @param replayed events handed to the container out of the log, whenever they were published
 * @param gaps gap events sent
 * @param resumed clients that came back with an id, and the log had all that came after it
 * @param notResumed clients that came back with an id that the log no longer reaches, or of another
 *     epoch; with {@code resumed}, replay hits and misses
 * @param topicHits topics that were looked up, and their subscribers remembered
 * @param topicMisses topics that were looked up in the trie of patterns
 * @param latency from the call of {@code publish} to the moment when the container had taken the
 *     write with the event: the oldest event of each write, as far as it went through the client's
 *     queue
 * @param logged events in the log now
 * @param loggedBytes the memory that they take, roughly
 * @param unstored events that the file store left out, as the disk could not follow, or that a
 *     shared backplane did not store
 * @param backplane how the backplane stands
 */
public record BroadcastStatistics(
    int clients,
    Map<String, Integer> byType,
    Map<String, Integer> byWriter,
    long opened,
    Map<CloseReason, Long> closed,
    long refused,
    Map<RefusalReason, Long> refusedBecause,
    long published,
    long matched,
    long direct,
    long delivered,
    long written,
    long dropped,
    long coalesced,
    long missed,
    long discarded,
    long pending,
    long heartbeats,
    long writes,
    long bytes,
    long queuedBytes,
    long behind,
    long replayed,
    long gaps,
    long resumed,
    long notResumed,
    long topicHits,
    long topicMisses,
    LatencyHistogram latency,
    int logged,
    long loggedBytes,
    long unstored,
    BackplaneStatus backplane) {}
