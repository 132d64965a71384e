package org.starcast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Knows how a hub that takes no WAR is started, on 127.0.0.1 only. */
final class Hub {

  /** The scripts that node runs. */
  private static final Path SCRIPTS = Path.of("src/bench/servers").toAbsolutePath();

  private final Options options;
  private final Path folder;
  private final int port;

  /**
   * One that is still to be started.
   *
   * @param folder where its files go
   * @param port where it listens
   */
  Hub(Options options, Path folder, int port) {
    this.options = options;
    this.folder = folder;
    this.port = port;
  }

  /** Why a hub cannot be measured, or null if it can. */
  static String missing(Flavour flavour, Options options) {
    return switch (flavour) {
      case NCHAN -> {
        if (options.nginx() == null) {
          yield "nginx was not found; --nginx names it";
        }
        yield options.nchanModule() == null
            ? "the module ngx_nchan_module.so was not found; --nchan-module names it"
            : null;
      }
      case BETTER_SSE -> onNode("better-sse", options);
      case DURABLE_STREAMS -> onNode("@durable-streams/server", options);
      default -> throw new IllegalArgumentException(flavour + " is no hub");
    };
  }

  private static String onNode(String module, Options options) {
    if (options.node() == null) {
      return "node was not found; --node names it";
    }
    return Files.isDirectory(options.peers().resolve("node_modules").resolve(module))
        ? null
        : "npm has not put " + module + " into " + options.peers() + "; --peers names the folder";
  }

  /**
   * Starts it.
   *
   * @param heap the most memory of its objects, where that can be bounded: {@code 2g}, {@code 512m}
   */
  Server start(Flavour flavour, String heap, Path log) throws IOException {
    return switch (flavour) {
      case NCHAN -> nginx(log);
      case BETTER_SSE -> node("better-sse.cjs", heap, log);
      case DURABLE_STREAMS -> node("durable-streams.cjs", heap, log);
      default -> throw new IllegalArgumentException(flavour + " is no hub");
    };
  }

  private Server node(String script, String heap, Path log) throws IOException {
    String megabytes = heap.replace("g", "000").replace("m", "");
    ProcessBuilder builder =
        new ProcessBuilder(
                options.node().toString(),
                "--max-old-space-size=" + megabytes,
                SCRIPTS.resolve(script).toString())
            .directory(folder.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "NODE_PATH", options.peers().resolve("node_modules").toString(),
                "NODE_ENV", "production",
                "PORT", Integer.toString(port)));
    return Server.start(builder, port, "/ready", log, false);
  }

  private Server nginx(Path log) throws IOException {
    long files = Proc.fileLimit();
    String config =
        """
        load_module %s;
        daemon off;
        worker_processes auto;
        worker_rlimit_nofile %d;
        pid %s/nginx.pid;
        error_log stderr warn;
        events { worker_connections %d; }
        http {
          access_log off;
          client_body_temp_path %3$s/body;
          proxy_temp_path %3$s/proxy;
          fastcgi_temp_path %3$s/fastcgi;
          uwsgi_temp_path %3$s/uwsgi;
          scgi_temp_path %3$s/scgi;
          client_body_buffer_size 128k;
          client_max_body_size 2m;
          keepalive_requests 1000000;
          # nothing that a measured stream has still to get is dropped for want of room
          nchan_shared_memory_size 1024M;
          nchan_message_buffer_length 4000;
          nchan_message_timeout 10m;
          server {
            listen 127.0.0.1:%d backlog=4096;
            location = /ready { return 200 "ready"; }
            location = /pub {
              nchan_publisher;
              nchan_channel_id $arg_id;
            }
            location = /sub {
              nchan_subscriber eventsource;
              nchan_channel_id $arg_ids;
              nchan_channel_id_split_delimiter ",";
              nchan_subscriber_first_message newest;
              nchan_eventsource_ping_interval 15;
              nchan_eventsource_ping_comment "ping";
              nchan_eventsource_ping_event "";
            }
          }
        }
        """
            .formatted(options.nchanModule(), files, folder, Math.min(files - 100, 60_000), port);
    Path file = Files.writeString(folder.resolve("nginx.conf"), config);
    ProcessBuilder builder =
        new ProcessBuilder(
            options.nginx().toString(), "-p", folder.toString(), "-c", file.toString());
    return Server.start(builder, port, "/ready", log, false);
  }
}
