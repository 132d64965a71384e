/** How many windows show the front page: {@code @Opened} and {@code @Closed}. */
package org.starcast.demo.windows;
