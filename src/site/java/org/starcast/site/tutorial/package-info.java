/** The tutorial: the quick start, grown. */
package org.starcast.site.tutorial;
