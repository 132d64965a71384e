package org.starcast;

/**
 * How a backplane stands.
 *
 * @param name what it is: {@code local}, {@code nats}
 * @param available whether events can be stored now
 * @param waiting events and commands of this node that are not known to be stored yet
 * @param waitingBytes the bytes of them
 * @param stored how many were, since the start
 * @param failed how many were not, or may not have been; of the local one, those that its file does
 *     not have
 * @param repeated how many were sent once more, as no answer came
 * @param outages how often it became unavailable
 * @param skipped messages that were left out, as they were malformed, and commands that could not
 *     be carried out
 */
public record BackplaneStatus(
    String name,
    boolean available,
    long waiting,
    long waitingBytes,
    long stored,
    long failed,
    long repeated,
    long outages,
    long skipped) {}
