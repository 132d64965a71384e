#!/usr/bin/env bash
# Jetty (ee10) for Bench --server.
set -euo pipefail
home=$(echo "$SERVERS"/jetty/jetty-home-*)
mkdir -p "$WORK/start.d" "$WORK/webapps/ROOT" "$WORK/temp"
cp "$SERVER_CONFIG/jetty/starcast.ini" "$WORK/start.d"
(cd "$WORK/webapps/ROOT" && "$JAVA_HOME/bin/jar" xf "$WAR")
cp "$SERVERS"/libraries/ee10/* "$WORK/webapps/ROOT/WEB-INF/lib"
cd "$WORK"
exec "$JAVA_HOME/bin/java" "-Xmx$HEAP" "-Djava.io.tmpdir=$WORK/temp" \
  -jar "$home/start.jar" "jetty.base=$WORK" "jetty.http.port=$PORT"
