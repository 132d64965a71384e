/** The rows of a table as a stream, which holds no connection to the database meanwhile. */
package org.starcast.demo.rows;
