/**
 * An application whose filters, interceptors and resource methods do what streams do not expect.
 */
package org.starcast.it.http;
