package org.starcast.datastar;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyReader;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Makes the value of a {@link Signals} parameter. Found by the JAX-RS runtime. */
@Provider
@Consumes(SignalsFeature.MEDIA_TYPE)
public class SignalsBodyReader implements MessageBodyReader<Object> {

  /** Made by the JAX-RS runtime. */
  public SignalsBodyReader() {}

  @Override
  public boolean isReadable(
      Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
    return Arrays.stream(annotations).anyMatch(Signals.class::isInstance);
  }

  @Override
  public Object readFrom(
      Class<Object> type,
      Type genericType,
      Annotation[] annotations,
      MediaType mediaType,
      MultivaluedMap<String, String> httpHeaders,
      InputStream entityStream)
      throws IOException {
    String text = new String(entityStream.readAllBytes(), StandardCharsets.UTF_8);
    return SignalsReader.DEFAULT.bind(text, genericType == null ? type : genericType);
  }
}
