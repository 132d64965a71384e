/**
 * Tests of applications that push: what they publish, without a server, and what a client gets from
 * a real one. In a jar of its own, with the classifier {@code testing}.
 */
package org.starcast.testing;
