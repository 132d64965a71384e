/**
 * One page five times: one model and one event, for htmx 4 and 2, Datastar, Faces and no library.
 */
package org.starcast.demo.wall;
