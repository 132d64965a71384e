#!/bin/sh
# Three nodes of an application, what joins them, and a proxy in front, on this machine alone
# (127.0.0.1) and without a container engine: one nats-server, or three, two Payara Micro, a WildFly,
# and nginx. All end together: with Ctrl-C, or when one of them does.
#
#   server-config/cluster.sh [1|3] app.war
#
# The WAR has the library, io.nats:jnats and org.bouncycastle:bcprov-lts8on in WEB-INF/lib. See
# README.md for what is set here, and the variables below for what can be.
set -eu

PAYARA_JAR=${PAYARA_JAR:-payara-micro.jar}
WILDFLY_HOME=${WILDFLY_HOME:-wildfly}
JAVA=${JAVA:-java}
NATS_SERVER=${NATS_SERVER:-nats-server}
NGINX=${NGINX:-nginx}
HEAP=${HEAP:-512m}
# logs, what the brokers store, and the secrets, which are made at the first start
DATA=${DATA:-cluster-data}
# the proxy (HTTPS), the nodes, the brokers and their routes: this port and the next two
PROXY_PORT=${PROXY_PORT:-8443}
NODE_PORT=${NODE_PORT:-8081}
NATS_PORT=${NATS_PORT:-4222}
ROUTE_PORT=${ROUTE_PORT:-6222}

PATH=$PATH:/usr/sbin:/sbin # where Debian keeps servers

fail() {
  echo "cluster.sh: $*" >&2
  exit 1
}

brokers=1
case ${1-} in
  1 | 3) brokers=$1 && shift ;;
esac
[ $# = 1 ] && [ -f "$1" ] || fail "usage: cluster.sh [1|3] app.war"

absolute() {
  case $1 in
    /*) echo "$1" ;;
    *) echo "$PWD/$1" ;;
  esac
}

war=$(absolute "$1")
config=$(cd "$(dirname "$0")" && pwd)
PAYARA_JAR=$(absolute "$PAYARA_JAR")
WILDFLY_HOME=$(absolute "$WILDFLY_HOME")
[ -f "$PAYARA_JAR" ] || fail "PAYARA_JAR: there is no $PAYARA_JAR"
[ -f "$WILDFLY_HOME/jboss-modules.jar" ] || fail "WILDFLY_HOME: there is no WildFly in $WILDFLY_HOME"
for program in "$JAVA" "$NATS_SERVER" "$NGINX" openssl; do
  command -v "$program" >/dev/null || fail "$program is missing"
done

umask 077
mkdir -p "$DATA"
DATA=$(cd "$DATA" && pwd)
cd "$DATA"

# ---- the end

pids=
wildfly=

stop() {
  # another Ctrl-C would leave behind what is not stopped yet
  trap '' INT TERM HUP
  trap - EXIT
  # the proxy first, the brokers last: nodes tell their clients to come back, and store what they have
  for pid in $pids; do
    kill "$pid" 2>/dev/null || continue
    tries=0
    while kill -0 "$pid" 2>/dev/null; do
      [ $tries -lt 60 ] || kill -9 "$pid" $([ "$pid" != "$wildfly" ] || cat wildfly.pid) || :
      tries=$((tries + 1))
      sleep 1
    done
  done
}

trap stop EXIT
trap 'exit 0' INT TERM HUP

# the process that was started last is the first to be stopped
started() {
  pids="$! $pids"
}

alive() {
  for pid in $pids; do
    kill -0 "$pid" 2>/dev/null || return 1
  done
}

# log, text: waits until the text is there
await() {
  tries=0
  until grep -q "$2" "$1" 2>/dev/null; do
    alive || fail "it has ended: see $DATA/$1"
    tries=$((tries + 1))
    [ $tries -lt 180 ] || fail "it does not start: see $DATA/$1"
    sleep 1
  done
}

# ---- the brokers

# letters and digits, the first a letter: nats-server would take others for a number or a variable
secret() {
  [ -s "$1" ] || echo "s$(openssl rand -hex 24)" >"$1"
  cat "$1"
}

# nats-server and the nodes take both by the same names
export STARCAST_BACKPLANE_NATS_USERNAME=starcast
STARCAST_BACKPLANE_NATS_PASSWORD=$(secret nats-password)
export STARCAST_BACKPLANE_NATS_PASSWORD
export NATS_CLUSTER_USERNAME=routes
NATS_CLUSTER_PASSWORD=$(secret routes-password)
export NATS_CLUSTER_PASSWORD

routes=
servers=
i=0
while [ $i -lt "$brokers" ]; do
  routes="${routes:+$routes, }nats://$NATS_CLUSTER_USERNAME:$NATS_CLUSTER_PASSWORD@127.0.0.1:$((ROUTE_PORT + i))"
  servers="${servers:+$servers,}nats://127.0.0.1:$((NATS_PORT + i))"
  i=$((i + 1))
done
export NATS_ROUTES="[$routes]"

conf=nats-server.conf
[ "$brokers" = 1 ] || conf=nats-cluster.conf
i=0
while [ $i -lt "$brokers" ]; do
  : >"nats-$i.log"
  # nats-server, unlike the others, would take Ctrl-C itself, and be the first to end
  NATS_STORE="$DATA/nats-$i" NATS_CLUSTER_LISTEN="127.0.0.1:$((ROUTE_PORT + i))" \
    $(command -v setsid) "$NATS_SERVER" -c "$config/nats/$conf" -n "nats-$i" -p $((NATS_PORT + i)) >"nats-$i.log" 2>&1 &
  started
  i=$((i + 1))
done
i=0
while [ $i -lt "$brokers" ]; do
  await "nats-$i.log" "Server is ready"
  i=$((i + 1))
done

# ---- the nodes; configuration as both servers take it from the environment

export STARCAST_BACKPLANE=nats
export STARCAST_BACKPLANE_NATS_SERVERS="$servers"
export STARCAST_BACKPLANE_NATS_REPLICAS="$brokers"

for i in 0 1; do
  mkdir -p "payara-$i"
  "$JAVA" @"$config/payara-micro/jvm.options" "-Xmx$HEAP" "-Djava.io.tmpdir=$DATA/payara-$i" \
    -jar "$PAYARA_JAR" --prebootcommandfile "$config/payara-micro/preboot.asadmin" --nocluster \
    --port $((NODE_PORT + i)) --deploy "$war" --contextroot / >"payara-$i.log" 2>&1 &
  started
done

rm -rf wildfly
mkdir -p wildfly/deployments
cp -R "$WILDFLY_HOME/standalone/configuration" wildfly/
cp "$war" wildfly/deployments/ROOT.war
JAVA_OPTS="-Djboss.server.base.dir=$DATA/wildfly" \
  "$WILDFLY_HOME/bin/jboss-cli.sh" "--file=$config/wildfly/starcast.cli" >wildfly-cli.log 2>&1 \
  || fail "WildFly's settings: see $DATA/wildfly-cli.log"
# passes on the signal that ends it
LAUNCH_JBOSS_IN_BACKGROUND=1 JBOSS_PIDFILE="$DATA/wildfly.pid" JAVA_OPTS="-Xmx$HEAP -Djava.net.preferIPv4Stack=true" \
  "$WILDFLY_HOME/bin/standalone.sh" "-Djboss.server.base.dir=$DATA/wildfly" -b 127.0.0.1 \
  -bmanagement 127.0.0.1 "-Djboss.http.port=$((NODE_PORT + 2))" \
  "-Djboss.https.port=$((NODE_PORT + 3))" "-Djboss.management.http.port=$((NODE_PORT + 4))" \
  >wildfly.log 2>&1 &
started
wildfly=$!

await payara-0.log "ready in"
await payara-1.log "ready in"
await wildfly.log "WFLYSRV0010: Deployed"

# ---- the proxy

[ -s proxy.key ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
  -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout proxy.key \
  -out proxy.pem 2>/dev/null
sed -e "s|listen 443 |listen 127.0.0.1:$PROXY_PORT |" -e "s|/etc/ssl/certs/app.example.pem|$DATA/proxy.pem|" \
  -e "s|/etc/ssl/private/app.example.key|$DATA/proxy.key|" "$config/nginx/starcast.conf" >starcast.conf
sed -e "s|:8081 |:$NODE_PORT |" -e "s|:8082 |:$((NODE_PORT + 1)) |" \
  -e "s|:8083 |:$((NODE_PORT + 2)) |" "$config/nginx/upstream-cluster.conf" >upstream.conf
cat >nginx.conf <<CONF
daemon off;
worker_processes auto;
worker_shutdown_timeout 60s;
worker_rlimit_nofile 4096;
pid $DATA/nginx.pid;
error_log stderr warn;
events { worker_connections 2000; }
http {
  access_log off;
  client_body_temp_path $DATA/nginx-body;
  proxy_temp_path $DATA/nginx-proxy;
  fastcgi_temp_path $DATA/nginx-fastcgi;
  uwsgi_temp_path $DATA/nginx-uwsgi;
  scgi_temp_path $DATA/nginx-scgi;
  include upstream.conf;
  include starcast.conf;
}
CONF
"$NGINX" -p "$DATA" -c "$DATA/nginx.conf" >nginx.log 2>&1 &
started

echo "All is there: https://localhost:$PROXY_PORT/, and the nodes at http://127.0.0.1:$NODE_PORT/ and the next two ports."
echo "Logs and data: $DATA. Ctrl-C ends it."
while alive; do
  sleep 1
done
fail "one of the processes has ended: see the logs in $DATA"
