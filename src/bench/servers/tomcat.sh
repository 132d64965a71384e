#!/usr/bin/env bash
# Tomcat for Bench --server: TOMCAT names it, as in target/servers (tomcat10, tomcat11 unless given).
set -euo pipefail
home=$(echo "$SERVERS/${TOMCAT:-tomcat11}"/apache-tomcat-*)
cp -r "$home/conf" "$WORK/conf"
cp "$SERVER_CONFIG/tomcat/server.xml" "$WORK/conf/server.xml"
mkdir -p "$WORK/temp" "$WORK/webapps/ROOT"
(cd "$WORK/webapps/ROOT" && "$JAVA_HOME/bin/jar" xf "$WAR")
cp "$SERVERS"/libraries/ee10/* "$WORK/webapps/ROOT/WEB-INF/lib"
exec "$JAVA_HOME/bin/java" "-Xmx$HEAP" \
  --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.util=ALL-UNNAMED \
  "-Dcatalina.home=$home" "-Dcatalina.base=$WORK" "-Djava.io.tmpdir=$WORK/temp" "-Dhttp.port=$PORT" \
  -cp "$home/bin/bootstrap.jar:$home/bin/tomcat-juli.jar" org.apache.catalina.startup.Bootstrap start
