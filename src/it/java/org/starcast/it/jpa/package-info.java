/** An application whose events are entities, in the server's default data source. */
package org.starcast.it.jpa;
