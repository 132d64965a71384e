/** An application whose callers log in by name and password, which it checks itself. */
package org.starcast.it.login;
