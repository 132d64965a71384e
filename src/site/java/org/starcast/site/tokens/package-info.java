/** The page on authorization: an application whose callers have tokens. */
package org.starcast.site.tokens;
