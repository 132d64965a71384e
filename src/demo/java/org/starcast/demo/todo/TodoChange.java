package org.starcast.demo.todo;

/**
 * What happened to a to-do: the payload of the events on the topics {@code todo.*}.
 *
 * @param change {@code added}, {@code changed} or {@code removed}
 * @param todo the to-do after the change; before it, when it was removed
 */
public record TodoChange(String change, TodoItem todo) {}
