/** What all resources share of HTTP: the body of an error answer, and reading a query parameter. */
package org.starcast.internal.http;
