/**
 * How bytes reach a client: a writer for each kind of container, and what it bounds there. Where
 * headers of a stream are written.
 */
package org.starcast.internal.writer;
