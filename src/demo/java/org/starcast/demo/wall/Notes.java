package org.starcast.demo.wall;

import java.util.List;

/** What is on the wall, the newest first: the event. */
public record Notes(List<String> notes) {}
