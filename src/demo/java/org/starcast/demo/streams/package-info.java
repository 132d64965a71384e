/** Streams of one client's own: numbers, pings, failures, line separators. */
package org.starcast.demo.streams;
