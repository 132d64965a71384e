/** The notification centre demo: each user has a topic. */
package org.starcast.demo.notices;
