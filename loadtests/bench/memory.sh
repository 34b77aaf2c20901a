#!/usr/bin/env bash
# Memory and idle CPU: resident memory once started and at full load, CPU and the recording of decisions while nothing happens. The gateway
# beside HAProxy and stock YARP, and the gateway with settings of the runtime that could make it smaller.
#
#   memory.sh [--seconds N] [--idle N] [--connections N] [--only gateway,conserve,no-concurrent,small-gen0,haproxy,yarp] [--program "COMMAND"] [--proxy-core N] [--other-core N]
#
#   conserve        DOTNET_GCConserveMemory=7       a collection compacts as soon as 3 of 10 bytes are holes
#   no-concurrent   DOTNET_gcConcurrent=0           no second thread of the collector
#   small-gen0      DOTNET_GCgen0size=4 MB          collects more often, and keeps less
#   --program       what runs the gateway; default: the build of ./gateway
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=15 idle=20 connections=64 only=gateway,conserve,no-concurrent,small-gen0,haproxy,yarp program="dotnet $root/out/gateway/gateway.dll" proxy_core=0 other_core=1
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=$2 ;;
    --idle) idle=$2 ;;
    --connections) connections=$2 ;;
    --only) only=$2 ;;
    --program) program=$2 ;;
    --proxy-core) proxy_core=$2 ;;
    --other-core) other_core=$2 ;;
    *) usage ;;
  esac
  shift 2
done
need "wrk nginx-light haproxy util-linux curl" wrk nginx haproxy taskset curl dotnet
case "$program" in *out/gateway*) "$root/gateway" --version >/dev/null ;; esac
case ",$only," in *,yarp,*) build loadtests/peers/Yarp ;; esac

path='/api/guide/recommend?user=u1&category=shoes'
mkdir -p "$work/www/api/guide" "$work/static"
write_response "$work/www/api/guide/recommend"
echo ok > "$work/www/health"
chmod -R a+rX "$work"
origins=()
for _ in 1 2 3 4; do free_port; origins+=("$port"); done
{
  echo "worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.err; daemon off; events { worker_connections 4096; } http {"
  nginx_settings
  for origin in "${origins[@]}"; do echo "  server { listen 127.0.0.1:$origin backlog=4096; root $work/www; }"; done
  echo "}"
} > "$work/nginx.conf"
taskset -c "$other_core" nginx -c "$work/nginx.conf" 2>"$work/nginx.out" & pids+=($!)

gateway() {
  free_port; local users=$port
  free_port
  rm -rf "$work/state"
  cat > "$work/gateway.yaml" <<END
version: 1
listen: [ { url: "http://127.0.0.1:$users" } ]
admin: { url: "http://127.0.0.1:$port" }
state: "$work/state"
staticFallback: "$work/static"
clusters:
  ai-guide:
    tiers:
      - { name: primary, destinations: [ "http://127.0.0.1:${origins[0]}", "http://127.0.0.1:${origins[1]}" ] }
      - { name: standby, destinations: [ "http://127.0.0.1:${origins[2]}", "http://127.0.0.1:${origins[3]}" ] }
routes: { recommend: { match: { path: /api/guide/recommend }, cluster: ai-guide, lastGood: {}, fallback: [ lastGood ] } }
END
  ready_url="http://127.0.0.1:$port/readyz" url="http://127.0.0.1:$users$path"
  # shellcheck disable=SC2206 # The program and its argument are two words.
  command=($program run --config "$work/gateway.yaml")
}
prepare() { # NAME
  extra=()
  case "$1" in
    gateway) gateway ;;
    conserve) gateway; extra=(DOTNET_GCConserveMemory=7) ;;
    no-concurrent) gateway; extra=(DOTNET_gcConcurrent=0) ;;
    small-gen0) gateway; extra=(DOTNET_GCgen0size=400000) ;;
    haproxy)
      free_port; url="http://127.0.0.1:$port$path" ready_url=$url
      { printf 'global\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 500ms\n  timeout client 60s\n  timeout server 5s\nfrontend users\n  bind 127.0.0.1:%s\n  default_backend guide\nbackend guide\n  option httpchk GET /health\n' "$port"
        for origin in "${origins[@]}"; do echo "  server s$origin 127.0.0.1:$origin check inter 1s"; done; } > "$work/haproxy.cfg"
      command=(haproxy -f "$work/haproxy.cfg" -db) ;;
    yarp)
      free_port; url="http://127.0.0.1:$port$path" ready_url=$url
      command=(dotnet "$root/loadtests/peers/Yarp/bin/Release/net10.0/yarp-peer.dll" --urls "http://127.0.0.1:$port" "http://127.0.0.1:${origins[0]}") ;;
    *) echo "There is no '$1'." >&2; usage ;;
  esac
}
recorded() { { cat "$work/state/recording/"* 2>/dev/null || true; } | wc -c; }
resident() { awk '/VmRSS/ {printf "%.0f", $2 / 1024}' "/proc/$1/status"; }

take_priority
echo "Resident memory in MB; idle CPU in % of a core over $idle s; full load for $seconds s; load of the machine: $(cut -d' ' -f1-3 /proc/loadavg)"
printf '%-14s %9s %9s %9s %12s %16s\n' proxy started 'idle %' 'full' 'CPU us/req' 'recorded MB/day'
for name in ${only//,/ }; do
  prepare "$name"
  taskset -c "$proxy_core" env "${extra[@]}" "${command[@]}" >"$work/$name.out" 2>&1 & pid=$!
  pids+=("$pid")
  until_answers "$ready_url" "$name"
  started=$(resident "$pid") ticks=$(cpu_ticks "$pid") bytes=$(recorded)
  sleep "$idle"
  ticks=$(($(cpu_ticks "$pid") - ticks)) bytes=$(($(recorded) - bytes))
  load "$url" "$seconds"
  before=$(cpu_ticks "$pid")
  load "$url" "$seconds"
  printf '%-14s %9s %9s %9s %12s %16s\n' "$name" "$started" "$(awk -v t="$ticks" -v s="$idle" 'BEGIN {printf "%.2f", t / s}')" "$(resident "$pid")" "$(us_per_request "$(($(cpu_ticks "$pid") - before))" "$requests")" "$(awk -v b="$bytes" -v s="$idle" 'BEGIN {printf "%.1f", b / s * 86400 / 1e6}')"
  kill "$pid"
  wait "$pid" 2>/dev/null || true
done
