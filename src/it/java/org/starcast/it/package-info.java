/**
 * What the library does on real servers: each class deploys one WAR and looks at it from outside.
 */
package org.starcast.it;
