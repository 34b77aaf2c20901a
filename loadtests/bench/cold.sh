#!/usr/bin/env bash
# A cold start, as an outage sees it: from the start of a process to ready, to its first response, and what its first seconds under load are like.
# The gateway as compiled at run time (jit), ahead of time (r2r) and self-contained (single), beside HAProxy, nginx and stock YARP.
#
#   ready    ms from the start of the process until it serves (the gateway: until /readyz says 200, its warm-up included)
#   first    ms of the first response after that
#   p99,max  ms of the responses of the first SECONDS at RATE requests a second
#   CPU      us a request in that time; `start` is the CPU in ms that it took until it was ready
#
# Each proxy is alone on one core, started anew in each round; origin (nginx) and client (h2load) share another. Medians over the rounds.
#
#   cold.sh [--rounds N] [--rate N] [--seconds N] [--only jit,jit-cold,r2r,r2r-cold,single,haproxy,nginx,yarp] [--single FOLDER] [--proxy-core N] [--other-core N]
#
#   jit-cold, r2r-cold   the same with `warmUp: off`
#   --single FOLDER      a folder with a self-contained `gateway`, as eng/package/publish makes it
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds=3 rate=300 seconds=6 only=jit,r2r,r2r-cold,haproxy,nginx,yarp single=$root/out/work/linux-x64 proxy_core=0 other_core=1
while [ $# -gt 0 ]; do
  case "$1" in
    --rounds) rounds=$2 ;;
    --rate) rate=$2 ;;
    --seconds) seconds=$2 ;;
    --only) only=$2 ;;
    --single) single=$2 ;;
    --proxy-core) proxy_core=$2 ;;
    --other-core) other_core=$2 ;;
    *) usage ;;
  esac
  shift 2
done
need "nghttp2-client nginx-light haproxy util-linux curl" h2load nginx haproxy taskset curl dotnet
if [ "$(nproc)" -lt 2 ]; then echo "cold.sh needs two cores: one for the proxy, one for origin and client." >&2; exit 2; fi
case ",$only," in *,jit*) build src/Gateway ;; esac
case ",$only," in *,r2r*) "$root/gateway" --version >/dev/null ;; esac
case ",$only," in *,yarp,*) build loadtests/peers/Yarp ;; esac

path='/api/guide/recommend?user=u1&category=shoes'
connections=30
free_port; origin=$port
mkdir -p "$work/www/api/guide" "$work/static"
write_response "$work/www/api/guide/recommend"
echo ok > "$work/www/health"
chmod -R a+rX "$work"
cat > "$work/nginx.conf" <<END
worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.err; daemon off;
events { worker_connections 4096; }
http {
$(nginx_settings)
  server { listen 127.0.0.1:$origin backlog=4096; root $work/www; }
}
END
taskset -c "$other_core" nginx -c "$work/nginx.conf" 2>"$work/nginx.out" & pids+=($!)

# --- each sets `command`, `ready_url` and `url` -------------------------------------------------------------------------
gateway_config() { # WARM-UP
  free_port; local users=$port
  free_port
  rm -rf "$work/state"
  cat > "$work/gateway.yaml" <<END
version: 1
listen: [ { url: "http://127.0.0.1:$users" } ]
admin: { url: "http://127.0.0.1:$port" }
state: "$work/state"
staticFallback: "$work/static"
warmUp: $1
clusters: { ai-guide: { tiers: [ { name: primary, destinations: [ "http://127.0.0.1:$origin" ] } ] } }
routes: { recommend: { match: { path: /api/guide/recommend }, cluster: ai-guide, lastGood: {}, fallback: [ lastGood ] } }
END
  ready_url="http://127.0.0.1:$port/readyz" url="http://127.0.0.1:$users$path"
}
prepare() { # NAME
  case "$1" in
    jit) gateway_config 3s; command=(dotnet "$root/src/Gateway/bin/Release/net10.0/gateway.dll" run --config "$work/gateway.yaml") ;;
    jit-cold) gateway_config off; command=(dotnet "$root/src/Gateway/bin/Release/net10.0/gateway.dll" run --config "$work/gateway.yaml") ;;
    r2r) gateway_config 3s; command=(dotnet "$root/out/gateway/gateway.dll" run --config "$work/gateway.yaml") ;;
    r2r-cold) gateway_config off; command=(dotnet "$root/out/gateway/gateway.dll" run --config "$work/gateway.yaml") ;;
    single) gateway_config 3s; command=("$single/gateway" run --config "$work/gateway.yaml") ;;
    yarp)
      free_port; url="http://127.0.0.1:$port$path" ready_url=$url
      command=(dotnet "$root/loadtests/peers/Yarp/bin/Release/net10.0/yarp-peer.dll" --urls "http://127.0.0.1:$port" "http://127.0.0.1:$origin") ;;
    haproxy)
      free_port; url="http://127.0.0.1:$port$path" ready_url=$url
      printf 'global\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 500ms\n  timeout client 60s\n  timeout server 5s\nfrontend users\n  bind 127.0.0.1:%s\n  default_backend guide\nbackend guide\n  option httpchk GET /health\n  server primary 127.0.0.1:%s check\n' "$port" "$origin" > "$work/haproxy.cfg"
      command=(haproxy -f "$work/haproxy.cfg" -db) ;;
    nginx)
      free_port; url="http://127.0.0.1:$port$path" ready_url=$url
      cat > "$work/proxy.conf" <<END
worker_processes 1; pid $work/proxy.pid; error_log $work/proxy.err; daemon off; master_process off;
events { worker_connections 4096; }
http {
$(nginx_settings)
  upstream guide { server 127.0.0.1:$origin; keepalive 64; }
  server { listen 127.0.0.1:$port; location / { proxy_pass http://guide; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}
END
      command=(nginx -c "$work/proxy.conf") ;;
    *) echo "There is no '$1'." >&2; usage ;;
  esac
}

measure() { # NAME: adds a line "ready first p99 max us start rss" to cold.NAME.
  prepare "$1"
  local began ready first ticks_ready ticks_end pid
  began=$(date +%s%N)
  taskset -c "$proxy_core" "${command[@]}" >"$work/$1.out" 2>&1 & pid=$!
  pids+=("$pid")
  until [ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$ready_url" || true)" = 200 ]; do
    kill -0 "$pid" 2>/dev/null || { cat "$work/$1.out" >&2; exit 1; }
    sleep 0.005
  done
  ready=$((($(date +%s%N) - began) / 1000000))
  ticks_ready=$(cpu_ticks "$pid")
  first=$(curl -s -m 10 -o /dev/null -w '%{time_total}' "$url")
  ticks_end=$(cpu_ticks "$pid")
  rm -f "$work/h2load.log" # h2load appends.
  taskset -c "$other_core" h2load --h1 -c "$connections" --rps "$((rate / connections))" -D "$seconds" --log-file="$work/h2load.log" "$url" >"$work/h2load.out" 2>&1
  ticks_end=$(($(cpu_ticks "$pid") - ticks_end))
  sort -n -k3 "$work/h2load.log" | awk -v ready="$ready" -v first="$first" -v start="$ticks_ready" -v ticks="$ticks_end" -v rss="$(awk '/VmRSS/ {print $2}' "/proc/$pid/status")" \
    '{v[NR] = $3 / 1000} END {printf "%d %.1f %.1f %.1f %.0f %d %.0f\n", ready, first * 1000, v[int(NR * 0.99)], v[NR], ticks * 10000 / NR, start * 10, rss / 1024}' >> "$work/cold.$1"
  kill "$pid"
  wait "$pid" 2>/dev/null || true
}

take_priority
echo "Medians of $rounds starts; $rate requests a second for $seconds s from ready on; load of the machine: $(cut -d' ' -f1-3 /proc/loadavg)"
for _ in $(seq "$rounds"); do for name in ${only//,/ }; do measure "$name"; done; done
printf '%-10s %9s %9s %9s %9s %12s %10s %8s\n' proxy 'ready ms' 'first ms' 'p99 ms' 'max ms' 'CPU us/req' 'start ms' 'RSS MB'
for name in ${only//,/ }; do
  printf '%-10s' "$name"
  for column in 1 2 3 4 5 6 7; do
    width=9; case $column in 5) width=12 ;; 6) width=10 ;; 7) width=8 ;; esac
    printf " %${width}s" "$(cut -d' ' -f"$column" "$work/cold.$name" | median)"
  done
  echo
done
