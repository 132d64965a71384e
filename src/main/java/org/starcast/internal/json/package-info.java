/** The one configuration of JSON-B, and the bounds of what it writes. */
package org.starcast.internal.json;
