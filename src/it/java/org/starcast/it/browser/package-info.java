/** The demo's pages in a real browser, on a real server. */
package org.starcast.it.browser;
