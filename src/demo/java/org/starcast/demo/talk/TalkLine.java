package org.starcast.demo.talk;

import java.time.Instant;

/** What somebody said in a room, as the browsers get it: a JSON object. */
public record TalkLine(String room, String name, String text, Instant at) {}
