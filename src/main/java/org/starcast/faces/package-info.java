/**
 * Jakarta Faces, in the jar with the classifier {@code faces}: components as markup. The tag {@code
 * sc:stream} is there, too.
 */
package org.starcast.faces;
