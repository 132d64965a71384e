/** The active search demo. */
package org.starcast.demo.search;
