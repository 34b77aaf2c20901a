#!/usr/bin/env bash
# What each feature adds to the CPU of a request: a gateway with the feature beside one without any, asked in turn, one core for both.
#
#   features.sh [--warm SECONDS] [--seconds SECONDS] [--rounds N] [--only NAME,...] [--connections N] [--proxy-core N] [--other-core N]
#               [--record]
#
#   --record      keeps the medians in results/DATE-features.tsv
#
# GET, 1 kB with a length, cleartext HTTP/1.1 on both sides; origin (nginx) and client (wrk) share another core. The cost is the gateway's
# own accounting: user and system time from /proc/PID/stat over the requests that the client counted. The columns are medians over the
# rounds; the last is the median of each round's ratio. "nothing" is a second gateway without features: what it shows is noise.
# Short, to see that it works: features.sh --warm 3 --seconds 2 --rounds 1
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

features=(nothing match rewrite headers host cors trusted-proxies allow rate-limit max-in-flight capacity queue adaptive least-requests peak-ewma affinity
  slow-start last-good collapse late compression access-all json-log thousand-routes)
warm=12 seconds=4 rounds=3 connections=64 proxy_core=0 other_core=1 record=
only=$(IFS=,; echo "${features[*]}")
while [ $# -gt 0 ]; do
  case "$1" in
    --warm) warm=$2 ;;
    --seconds) seconds=$2 ;;
    --rounds) rounds=$2 ;;
    --only) only=$2 ;;
    --connections) connections=$2 ;;
    --proxy-core) proxy_core=$2 ;;
    --other-core) other_core=$2 ;;
    --record) record=$root/loadtests/bench/results/$(date -u +%F)-features.tsv; shift; continue ;;
    *) usage ;;
  esac
  shift 2
done
need "wrk nginx-light util-linux curl" wrk nginx taskset curl dotnet
if [ "$(nproc)" -lt 2 ]; then echo "features.sh needs two cores: one for the gateway, one for origin and client." >&2; exit 2; fi
build src/Gateway

mkdir -p "$work/www/api/guide" "$work/www/v1/guide" "$work/static"
write_response "$work/www/api/guide/recommend"
cp "$work/www/api/guide/recommend" "$work/www/v1/guide/recommend"
echo ok > "$work/www/health"
echo 'local n = 0; function request() n = n + 1; wrk.headers["X-Client"] = tostring(n % 1000); return wrk.format() end' > "$work/clients.lua"
chmod -R a+rX "$work"
origins=()
for _ in 1 2 3; do free_port; origins+=("$port"); done
{
  echo "worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.err; daemon off; events { worker_connections 4096; } http {"
  nginx_settings
  for origin in "${origins[@]}"; do echo "  server { listen 127.0.0.1:$origin backlog=4096; root $work/www; }"; done
  echo "}"
} > "$work/nginx.conf"
taskset -c "$other_core" nginx -c "$work/nginx.conf" 2>"$work/nginx.out" & pids+=($!)

# --- a feature: lines of the configuration, headers of the client ---------------------------------------------------------
configure() { # NAME: sets what the configuration gets at the top, in the cluster, in the tier, in the destination and in the route, and the client's headers.
  top='' cluster='' tier='' destination='' match='' route='' sent=() more=''
  case "$1" in
    base | nothing) ;;
    match) match=', host: shop.example, headers: { X-Tenant: a }, query: { user: u1 }' sent=(-H 'Host: shop.example' -H 'X-Tenant: a') ;;
    rewrite) route='rewrite: { stripPrefix: /api, prefix: /v1 }' ;;
    headers) route='headers: { request: { set: { X-Shop: a }, remove: [ X-Debug ] }, response: { set: { X-Frame-Options: DENY }, remove: [ Server ] } }' sent=(-H 'X-Debug: 1') ;;
    host) route='host: destination' ;;
    cors) route='cors: { origins: [ "https://shop.example" ], methods: [ GET ] }' sent=(-H 'Origin: https://shop.example') ;;
    trusted-proxies) top='trustedProxies: [ 127.0.0.0/8 ]' sent=(-H 'X-Forwarded-For: 203.0.113.7' -H 'X-Forwarded-Proto: https') ;;
    allow) route='allow: [ 10.0.0.0/8, 192.168.0.0/16, 127.0.0.0/8 ]' ;;
    # A thousand clients: no limit may be as high as the rate of one here.
    rate-limit) route='rateLimit: { key: "header:X-Client", rate: 10000/s, burst: 10000 }' sent=(-s "$work/clients.lua") ;;
    max-in-flight) destination=', maxInFlight: 1000' ;;
    capacity) tier=', capacity: 1000' ;;
    queue) tier=', capacity: 1000' cluster='queue: { max: 100, wait: 200ms }' ;;
    adaptive) tier=', capacity: auto' ;;
    least-requests) cluster='balance: leastRequests' ;;
    peak-ewma) cluster='balance: peakEwma' ;;
    affinity) cluster='affinity: { header: X-Conversation-Id, stay: 10m }' sent=(-H 'X-Conversation-Id: c1') ;;
    slow-start) cluster='slowStart: 30s' ;;
    last-good) route='lastGood: { key: [path, query] }' more='fallback: [ lastGood ]' ;;
    collapse) route='lastGood: { key: [path, query], collapse: true }' more='fallback: [ lastGood ]' ;;
    late) route='lastGood: { key: [path, query] }' more='fallback: [ { lastGood: {}, after: 1500ms }, builtIn ]' ;;
    compression) top='compression: { codings: [ gzip ], minSize: 1KiB }' sent=(-H 'Accept-Encoding: gzip') ;;
    access-all) top="telemetry: { logs: { file: $work/access.log }, access: all }" ;;
    json-log) top="telemetry: { logs: { format: json, file: $work/access.log }, access: all }" ;;
    thousand-routes) for i in $(seq 999); do more+="
  other-$i: { match: { path: \"/other/$i/{**rest}\", host: shop$i.example, headers: { X-Tenant: t$i } }, cluster: ai-guide }"; done ;;
    *) echo "There is no feature '$1': one of ${features[*]}." >&2; exit 2 ;;
  esac
}
start() { # NAME: sets `pid` and `url`.
  free_port; local admin=$port
  free_port
  rm -rf "$work/state-$1"
  cat > "$work/$1.yaml" <<END
version: 1
listen: [ { url: "http://127.0.0.1:$port" } ]
admin: { url: "http://127.0.0.1:$admin" }
state: "$work/state-$1"
staticFallback: "$work/static"
$top
clusters:
  ai-guide:
    tiers:
      - { name: primary, destinations: [ { url: "http://127.0.0.1:${origins[0]}"$destination }, { url: "http://127.0.0.1:${origins[1]}"$destination } ]$tier }
      - { name: standby, destinations: [ "http://127.0.0.1:${origins[2]}" ] }
    $cluster
routes:
  recommend:
    match: { path: /api/guide/recommend, methods: [GET]$match }
    cluster: ai-guide
    $route
    $more
END
  taskset -c "$proxy_core" dotnet "$root/src/Gateway/bin/Release/net10.0/gateway.dll" run --config "$work/$1.yaml" >"$work/$1.out" 2>&1 & pid=$!
  pids+=("$pid")
  url="http://127.0.0.1:$port/api/guide/recommend?user=u1&category=shoes"
  until_answers "http://127.0.0.1:$admin/readyz" "$1"
}
cost() { # PID URL SECONDS [HEADERS...]
  local before; before=$(cpu_ticks "$1")
  load "$2" "$3" "${@:4}"
  us_per_request "$(($(cpu_ticks "$1") - before))" "$requests"
}

take_priority
echo "CPU of a request in us, medians of $rounds rounds of $seconds s after $warm s; load of the machine: $(cut -d' ' -f1-3 /proc/loadavg)"
configure base
start base
base_pid=$pid base_url=$url
load "$base_url" "$warm"
printf '%-18s %8s %8s %8s\n' feature without with ratio
for name in ${only//,/ }; do
  configure "$name"
  start "$name"
  load "$url" "$warm" "${sent[@]}"
  : > "$work/without"; : > "$work/with"; : > "$work/ratio"
  for _ in $(seq "$rounds"); do
    without=$(cost "$base_pid" "$base_url" "$seconds")
    with=$(cost "$pid" "$url" "$seconds" "${sent[@]}")
    echo "$without" >> "$work/without"; echo "$with" >> "$work/with"
    awk -v a="$with" -v b="$without" 'BEGIN {print a / b}' >> "$work/ratio"
  done
  line=$(printf '%s\t%.1f\t%.1f\t%.2f' "$name" "$(median < "$work/without")" "$(median < "$work/with")" "$(median < "$work/ratio")")
  echo "$line" | awk -F'\t' '{printf "%-18s %8s %8s %8s\n", $1, $2, $3, $4}'
  if [ -n "$record" ]; then echo "$line" >> "$record"; fi
  kill "$pid"
  wait "$pid" 2>/dev/null || true
done
