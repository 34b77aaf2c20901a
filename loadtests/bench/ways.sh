#!/usr/bin/env bash
# What a request costs in CPU on each way through the proxy: the gateway beside HAProxy and stock YARP, in turn in one run.
#
#   get           GET, 1 kB with a length, cleartext HTTP/1.1 on both sides
#   post          POST of 200 bytes, the same response
#   tls           GET to a destination over TLS with HTTP/1.1
#   http2         GET to a destination over TLS with HTTP/2
#   http2-user    GET of a user over TLS with HTTP/2, to a destination in cleartext HTTP/1.1
#   chunked       GET whose response comes in chunks
#
# Each way has processes of its own, so that nothing is warm with another way's requests. The proxies share one core and are asked one
# after the other; the origin (nginx) and the client (wrk, h2load) share another. The cost is the proxy's own accounting, as in bench.sh:
# user and system time from /proc/PID/stat over the requests that the client counted. The columns are medians over the rounds; the ratios
# are medians of each round's ratio, since a slow moment of the machine hits the proxies of one round alike.
#
#   ways.sh [--warm SECONDS] [--seconds SECONDS] [--rounds N] [--only get,post,...] [--proxies haproxy,gateway,yarp]
#           [--connections N] [--proxy-core N] [--other-core N] [--before FOLDER] [--record] [--strict]
#
#   --before FOLDER    another build of the gateway (the folder with gateway.dll) takes part as "before"
#   --record           keeps the rounds in results/DATE-ways.tsv; trend.sh compares the dates
#   --strict           ends with 1 if a goal is missed
# Short, to see that it works: ways.sh --warm 3 --seconds 2 --rounds 1
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

warm=30 seconds=10 rounds=5 connections=64 proxy_core=0 other_core=1
only=get,post,tls,http2,http2-user,chunked proxies=haproxy,gateway,yarp before= record= strict=
while [ $# -gt 0 ]; do
  case "$1" in
    --warm) warm=$2 ;;
    --seconds) seconds=$2 ;;
    --rounds) rounds=$2 ;;
    --only) only=$2 ;;
    --proxies) proxies=$2 ;;
    --connections) connections=$2 ;;
    --proxy-core) proxy_core=$2 ;;
    --other-core) other_core=$2 ;;
    --before) before=$2 ;;
    --record) record=$root/loadtests/bench/results/$(date -u +%F)-ways.tsv; shift; continue ;;
    --strict) strict=1; shift; continue ;;
    *) usage ;;
  esac
  shift 2
done
need "wrk nghttp2-client nginx haproxy util-linux curl openssl" wrk h2load nginx haproxy taskset curl openssl dotnet
if [ "$(nproc)" -lt 2 ]; then echo "ways.sh needs two cores: one for the proxy, one for origin and client." >&2; exit 2; fi
proxies=${proxies//,/ }
if [ -n "$before" ]; then proxies="$proxies before"; fi
for proxy in $proxies; do
  case "$proxy" in
    gateway) build src/Gateway ;;
    yarp) build loadtests/peers/Yarp ;;
  esac
done

# The goals: at most so many times HAProxy's cost; on no way above stock YARP's.
goal_of() {
  case "$1" in
    get) echo 1.2 ;;
    post) echo 1.4 ;;
    tls | http2 | http2-user) echo 1.6 ;;
    chunked) echo - ;;
    *) echo "There is no way '$1': one of get, post, tls, http2, http2-user, chunked." >&2; exit 2 ;;
  esac
}
for way in ${only//,/ }; do goal_of "$way" > /dev/null; done

# --- the origin: the same responses in five forms ------------------------------------------------------------------------
path='/api/guide/recommend?user=u1&category=shoes'
mkdir -p "$work/www/api/guide" "$work/static"
write_response "$work/www/api/guide/recommend"
echo ok > "$work/www/health"
echo '{"items":[]}' > "$work/static/recommend.json"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
  -keyout "$work/key.pem" -out "$work/certificate.pem" 2>"$work/openssl.out"
cat "$work/certificate.pem" "$work/key.pem" > "$work/both.pem"
chmod -R a+rX "$work"
# The one authority that everything here trusts.
export SSL_CERT_FILE="$work/certificate.pem"

for name in clear spare tls tls_spare http2 http2_spare chunked chunked_spare; do free_port; declare "origin_$name=$port"; done
cat > "$work/nginx.conf" <<END
worker_processes 1;
pid $work/nginx.pid;
error_log $work/nginx.err;
daemon off;
events { worker_connections 4096; }
http {
$(nginx_settings)
  root $work/www;
  ssl_certificate $work/certificate.pem;
  ssl_certificate_key $work/key.pem;
  server {
    listen 127.0.0.1:$origin_clear backlog=4096; listen 127.0.0.1:$origin_spare;
    location = /api/guide/order { return 200 '$(cat "$work/www/api/guide/recommend")'; }
  }
  server { listen 127.0.0.1:$origin_tls ssl backlog=4096; listen 127.0.0.1:$origin_tls_spare ssl; }
  server { listen 127.0.0.1:$origin_http2 ssl http2 backlog=4096; listen 127.0.0.1:$origin_http2_spare ssl http2; }
  # What a filter may change has no length.
  server { listen 127.0.0.1:$origin_chunked backlog=4096; listen 127.0.0.1:$origin_chunked_spare; ssi on; ssi_types application/json; }
}
END
taskset -c "$other_core" nginx -c "$work/nginx.conf" 2>"$work/nginx.out" & pids+=($!)

# --- the proxies: each writes its process to pid_of and its address to url_of ---------------------------------------------
declare -A pid_of url_of
start() { # NAME COMMAND...
  local name=$1
  shift
  taskset -c "$proxy_core" "$@" >"$work/$name.out" 2>&1 & pids+=($!)
  pid_of[$name]=$!
}
start_gateway_of() { # NAME FOLDER
  local admin certificate=
  free_port; admin=$port
  free_port
  if [ "$users" = https ]; then certificate=", certificate: { file: \"$work/certificate.pem\", key: \"$work/key.pem\" }"; fi
  cat > "$work/$1.yaml" <<END
version: 1
listen: [ { url: "$users://127.0.0.1:$port"$certificate } ]
admin: { url: "http://127.0.0.1:$admin" }
state: "$work/state-$1-$way"
staticFallback: "$work/static"
clusters:
  ai-guide:
    tiers:
      - { name: primary, destinations: [ "$scheme://127.0.0.1:$primary" ] }
      - { name: standby, destinations: [ "$scheme://127.0.0.1:$standby" ] }
    attempts: { hedge: auto }
routes:
  recommend:
    match: { path: /api/guide/recommend, methods: [GET] }
    cluster: ai-guide
    lastGood: { key: [path, query] }
    fallback: [ lastGood, { file: recommend.json }, builtIn ]
  order:
    match: { path: /api/guide/order, methods: [POST] }
    cluster: ai-guide
END
  start "$1" dotnet "$2/gateway.dll" run --config "$work/$1.yaml"
  url_of[$1]="$users://127.0.0.1:$port"
  until_answers "http://127.0.0.1:$admin/readyz" "$1"
}
start_gateway() { start_gateway_of gateway "$root/src/Gateway/bin/Release/net10.0"; }
start_before() { start_gateway_of before "$before"; }
start_yarp() {
  free_port
  start yarp env "Kestrel__Certificates__Default__Path=$work/certificate.pem" "Kestrel__Certificates__Default__KeyPath=$work/key.pem" \
    dotnet "$root/loadtests/peers/Yarp/bin/Release/net10.0/yarp-peer.dll" --urls "$users://127.0.0.1:$port" "$scheme://127.0.0.1:$primary"
  url_of[yarp]="$users://127.0.0.1:$port"
}
start_haproxy() {
  # As fair as in bench.sh: health checks, retries, certificates looked at, connections kept on both sides and no access log, as the others.
  local bind="" server="check inter 1s" protocol=http/1.1
  free_port
  if [ "$way" = http2 ]; then protocol=h2; fi
  if [ "$users" = https ]; then bind=" ssl crt $work/both.pem alpn h2,http/1.1"; fi
  if [ "$scheme" = https ]; then server="$server check-alpn http/1.1 ssl verify required ca-file $work/certificate.pem alpn $protocol"; fi
  cat > "$work/haproxy.cfg" <<END
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 500ms
  timeout client 60s
  timeout server 5s
  option redispatch
  retries 3
  retry-on conn-failure empty-response response-timeout 502 503 504
  option http-keep-alive
  http-reuse always
frontend users
  bind 127.0.0.1:$port$bind
  default_backend guide
backend guide
  option httpchk GET /health
  option forwardfor
  server primary 127.0.0.1:$primary $server
  server standby 127.0.0.1:$standby $server backup
END
  start haproxy haproxy -f "$work/haproxy.cfg" -db
  url_of[haproxy]="$users://127.0.0.1:$port"
}

# --- measuring ----------------------------------------------------------------------------------------------------------
cat > "$work/post.lua" <<'END'
wrk.method = "POST"
wrk.path = "/api/guide/order"
wrk.body = '{"item":"' .. string.rep("x", 189) .. '"}'
wrk.headers["Content-Type"] = "application/json"
END
set_way() { # WAY: what the users speak, and where the proxies send it.
  users=http scheme=http primary=$origin_clear standby=$origin_spare
  case "$1" in
    tls) scheme=https primary=$origin_tls standby=$origin_tls_spare ;;
    http2) scheme=https primary=$origin_http2 standby=$origin_http2_spare ;;
    http2-user) users=https ;;
    chunked) primary=$origin_chunked standby=$origin_chunked_spare ;;
  esac
}
ask() { # PROXY SECONDS: sets `requests`.
  case "$way" in
    post) load "${url_of[$1]}/" "$2" -s "$work/post.lua" ;;
    http2-user) load_http2 "${url_of[$1]}$path" "$2" ;;
    *) load "${url_of[$1]}$path" "$2" ;;
  esac
}
load_http2() { # URL SECONDS: as `load`, with four requests at once on each of a fourth of the connections.
  taskset -c "$other_core" h2load -c "$((connections / 4))" -m 4 -D "$2" "$1" > "$work/h2load.out"
  requests=$(awk '/^requests:/ {print $8}' "$work/h2load.out")
  if ! grep -q ' 0 failed, 0 errored' "$work/h2load.out" || [ "$requests" -eq 0 ]; then echo "Not every request to $1 was answered:" >&2; cat "$work/h2load.out" >&2; exit 1; fi
}
ratio() { # ONE OTHER: the median of the rounds' ratios; "-" if one of them took no part.
  if [ -s "$work/us.$way.$1" ] && [ -s "$work/us.$way.$2" ]; then
    paste "$work/us.$way.$1" "$work/us.$way.$2" | awk '{print $1 / $2}' | median | awk '{printf "%.2f", $1}'
  else
    echo -
  fi
}

take_priority
echo "us of CPU a request, medians of $rounds rounds of $seconds s after $warm s of load; load of the machine: $(cut -d' ' -f1-3 /proc/loadavg)"
printf '%-11s' way
for proxy in $proxies; do printf '%9s' "$proxy"; done
printf '%11s%8s%10s%s\n' '/ haproxy' goal '/ yarp' "${before:+  / before}   rounds of the gateway"
if [ -n "$record" ]; then
  mkdir -p "$(dirname "$record")"
  {
    echo "# commit $(git -C "$root" describe --always --dirty), $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), --warm $warm --seconds $seconds --rounds $rounds"
    printf '# way\tproxy\tus of CPU a request, by round\n'
  } >> "$record"
fi
missed=
for way in ${only//,/ }; do
  set_way "$way"
  for proxy in $proxies; do
    "start_$proxy"
    until_answers "${url_of[$proxy]}$path" "$proxy" --cacert "$work/certificate.pem"
  done
  for proxy in $proxies; do ask "$proxy" "$warm"; done
  for _ in $(seq "$rounds"); do
    for proxy in $proxies; do
      ticks=$(cpu_ticks "${pid_of[$proxy]}")
      ask "$proxy" "$seconds"
      us_per_request "$(($(cpu_ticks "${pid_of[$proxy]}") - ticks))" "$requests" >> "$work/us.$way.$proxy"
    done
  done

  printf '%-11s' "$way"
  for proxy in $proxies; do
    printf '%9.1f' "$(median < "$work/us.$way.$proxy")"
    if [ -n "$record" ]; then printf '%s\t%s\t%s\n' "$way" "$proxy" "$(paste -sd' ' "$work/us.$way.$proxy")" >> "$record"; fi
  done
  over_haproxy=$(ratio gateway haproxy) over_yarp=$(ratio gateway yarp) goal=$(goal_of "$way")
  printf '%11s%8s%10s' "$over_haproxy" "$goal" "$over_yarp"
  if [ -n "$before" ]; then printf '%10s' "$(ratio gateway before)"; fi
  printf '   %s\n' "$(paste -sd' ' "$work/us.$way.gateway" 2>/dev/null || true)"
  awk -v h="$over_haproxy" -v g="$goal" -v y="$over_yarp" 'BEGIN {exit !((h != "-" && g != "-" && h + 0 > g + 0) || (y != "-" && y + 0 > 1))}' && missed="$missed $way"
  for proxy in $proxies; do kill "${pid_of[$proxy]}"; wait "${pid_of[$proxy]}" 2>/dev/null || true; done
done
if [ -z "$missed" ]; then echo "PASSED: cost: every way that was measured is within its goal."; else echo "MISSED: cost:$missed."; [ -z "$strict" ]; fi
