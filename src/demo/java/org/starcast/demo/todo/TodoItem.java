package org.starcast.demo.todo;

/**
 * A to-do as the browsers get it.
 *
 * @param version rises with each change, so that a page can tell which of two states is newer
 */
public record TodoItem(long id, String text, boolean done, int version) {}
