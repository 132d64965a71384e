/**
 * The built-in HTTP endpoints, all of them off unless configured, and the shape of error answers.
 */
package org.starcast.internal.web;
