/** An application with pages of Jakarta Faces. */
package org.starcast.it.faces;
