#!/usr/bin/env bash
# GlassFish for Bench --server: GLASSFISH names it, as in target/servers (glassfish8 unless given).
set -euo pipefail
release=${GLASSFISH:-glassfish8}
home="$SERVERS/$release/$release"
free() { "$JAVA_HOME/bin/jshell" -s - <<<'try (var s = new java.net.ServerSocket(0)) { System.out.println(s.getLocalPort()); }'; }
admin=$(free)
# while it is configured: who waits for the server must not take that for the server
setup=$(free)
export AS_JAVA="$JAVA_HOME"
asadmin() { bash "$home/bin/asadmin" --user admin --port "$admin" "$@"; }
properties=
for name in jms.port domain.jmxPort orb.listener.port http.ssl.port orb.ssl.port orb.mutualauth.port \
  osgi.shell.telnet.port java.debugger.port; do
  properties+="${properties:+:}$name=$(free)"
done
asadmin create-domain --domaindir "$WORK" --nopassword=true --checkports=false --adminport "$admin" \
  --instanceport "$setup" --domainproperties "$properties" bench
asadmin start-domain --domaindir "$WORK" bench
asadmin multimode --file "$SERVER_CONFIG/glassfish/starcast.asadmin"
asadmin deploy --contextroot / --name bench "$WAR"
asadmin stop-domain --domaindir "$WORK" bench
sed -i "s|-Xmx[0-9]*[mg]|-Xmx$HEAP|; s|\"$setup\"|\"$PORT\"|" "$WORK/bench/config/domain.xml"
exec bash "$home/bin/asadmin" start-domain --verbose --domaindir "$WORK" bench
