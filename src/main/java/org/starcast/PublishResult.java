package org.starcast;

/**
 * What became of one published message, known when {@code publish} returns: queued means that the
 * message waits in the client's bounded queue, not that the client has read it.
 *
 * @param id the event's id on the wire, {@code <epoch>-<sequence>}, by which clients resume; empty
 *     for a message that has no place in the order of the application's events (one sent to a
 *     single client)
 * @param sequence the event's place in the order of all events of the application, or 0
 * @param matched clients that the message is meant for
 * @param queued clients whose queue took it, or that will read it from the log as they are not
 *     level with the others
 * @param dropped clients for which it, or an older message in its place, was dropped by their
 *     overflow policy
 * @param closed clients that were closed because their queue was full
 */
public record PublishResult(
    String id, long sequence, int matched, int queued, int dropped, int closed) {}
