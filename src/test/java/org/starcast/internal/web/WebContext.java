package org.starcast.internal.web;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A servlet context that has attributes and servlets, and nothing else. */
final class WebContext {

  private final Map<String, Object> attributes = new HashMap<>();
  private final Map<String, ServletRegistration> servlets = new HashMap<>();

  ServletContext get() {
    return (ServletContext)
        Proxy.newProxyInstance(
            WebContext.class.getClassLoader(),
            new Class<?>[] {ServletContext.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "getAttribute" -> attributes.get(args[0]);
                  case "setAttribute" -> attributes.put((String) args[0], args[1]);
                  case "getServletRegistrations" -> servlets;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** Adds a servlet, whose application is a parameter of it; or null. */
  WebContext servlet(String name, String application, String... mappings) {
    servlets.put(
        name,
        (ServletRegistration)
            Proxy.newProxyInstance(
                WebContext.class.getClassLoader(),
                new Class<?>[] {ServletRegistration.class},
                (proxy, method, args) ->
                    switch (method.getName()) {
                      case "getName" -> name;
                      case "getClassName" -> "org.example.RestServlet";
                      case "getInitParameter" -> application;
                      case "getMappings" -> List.of(mappings);
                      default -> throw new UnsupportedOperationException(method.getName());
                    }));
    return this;
  }
}
