/** The chat demo: rooms are topics. */
package org.starcast.demo.chat;
