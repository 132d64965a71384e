/**
 * Datastar: pages that follow the server. {@link org.starcast.datastar.DatastarSse} makes the
 * events of Datastar's SDK specification, {@link org.starcast.datastar.Html} the elements in them,
 * {@link org.starcast.datastar.Signals} reads what the page sends, {@link
 * org.starcast.datastar.DatastarAttributes} and {@link org.starcast.datastar.DatastarPage} write
 * the page.
 */
package org.starcast.datastar;
