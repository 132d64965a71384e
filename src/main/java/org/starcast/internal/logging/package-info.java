/** What is logged. */
package org.starcast.internal.logging;
