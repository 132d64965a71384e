/** Chat rooms by sender: one topic, and a page picks whom it hears. */
package org.starcast.demo.talk;
