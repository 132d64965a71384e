/**
 * htmx: out-of-band swaps and the elements of its SSE extension ({@code htmx-ext-sse}, for htmx 2).
 */
package org.starcast.htmx;
