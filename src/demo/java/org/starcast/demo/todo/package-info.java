/** The to-do demo: what is committed reaches every tab, what is rolled back reaches none. */
package org.starcast.demo.todo;
