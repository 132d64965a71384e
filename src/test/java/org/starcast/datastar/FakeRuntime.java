package org.starcast.datastar;

import jakarta.ws.rs.SeBootstrap;
import jakarta.ws.rs.core.Application;
import jakarta.ws.rs.core.EntityPart;
import jakarta.ws.rs.core.Link;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriBuilder;
import jakarta.ws.rs.core.Variant;
import jakarta.ws.rs.ext.RuntimeDelegate;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * As much of a JAX-RS runtime as building a response takes; there is none on the test class path.
 */
final class FakeRuntime extends RuntimeDelegate implements BeforeAllCallback, AfterAllCallback {

  @Override
  public void beforeAll(ExtensionContext context) {
    RuntimeDelegate.setInstance(this);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    RuntimeDelegate.setInstance(null);
  }

  /** The body of a response of ours. */
  static String body(Response response) {
    return new String((byte[]) response.getEntity(), java.nio.charset.StandardCharsets.UTF_8);
  }

  /** A header of a response, as text. */
  static String header(Response response, String name) {
    Object value = response.getHeaders().getFirst(name);
    return value == null ? null : value.toString();
  }

  /** A media type as text, which without a runtime cannot write itself. */
  static String type(Response response) {
    MediaType type = response.getMediaType();
    String charset = type.getParameters().get("charset");
    return type.getType()
        + "/"
        + type.getSubtype()
        + (charset == null ? "" : ";charset=" + charset);
  }

  @Override
  public Response.ResponseBuilder createResponseBuilder() {
    return new Builder();
  }

  /** Fluent methods keep values; the rest is not called. */
  private static final class Builder extends Response.ResponseBuilder {
    private int status = 200;
    private Object entity;
    private MediaType type;
    private final MultivaluedMap<String, Object> headers = new MultivaluedHashMap<>();

    @Override
    public Response build() {
      return new Built(status, entity, type, headers);
    }

    @Override
    public Response.ResponseBuilder clone() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder status(int status) {
      this.status = status;
      return this;
    }

    @Override
    public Response.ResponseBuilder status(int status, String reasonPhrase) {
      return status(status);
    }

    @Override
    public Response.ResponseBuilder status(Response.StatusType status) {
      return status(status.getStatusCode());
    }

    @Override
    public Response.ResponseBuilder status(Response.Status status) {
      return status(status.getStatusCode());
    }

    @Override
    public Response.ResponseBuilder entity(Object entity) {
      this.entity = entity;
      return this;
    }

    @Override
    public Response.ResponseBuilder entity(
        Object entity, java.lang.annotation.Annotation[] annotations) {
      return entity(entity);
    }

    @Override
    public Response.ResponseBuilder header(String name, Object value) {
      headers.add(name, value);
      return this;
    }

    @Override
    public Response.ResponseBuilder type(MediaType type) {
      this.type = type;
      return this;
    }

    @Override
    public Response.ResponseBuilder allow(String... methods) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder allow(java.util.Set<String> methods) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder cacheControl(jakarta.ws.rs.core.CacheControl cacheControl) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder encoding(String encoding) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder replaceAll(MultivaluedMap<String, Object> headers) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder language(String language) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder language(java.util.Locale language) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder type(String type) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder variant(Variant variant) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder contentLocation(java.net.URI location) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder cookie(jakarta.ws.rs.core.NewCookie... cookies) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder expires(java.util.Date expires) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder lastModified(java.util.Date lastModified) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder location(java.net.URI location) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder tag(jakarta.ws.rs.core.EntityTag tag) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder tag(String tag) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder variants(Variant... variants) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder variants(java.util.List<Variant> variants) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder links(Link... links) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder link(java.net.URI uri, String rel) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Response.ResponseBuilder link(String uri, String rel) {
      throw new UnsupportedOperationException();
    }
  }

  private static final class Built extends Response {
    private final int status;
    private final Object entity;
    private final MediaType type;
    private final MultivaluedMap<String, Object> headers;

    Built(int status, Object entity, MediaType type, MultivaluedMap<String, Object> headers) {
      this.status = status;
      this.entity = entity;
      this.type = type;
      this.headers = headers;
    }

    @Override
    public int getStatus() {
      return status;
    }

    @Override
    public StatusType getStatusInfo() {
      return Status.fromStatusCode(status);
    }

    @Override
    public Object getEntity() {
      return entity;
    }

    @Override
    public MediaType getMediaType() {
      return type;
    }

    @Override
    public MultivaluedMap<String, Object> getMetadata() {
      return headers;
    }

    @Override
    public boolean hasEntity() {
      return entity != null;
    }

    @Override
    public <T> T readEntity(Class<T> entityType) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <T> T readEntity(jakarta.ws.rs.core.GenericType<T> entityType) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <T> T readEntity(Class<T> type, java.lang.annotation.Annotation[] annotations) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <T> T readEntity(
        jakarta.ws.rs.core.GenericType<T> type, java.lang.annotation.Annotation[] annotations) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean bufferEntity() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    @Override
    public java.util.Locale getLanguage() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int getLength() {
      throw new UnsupportedOperationException();
    }

    @Override
    public java.util.Set<String> getAllowedMethods() {
      throw new UnsupportedOperationException();
    }

    @Override
    public java.util.Map<String, jakarta.ws.rs.core.NewCookie> getCookies() {
      throw new UnsupportedOperationException();
    }

    @Override
    public jakarta.ws.rs.core.EntityTag getEntityTag() {
      throw new UnsupportedOperationException();
    }

    @Override
    public java.util.Date getDate() {
      throw new UnsupportedOperationException();
    }

    @Override
    public java.util.Date getLastModified() {
      throw new UnsupportedOperationException();
    }

    @Override
    public java.net.URI getLocation() {
      throw new UnsupportedOperationException();
    }

    @Override
    public java.util.Set<Link> getLinks() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean hasLink(String relation) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Link getLink(String relation) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Link.Builder getLinkBuilder(String relation) {
      throw new UnsupportedOperationException();
    }

    @Override
    public MultivaluedMap<String, String> getStringHeaders() {
      throw new UnsupportedOperationException();
    }

    @Override
    public String getHeaderString(String name) {
      throw new UnsupportedOperationException();
    }
  }

  @Override
  public UriBuilder createUriBuilder() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Variant.VariantListBuilder createVariantListBuilder() {
    throw new UnsupportedOperationException();
  }

  @Override
  public <T> T createEndpoint(Application application, Class<T> endpointType) {
    throw new UnsupportedOperationException();
  }

  @Override
  @SuppressWarnings("unchecked")
  public <T> HeaderDelegate<T> createHeaderDelegate(Class<T> type) {
    return (HeaderDelegate<T>)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {HeaderDelegate.class},
            (proxy, method, args) -> {
              throw new UnsupportedOperationException();
            });
  }

  @Override
  public Link.Builder createLinkBuilder() {
    throw new UnsupportedOperationException();
  }

  @Override
  public SeBootstrap.Configuration.Builder createConfigurationBuilder() {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletionStage<SeBootstrap.Instance> bootstrap(
      Application application, SeBootstrap.Configuration configuration) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletionStage<SeBootstrap.Instance> bootstrap(
      Class<? extends Application> clazz, SeBootstrap.Configuration configuration) {
    throw new UnsupportedOperationException();
  }

  @Override
  public EntityPart.Builder createEntityPartBuilder(String partName) {
    throw new UnsupportedOperationException();
  }
}
