/** The counter demo: one number in all tabs. */
package org.starcast.demo.counter;
