#!/usr/bin/env bash
# What a request costs in CPU: the gateway with everything on, stock YARP and HAProxy, in turn, behind the same origin.
#
# Each proxy is alone on one core; the origin (nginx, a static response of 1 kB) and the client (wrk) share another.
# The cost is the proxy's own accounting: user and system time from /proc/PID/stat over the requests that wrk counted.
# Warm means a minute of load first: .NET compiles what is hot with what it has seen. Rounds go in turn, so that a slow
# minute of the machine hits all three; medians and ratios are printed last.
#
# The same for two of our own at once, which differ in one thing:
#   bench.sh observe      with a scrape every 5 s, OTLP metrics and traces, access log to a file as JSON, and Splunk, against none of it
#                         (counters, journal and ledger cannot be switched off: they are in both)
#   bench.sh last-good    a route that keeps last good responses against the same route that does not
#   bench.sh scrape       what a scrape takes with 20 routes and 20 destinations in use; no load, no rounds
#
#   bench.sh warm-up      what a request costs in a gateway that was just started, second by second: as it is, and with the runtime's own
#                         delay before code that is called often is made fast
#
#   bench.sh [observe|last-good|scrape|warm-up] [--warm SECONDS] [--seconds SECONDS] [--rounds N] [--connections N] [--proxy-core N] [--other-core N]
#            [--only gateway,yarp,haproxy]
# Short, to see that it works: bench.sh --warm 5 --seconds 5 --rounds 1
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mode=compare
case "${1:-}" in observe|last-good|scrape|warm-up) mode=$1; shift ;; esac
warm=60 seconds=15 rounds=3 connections=64 proxy_core=0 other_core=1 only=gateway,yarp,haproxy
while [ $# -gt 0 ]; do
  case "$1" in
    --warm) warm=$2 ;;
    --seconds) seconds=$2 ;;
    --rounds) rounds=$2 ;;
    --connections) connections=$2 ;;
    --proxy-core) proxy_core=$2 ;;
    --other-core) other_core=$2 ;;
    --only) only=$2 ;;
    *) usage ;;
  esac
  shift 2
done

case "$mode" in
  observe) only=plain,observed ;;
  last-good) only=without,keeping ;;
  scrape) only=wide ;;
  warm-up) only=gateway,delayed ;;
esac
need "wrk nginx-light haproxy util-linux curl" wrk nginx haproxy taskset curl dotnet
if [ "$(nproc)" -lt 2 ]; then echo "bench.sh needs two cores: one for the proxy, one for origin and client." >&2; exit 2; fi

free_port; origin_port=$port
free_port; spare_port=$port
free_port; sink_port=$port
free_port; yarp_port=$port
free_port; haproxy_port=$port
path='/api/guide/recommend?user=u1&category=shoes'

# --- the origin -------------------------------------------------------------------------------------------------
mkdir -p "$work/www/api/guide" "$work/static"
write_response "$work/www/api/guide/recommend"
echo ok > "$work/www/health"
echo '{"items":[]}' > "$work/static/recommend.json"
chmod -R a+rX "$work"
cat > "$work/nginx.conf" <<EOF
worker_processes 1;
pid $work/nginx.pid;
error_log $work/nginx.err;
daemon off;
events { worker_connections 4096; }
http {
$(nginx_settings)
  server { listen $origin_port backlog=4096; listen $spare_port; root $work/www; }
  server { listen 127.0.0.1:$sink_port; client_max_body_size 64m; location / { return 200; } }
}
EOF
taskset -c "$other_core" nginx -c "$work/nginx.conf" 2>"$work/nginx.out" & pids+=($!)

# --- the proxies ------------------------------------------------------------------------------------------------
declare -A pid_of url_of admin_of
built=
start_gateway_as() { # NAME EXTRA-YAML ROUTES-YAML: the tiers' addresses are in $primaries and $standbys.
  local name=$1 extra=$2 routes=$3 users admin
  if [ -z "$built" ]; then
    build src/Gateway
    built=1
  fi
  free_port; users=$port
  free_port; admin=$port
  cat > "$work/$name.yaml" <<EOF
version: 1
listen: [ { url: "http://127.0.0.1:$users" } ]
admin: { url: "http://127.0.0.1:$admin" }
state: "$work/state-$name"
staticFallback: "$work/static"
$extra
clusters:
  ai-guide:
    tiers:
      - { name: primary, destinations: [ $primaries ] }
      - { name: standby, destinations: [ $standbys ] }
    attempts: { hedge: auto }
routes:
$routes
EOF
  taskset -c "$proxy_core" dotnet "$root/src/Gateway/bin/Release/net10.0/gateway.dll" run --config "$work/$name.yaml" >"$work/$name.out" 2>&1 & pids+=($!)
  pid_of[$name]=$!
  admin_of[$name]="http://127.0.0.1:$admin"
  until_answers "http://127.0.0.1:$admin/readyz" "$name"
  url_of[$name]="http://127.0.0.1:$users$path"
}
primaries="\"http://127.0.0.1:$origin_port\"" standbys="\"http://127.0.0.1:$spare_port\""
recommend='  recommend:
    match: { path: /api/guide/recommend, methods: [GET] }
    cluster: ai-guide'
keeping='
    lastGood: { key: [path, query] }
    fallback: [ lastGood, { file: recommend.json }, builtIn ]'
start_gateway() { start_gateway_as gateway "" "$recommend$keeping"; }
start_keeping() { start_gateway_as keeping "" "$recommend$keeping"; }
start_without() { start_gateway_as without "" "$recommend
    fallback: [ { file: recommend.json }, builtIn ]"; }
start_plain() { start_gateway_as plain "telemetry: { logs: { level: warning } }" "$recommend$keeping"; }
start_observed() {
  start_gateway_as observed "telemetry:
  otlp: http://127.0.0.1:$sink_port/otlp
  logs: { format: json, file: \"$work/observed.log\" }
  splunk: { url: \"http://127.0.0.1:$sink_port\", token: bench }" "$recommend$keeping"
  { while sleep 5; do taskset -c "$other_core" curl -s -o "$work/scrape" "${admin_of[observed]}/metrics" || true; done; } & pids+=($!)
}
start_wide() {
  local routes="$recommend$keeping" n
  for n in $(seq 19); do routes="$routes
  r$n: { match: { path: \"/r$n/{**rest}\" }, cluster: ai-guide, lastGood: {} }"; done
  addresses() { for n in $(seq "$1" "$2"); do printf '"http://127.0.0.%s:%s", ' "$n" "$origin_port"; done | sed 's/, $//'; }
  primaries=$(addresses 1 10) standbys=$(addresses 11 20)
  start_gateway_as wide "" "$routes"
}
start_yarp() {
  build loadtests/peers/Yarp
  taskset -c "$proxy_core" dotnet "$root/loadtests/peers/Yarp/bin/Release/net10.0/yarp-peer.dll" --urls "http://127.0.0.1:$yarp_port" "http://127.0.0.1:$origin_port" >"$work/yarp.out" 2>&1 & pids+=($!)
  pid_of[yarp]=$!
  url_of[yarp]="http://127.0.0.1:$yarp_port$path"
}
start_haproxy() {
  # Fair: health checks, retries, keep-alive and reuse of connections on both sides, no access log - as the others.
  cat > "$work/haproxy.cfg" <<EOF
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
  bind 127.0.0.1:$haproxy_port
  default_backend guide
backend guide
  option httpchk GET /health
  option forwardfor
  server primary 127.0.0.1:$origin_port check inter 1s
  server standby 127.0.0.1:$spare_port check inter 1s backup
EOF
  taskset -c "$proxy_core" haproxy -f "$work/haproxy.cfg" -db >"$work/haproxy.out" 2>&1 & pids+=($!)
  pid_of[haproxy]=$!
  url_of[haproxy]="http://127.0.0.1:$haproxy_port$path"
}

# --- measuring --------------------------------------------------------------------------------------------------
# A scrape: each route asked once, then a hundred scrapes one after the other.
if [ "$mode" = scrape ]; then
  start_wide
  curl -s -o "$work/probe" "${url_of[wide]%/api/*}/r[1-19]/x"
  curl -s -o "$work/probe" "${url_of[wide]}&n=[1-300]"
  curl -s -o "$work/scrape" -w '%{time_total}\n' "${admin_of[wide]}/metrics?[1-110]" | tail -n 100 | sort -n > "$work/times"
  awk -v series="$(grep -vc '^#' "$work/scrape")" '{t[NR] = $1 * 1000} END {printf "a scrape of %d series: median %.1f ms, slowest of %d %.1f ms (limit 50)\n", series, t[int((NR + 1) / 2)], NR, t[NR]; exit t[int((NR + 1) / 2)] > 50}' "$work/times"
  exit
fi

proxies=${only//,/ }

# A start: the CPU up to the first response, then a request's cost in each two seconds of the first twenty.
if [ "$mode" = warm-up ]; then
  printf '%-9s %12s %14s %14s\n' proxy seconds requests 'us/request'
  for proxy in $proxies; do
    # The variable is read as hexadecimal: 100 ms.
    if [ "$proxy" = delayed ]; then DOTNET_TC_CallCountingDelayMs=64 start_gateway_as delayed "" "$recommend$keeping"; else start_gateway; fi
    until_answers "${url_of[$proxy]}" "$proxy"
    printf '%-9s %12s %14s %11s ms\n' "$proxy" start 1 "$(($(cpu_ticks "${pid_of[$proxy]}") * 10))"
    for second in $(seq 2 2 20); do
      before=$(cpu_ticks "${pid_of[$proxy]}")
      load "${url_of[$proxy]}" 2
      awk -v p="$proxy" -v s="$second" -v t="$(($(cpu_ticks "${pid_of[$proxy]}") - before))" -v n="$requests" 'BEGIN {printf "%-9s %12s %14s %14.1f\n", p, s, n, t * 10000 / n}'
    done
    kill "${pid_of[$proxy]}"
  done
  exit
fi

for proxy in $proxies; do
  "start_$proxy"
  until_answers "${url_of[$proxy]}" "$proxy"
  echo "warming $proxy for $warm s ..."
  load "${url_of[$proxy]}" "$warm"
done

printf '\n%-6s %-9s %12s %14s\n' round proxy requests/s 'us/request'
for round in $(seq "$rounds"); do
  for proxy in $proxies; do
    before=$(cpu_ticks "${pid_of[$proxy]}")
    load "${url_of[$proxy]}" "$seconds"
    after=$(cpu_ticks "${pid_of[$proxy]}")
    us=$(us_per_request "$((after - before))" "$requests")
    echo "$us" >> "$work/us.$proxy"
    printf '%-6s %-9s %12s %14s\n' "$round" "$proxy" "$rate" "$us"
  done
done

echo
declare -A cost
for proxy in $proxies; do
  cost[$proxy]=$(median < "$work/us.$proxy")
  printf 'median %-9s %8.2f us of CPU a request\n' "$proxy" "${cost[$proxy]}"
done
if [ -n "${cost[gateway]:-}" ]; then
  for peer in yarp haproxy; do
    if [ -n "${cost[$peer]:-}" ]; then
      awk -v g="${cost[gateway]}" -v p="${cost[$peer]}" -v n="$peer" 'BEGIN {printf "gateway / %-8s %6.2f\n", n, g / p}'
    fi
  done
fi

# The figures to hold. What we add: at most 10 % more.
at_most() { # ONE OTHER
  if awk -v a="${cost[$1]}" -v b="${cost[$2]}" -v x="$1" -v y="$2" 'BEGIN {printf "%s / %s %6.3f\n", x, y, a / b; exit !(a <= b * 1.10)}'; then
    echo "PASSED: cost: at most 10 % over."
  else
    echo "FAILED: cost: more than 10 % over."
    exit 1
  fi
}
case "$mode" in
  observe) at_most observed plain; exit ;;
  last-good) at_most keeping without; exit ;;
esac

# Two thirds of stock YARP's, in the same run.
if [ -n "${cost[gateway]:-}" ] && [ -n "${cost[yarp]:-}" ]; then
  if awk -v g="${cost[gateway]}" -v y="${cost[yarp]}" 'BEGIN {exit !(g <= y * 2 / 3)}'; then
    echo "PASSED: cost: at most two thirds of stock YARP's."
  else
    echo "FAILED: cost: more than two thirds of stock YARP's."
    exit 1
  fi
fi
