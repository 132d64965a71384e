package org.starcast.security;

import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.ws.rs.NameBinding;
import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/**
 * Resource methods, or all of a class, that pages of other origins cannot use: their requests are
 * answered by 403, unless {@code starcast.cors.origins} lists the origin. The built-in endpoints
 * behave like that always. It is the defence of a stream, and of everything that changes something
 * for a caller who is known by a cookie, against forged requests (CSRF).
 *
 * <p>A browser says where a request comes from, and no page can change what it says: by {@code
 * Sec-Fetch-Site}, which must be {@code same-origin} or {@code none} (typed or bookmarked); {@code
 * same-site} is another origin. Without it, as on plain http, {@code Origin} must name the host and
 * port of the request's {@code Host} header, so a proxy must pass {@code Host} on. Every browser
 * sends one of the two with each request that another origin's page makes and that is not a plain
 * {@code GET}. So a request with neither comes from no page of another origin, or changes nothing:
 * it passes, and servers and curl need nothing. No token in the page is needed, as none was for
 * Go's {@code CrossOriginProtection}, which decides alike.
 *
 * <p>To an origin that is listed, answers say that its pages may read them, credentials included. A
 * preflight request ({@code OPTIONS}) is answered where it meets a method: give the resource one,
 * {@code @OPTIONS public void preflight() {}}, where its requests need it.
 *
 * <p>An {@code Application} that lists its classes adds {@link org.starcast.Starcast#classes}.
 */
@NameBinding
@Documented
@Retention(RUNTIME)
@Target({TYPE, METHOD})
public @interface SameOrigin {}
