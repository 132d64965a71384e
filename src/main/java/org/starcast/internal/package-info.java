/** What is not for applications. */
package org.starcast.internal;
