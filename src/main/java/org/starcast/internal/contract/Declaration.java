package org.starcast.internal.contract;

import java.lang.reflect.Type;

/**
 * What an injected event or an observer says: that payloads of a type are on a topic.
 *
 * @param topic the topic or pattern
 */
public record Declaration(String topic, Type payload) {}
