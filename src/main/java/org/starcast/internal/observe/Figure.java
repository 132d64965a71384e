package org.starcast.internal.observe;

import java.util.Map;
import java.util.function.Function;
import org.starcast.BroadcastStatistics;

/**
 * One metric, whatever it is shown by.
 *
 * @param name its name, which begins with {@code starcast.}
 * @param counter whether it only grows
 * @param unit its unit, as UCUM has it: {@code By}, {@code s}, or what is counted in braces
 * @param tag the name of its one tag, or null
 * @param values its values by value of the tag, the same ones each time; without a tag just one,
 *     for the empty text
 */
record Figure(
    String name,
    boolean counter,
    String unit,
    String description,
    String tag,
    Function<BroadcastStatistics, Map<String, Number>> values) {}
