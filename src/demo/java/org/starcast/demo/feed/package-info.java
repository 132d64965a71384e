/** The infinite scroll demo. */
package org.starcast.demo.feed;
