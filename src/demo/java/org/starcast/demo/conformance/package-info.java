/** What Datastar's SDK test suite runs against. */
package org.starcast.demo.conformance;
