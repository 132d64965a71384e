/** HTML that is looked into. */
package org.starcast.internal.markup;
