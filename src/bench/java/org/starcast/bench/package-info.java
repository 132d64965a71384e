/**
 * The delivery benchmark: starts the servers, opens the streams, counts every event at every one of
 * them, and writes a table. {@link org.starcast.bench.Bench} is the program; README.md beside this
 * source tree says how to run it and how to read it.
 */
package org.starcast.bench;
