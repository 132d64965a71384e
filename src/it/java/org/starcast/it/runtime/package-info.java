/** What holds on every server: the contract, and the servers that it runs on. */
package org.starcast.it.runtime;
