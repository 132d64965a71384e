package org.starcast.it.http;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.Feature;
import jakarta.ws.rs.core.FeatureContext;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.WriterInterceptor;
import jakarta.ws.rs.ext.WriterInterceptorContext;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;

/**
 * What applications put between a resource and its client; most acts on a header of the request.
 */
public final class Filters {

  private Filters() {}

  /** A header for every response; a coding for those that ask for it by {@code X-Encode}. */
  @Provider
  public static class Headers implements ContainerResponseFilter {
    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
      response.getHeaders().add("Content-Security-Policy", "default-src 'self'");
      String coding = request.getHeaderString("X-Encode");
      if (coding != null) {
        response.getHeaders().putSingle("Content-Encoding", coding);
      }
    }
  }

  /** Compresses what {@link Headers} has said is gzip, as tutorials do it. */
  @Provider
  public static class Compress implements WriterInterceptor {
    @Override
    public void aroundWriteTo(WriterInterceptorContext context) throws IOException {
      if ("gzip".equals(context.getHeaders().getFirst("Content-Encoding"))) {
        context.setOutputStream(new GZIPOutputStream(context.getOutputStream()));
      }
      context.proceed();
    }
  }

  /** Jersey's own compression, where Jersey is. */
  @Provider
  public static class JerseyCompression implements Feature {
    @Override
    public boolean configure(FeatureContext context) {
      try {
        ClassLoader jersey = context.getClass().getClassLoader();
        context.register(
            Class.forName("org.glassfish.jersey.server.filter.EncodingFilter", true, jersey));
        context.register(Class.forName("org.glassfish.jersey.message.GZipEncoder", true, jersey));
        return true;
      } catch (ClassNotFoundException e) {
        return false;
      }
    }
  }

  /** A filter without asynchronous support. */
  @WebFilter("/api/http/synchronous/*")
  public static class Synchronous extends HttpFilter {
    private static final long serialVersionUID = 1L;
  }

  /** Puts a stream of its own before the response's, when {@code X-Wrap} asks for it. */
  @WebFilter(urlPatterns = "/api/*", asyncSupported = true)
  public static class Wrap extends HttpFilter {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doFilter(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      String kind = request.getHeader("X-Wrap");
      if (kind == null) {
        chain.doFilter(request, response);
        return;
      }
      Wrapper wrapper = new Wrapper(response, kind.equals("gzip"));
      chain.doFilter(request, wrapper);
      wrapper.close();
    }
  }

  /** Compresses, without a word about when it can be written to; or passes everything on. */
  private static final class Wrapper extends HttpServletResponseWrapper {
    private final boolean compress;
    private ServletOutputStream stream;
    private OutputStream compressed;

    Wrapper(HttpServletResponse response, boolean compress) {
      super(response);
      this.compress = compress;
    }

    @Override
    public ServletOutputStream getOutputStream() throws IOException {
      if (stream == null) {
        ServletOutputStream inner = super.getOutputStream();
        if (compress) {
          setHeader("Content-Encoding", "gzip");
          compressed = new GZIPOutputStream(inner);
        }
        stream = new WrapperStream(inner, compressed);
      }
      return stream;
    }

    void close() throws IOException {
      if (compressed != null) {
        compressed.close();
      }
    }
  }

  private static final class WrapperStream extends ServletOutputStream {
    private final ServletOutputStream inner;
    private final OutputStream compressed;

    WrapperStream(ServletOutputStream inner, OutputStream compressed) {
      this.inner = inner;
      this.compressed = compressed;
    }

    @Override
    public boolean isReady() {
      return compressed != null || inner.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      if (compressed == null) {
        inner.setWriteListener(listener);
      }
    }

    @Override
    public void write(int b) throws IOException {
      (compressed == null ? inner : compressed).write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      (compressed == null ? inner : compressed).write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      (compressed == null ? inner : compressed).flush();
    }
  }
}
