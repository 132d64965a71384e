package org.starcast.internal.web;

import jakarta.ws.rs.HttpMethod;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The HTTP method of a request that reads, and whose parameters are its body (RFC 10008). */
@HttpMethod("QUERY")
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface QUERY {}
