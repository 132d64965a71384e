package org.starcast.datastar;

import static java.lang.annotation.ElementType.PARAMETER;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/**
 * The page's signals, as a parameter of a JAX-RS resource method: a record, a bean, a {@code Map}
 * or a {@code JsonObject}.
 *
 * <pre>{@code
 * @POST
 * public Response add(@Signals NewTodo todo) { ... }
 *
 * @GET
 * public Response search(@Signals Search search) { ... }
 * }</pre>
 *
 * <p>They are read from the query parameter {@code datastar} of GET, HEAD and DELETE requests, from
 * the JSON body of all others, QUERY included, whose {@code Content-Type} must say so; at most 1
 * MiB, 64 levels deep. What does not fit is answered with 400 and a problem (RFC 9457) that names
 * the path, see {@link BadSignalsException}; Jakarta Validation runs where there is a provider. A
 * method has one such parameter, and no other that is its body.
 *
 * <p>An application whose {@code Application} class lists its classes adds {@link SignalsFeature}
 * and {@link SignalsBodyReader} to them.
 */
@Documented
@Retention(RUNTIME)
@Target(PARAMETER)
public @interface Signals {}
