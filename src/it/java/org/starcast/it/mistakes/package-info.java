/** What somebody writes who has not read far: no scopes, no beans.xml, and a list of classes. */
package org.starcast.it.mistakes;
