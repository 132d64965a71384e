/** Topics, patterns, and the index that finds the subscribers of a topic. */
package org.starcast.internal.topic;
