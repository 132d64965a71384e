/** The to-do list as patches: the page has no script of its own. */
package org.starcast.demo.tasks;
