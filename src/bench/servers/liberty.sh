#!/usr/bin/env bash
# Open Liberty for Bench --server.
set -euo pipefail
home="$SERVERS/liberty/wlp"
server="$WORK/servers/bench"
mkdir -p "$server" "$WORK/temp"
sed "s|</server>|<webApplication location=\"$WAR\" contextRoot=\"/\"/></server>|" \
  "$SERVER_CONFIG/liberty/server.xml" >"$server/server.xml"
echo "http.port=$PORT" >"$server/bootstrap.properties"
export WLP_USER_DIR="$WORK" WLP_OUTPUT_DIR="$WORK/servers"
exec "$JAVA_HOME/bin/java" "-javaagent:$home/bin/tools/ws-javaagent.jar" "-Xmx$HEAP" \
  "@$home/lib/platform/java/java9.options" "-Djava.io.tmpdir=$WORK/temp" \
  -jar "$home/bin/tools/ws-server.jar" bench
