/**
 * Turns a source into a stream: {@link org.starcast.stream.SseStreams} asks a {@link
 * org.starcast.stream.Source} for items as fast as one client takes them, and no faster.
 *
 * <p>A {@code Pump} moves the items in short slices on threads of the container: no stream keeps a
 * thread, and one timer thread serves the intervals, time-outs and throttles of all.
 */
package org.starcast.stream;
