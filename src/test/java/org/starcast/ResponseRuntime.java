package org.starcast;

import jakarta.ws.rs.SeBootstrap;
import jakarta.ws.rs.core.Application;
import jakarta.ws.rs.core.CacheControl;
import jakarta.ws.rs.core.EntityPart;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.GenericType;
import jakarta.ws.rs.core.Link;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.NewCookie;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriBuilder;
import jakarta.ws.rs.core.Variant;
import jakarta.ws.rs.ext.RuntimeDelegate;
import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * As much of a JAX-RS runtime as our answers take: status, entity, media type and headers. There is
 * none on the test class path.
 */
public final class ResponseRuntime extends RuntimeDelegate
    implements BeforeAllCallback, AfterAllCallback {

  @Override
  public void beforeAll(ExtensionContext context) {
    RuntimeDelegate.setInstance(this);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    RuntimeDelegate.setInstance(null);
  }

  /** The body of a response that was given bytes. */
  public static String body(Response response) {
    return new String((byte[]) response.getEntity(), StandardCharsets.UTF_8);
  }

  /** A header of a response, as text. */
  public static String header(Response response, String name) {
    Object value = response.getHeaders().getFirst(name);
    return value == null ? null : value.toString();
  }

  /** A media type as text, which without a runtime cannot write itself. */
  public static String type(Response response) {
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

  private static UnsupportedOperationException unsupported() {
    return new UnsupportedOperationException("our answers do not need it");
  }

  private static final class Builder extends Response.ResponseBuilder {
    private final MultivaluedMap<String, Object> headers = new MultivaluedHashMap<>();
    private int status = 200;
    private Object entity;
    private MediaType type;

    @Override
    public Response build() {
      return new Built(status, entity, type, headers);
    }

    @Override
    public Response.ResponseBuilder status(int status) {
      this.status = status;
      return this;
    }

    @Override
    public Response.ResponseBuilder entity(Object entity) {
      this.entity = entity;
      return this;
    }

    @Override
    public Response.ResponseBuilder header(String name, Object value) {
      headers.add(name, value);
      return this;
    }

    @Override
    public Response.ResponseBuilder type(String type) {
      return header("Content-Type", type);
    }

    @Override
    public Response.ResponseBuilder clone() {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder status(int status, String reason) {
      return status(status);
    }

    @Override
    public Response.ResponseBuilder entity(Object entity, Annotation[] annotations) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder allow(String... methods) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder allow(Set<String> methods) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder cacheControl(CacheControl cacheControl) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder encoding(String encoding) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder replaceAll(MultivaluedMap<String, Object> headers) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder language(String language) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder language(Locale language) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder type(MediaType type) {
      this.type = type;
      return this;
    }

    @Override
    public Response.ResponseBuilder variant(Variant variant) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder contentLocation(URI location) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder cookie(NewCookie... cookies) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder expires(Date expires) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder lastModified(Date lastModified) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder location(URI location) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder tag(EntityTag tag) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder tag(String tag) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder variants(Variant... variants) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder variants(List<Variant> variants) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder links(Link... links) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder link(URI uri, String rel) {
      throw unsupported();
    }

    @Override
    public Response.ResponseBuilder link(String uri, String rel) {
      throw unsupported();
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
    public boolean hasEntity() {
      return entity != null;
    }

    @Override
    public MultivaluedMap<String, Object> getMetadata() {
      return headers;
    }

    @Override
    public void close() {}

    @Override
    public <T> T readEntity(Class<T> type) {
      throw unsupported();
    }

    @Override
    public <T> T readEntity(GenericType<T> type) {
      throw unsupported();
    }

    @Override
    public <T> T readEntity(Class<T> type, Annotation[] annotations) {
      throw unsupported();
    }

    @Override
    public <T> T readEntity(GenericType<T> type, Annotation[] annotations) {
      throw unsupported();
    }

    @Override
    public boolean bufferEntity() {
      throw unsupported();
    }

    @Override
    public MediaType getMediaType() {
      return type;
    }

    @Override
    public Locale getLanguage() {
      throw unsupported();
    }

    @Override
    public int getLength() {
      throw unsupported();
    }

    @Override
    public Set<String> getAllowedMethods() {
      throw unsupported();
    }

    @Override
    public Map<String, NewCookie> getCookies() {
      throw unsupported();
    }

    @Override
    public EntityTag getEntityTag() {
      throw unsupported();
    }

    @Override
    public Date getDate() {
      throw unsupported();
    }

    @Override
    public Date getLastModified() {
      throw unsupported();
    }

    @Override
    public URI getLocation() {
      throw unsupported();
    }

    @Override
    public Set<Link> getLinks() {
      throw unsupported();
    }

    @Override
    public boolean hasLink(String relation) {
      throw unsupported();
    }

    @Override
    public Link getLink(String relation) {
      throw unsupported();
    }

    @Override
    public Link.Builder getLinkBuilder(String relation) {
      throw unsupported();
    }

    @Override
    public MultivaluedMap<String, String> getStringHeaders() {
      throw unsupported();
    }

    @Override
    public String getHeaderString(String name) {
      throw unsupported();
    }
  }

  @Override
  public UriBuilder createUriBuilder() {
    throw unsupported();
  }

  @Override
  public Variant.VariantListBuilder createVariantListBuilder() {
    throw unsupported();
  }

  @Override
  public <T> T createEndpoint(Application application, Class<T> type) {
    throw unsupported();
  }

  @Override
  @SuppressWarnings("unchecked")
  public <T> HeaderDelegate<T> createHeaderDelegate(Class<T> type) {
    // the API's classes ask for one when they are loaded
    return (HeaderDelegate<T>)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {HeaderDelegate.class},
            (proxy, method, args) -> {
              throw unsupported();
            });
  }

  @Override
  public Link.Builder createLinkBuilder() {
    throw unsupported();
  }

  @Override
  public SeBootstrap.Configuration.Builder createConfigurationBuilder() {
    throw unsupported();
  }

  @Override
  public CompletionStage<SeBootstrap.Instance> bootstrap(
      Application application, SeBootstrap.Configuration configuration) {
    throw unsupported();
  }

  @Override
  public CompletionStage<SeBootstrap.Instance> bootstrap(
      Class<? extends Application> type, SeBootstrap.Configuration configuration) {
    throw unsupported();
  }

  @Override
  public EntityPart.Builder createEntityPartBuilder(String partName) {
    throw unsupported();
  }
}
