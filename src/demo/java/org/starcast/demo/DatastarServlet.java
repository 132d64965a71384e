package org.starcast.demo;

import jakarta.inject.Inject;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Serves Datastar's client out of the file that {@code datastar.js} names: no CDN is needed. */
@WebServlet(DatastarServlet.PATH)
public class DatastarServlet extends HttpServlet {

  static final String PATH = "/assets/datastar.js";

  private static final long serialVersionUID = 1L;

  @Inject
  @ConfigProperty(name = "datastar.js")
  transient Optional<String> file;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Optional<Path> client = file.map(Path::of).filter(Files::isReadable);
    if (client.isEmpty()) {
      response.sendError(HttpServletResponse.SC_NOT_FOUND, "datastar.js names no readable file");
      return;
    }
    response.setContentType("text/javascript");
    response.setHeader("Cache-Control", "no-cache");
    Files.copy(client.get(), response.getOutputStream());
  }
}
