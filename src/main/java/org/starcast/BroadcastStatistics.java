package org.starcast;

import java.util.Map;

/**
 * What the broadcaster did since it started, and how it stands. Counts are exact, but not of one
 * instant.
 *
 * @param clients clients now
 * @param byType clients now, by {@linkplain Subscription#type(String) type}
 * @param byWriter clients now, by the way in which they are written to
 * @param opened streams opened
 * @param closed streams ended, by reason
 * @param refused clients refused by a limit
 * @param published events published
 * @param matched queues that published events were meant for
 * @param written messages handed to the container, heartbeats and messages to one client included
 * @param dropped messages dropped or replaced by an overflow policy
 * @param discarded messages that waited for a client when it was closed
 * @param heartbeats heartbeats
 * @param writes writes; {@code written / writes} is the mean batch
 * @param bytes bytes handed to the container
 * @param queuedBytes bytes that wait now, a message that many wait for counted once
 * @param behind times a client's queue was given up for the log, see {@link
 *     OverflowPolicy#CATCH_UP}
 * @param replayed events handed to the container out of the log
 * @param gaps gap events sent
 * @param logged events in the log now
 * @param loggedBytes the memory that they take, roughly
 * @param unstored events that the file store left out, as the disk could not follow
 */
public record BroadcastStatistics(
    int clients,
    Map<String, Integer> byType,
    Map<String, Integer> byWriter,
    long opened,
    Map<CloseReason, Long> closed,
    long refused,
    long published,
    long matched,
    long written,
    long dropped,
    long discarded,
    long heartbeats,
    long writes,
    long bytes,
    long queuedBytes,
    long behind,
    long replayed,
    long gaps,
    int logged,
    long loggedBytes,
    long unstored) {}
