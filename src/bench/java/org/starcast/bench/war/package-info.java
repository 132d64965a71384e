/**
 * The benchmark's web application: three ways of sending the same events, side by side in one WAR.
 * {@code /api/starcast} is the library, {@code /api/plain} the platform's own JAX-RS broadcaster,
 * {@code /ceiling} a servlet that does the least that can be done.
 */
package org.starcast.bench.war;
