/** An application whose events are stored in its own database. */
package org.starcast.it.postgresql;
