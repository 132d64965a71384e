/** An application whose callers are known by a MicroProfile JWT, and that guards its topics. */
package org.starcast.it.secured;
