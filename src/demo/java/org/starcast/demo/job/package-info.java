/** The background job demo: a stream that ends. */
package org.starcast.demo.job;
