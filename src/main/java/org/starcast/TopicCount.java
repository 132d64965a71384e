package org.starcast;

/**
 * What was published to a topic, since it came to notice: at least that much.
 *
 * @param topic the topic
 * @param events events
 * @param bytes their encoded bytes, each event counted once
 * @param clients how many clients of this node an event on it would reach now, whichever senders
 *     they want
 */
public record TopicCount(String topic, long events, long bytes, int clients) {}
