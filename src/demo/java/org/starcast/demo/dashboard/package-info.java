/** The dashboard demo: what a page gets depends on its user's role. */
package org.starcast.demo.dashboard;
