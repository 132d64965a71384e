/** What the application of the contract has besides those of other tests. */
package org.starcast.it.runtime.app;
