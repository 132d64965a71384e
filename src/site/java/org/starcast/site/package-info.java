/** The code that the documentation shows, a class for each page. */
package org.starcast.site;
