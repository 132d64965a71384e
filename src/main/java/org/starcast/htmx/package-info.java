/** htmx 4 and 2: out-of-band swaps, and the element that connects to a stream. */
package org.starcast.htmx;
