/** The chat demo for Datastar: rooms, and who is typing. */
package org.starcast.demo.rooms;
