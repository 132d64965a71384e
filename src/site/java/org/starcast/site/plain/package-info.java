/** What one comes from: push by Jakarta REST alone. */
package org.starcast.site.plain;
