/** What the other packages share: checks of arguments, and values of immutable objects. */
package org.starcast.internal;
