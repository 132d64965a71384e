/** The tag {@code sc:stream} of Jakarta Faces, in the jar with the classifier {@code faces}. */
package org.starcast.internal.faces;
