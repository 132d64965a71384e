/** What the demos share: the JAX-RS application, error bodies and security headers. */
package org.starcast.demo;
