/** The click-to-edit demo. */
package org.starcast.demo.contact;
