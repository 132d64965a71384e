/**
 * What a payload becomes: the one rule for payloads, wherever they come in, and the one
 * configuration of JSON-B.
 */
package org.starcast.internal.payload;
