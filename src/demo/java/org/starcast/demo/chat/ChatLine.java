package org.starcast.demo.chat;

import java.time.Instant;

/** What somebody said, as the browsers get it: a JSON object. */
public record ChatLine(String name, String text, Instant at) {}
