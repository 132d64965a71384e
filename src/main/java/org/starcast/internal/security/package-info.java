/** What the rules, the application's authorizers and the caller's token make of a request. */
package org.starcast.internal.security;
