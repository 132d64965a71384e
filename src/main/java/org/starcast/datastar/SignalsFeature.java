package org.starcast.datastar;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.DynamicFeature;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.FeatureContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.ext.Provider;
import java.io.ByteArrayInputStream;
import java.lang.reflect.Parameter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Has resource methods with a {@link Signals} parameter find the signals in the request's body,
 * wherever they were sent, as a media type that only {@link SignalsBodyReader} reads. Found by the
 * JAX-RS runtime.
 */
@Provider
public class SignalsFeature implements DynamicFeature {

  static final String MEDIA_TYPE = "application/x-starcast-signals";

  /** Made by the JAX-RS runtime. */
  public SignalsFeature() {}

  @Override
  public void configure(ResourceInfo resource, FeatureContext context) {
    for (Parameter parameter : resource.getResourceMethod().getParameters()) {
      if (Arrays.stream(parameter.getAnnotations()).anyMatch(Signals.class::isInstance)) {
        context.register(new SignalsToBody());
        return;
      }
    }
  }

  /** Runs after the method is chosen, so that its {@code @Consumes} has seen the real type. */
  private static final class SignalsToBody implements ContainerRequestFilter {
    @Override
    public void filter(ContainerRequestContext request) {
      String text = SignalsReader.DEFAULT.text(SignalsReader.source(request));
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      request.getHeaders().putSingle(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE);
      request.getHeaders().putSingle(HttpHeaders.CONTENT_LENGTH, String.valueOf(bytes.length));
      request.setEntityStream(new ByteArrayInputStream(bytes));
    }
  }
}
