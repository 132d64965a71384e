/** The chat demo for htmx. */
package org.starcast.demo.htmx;
