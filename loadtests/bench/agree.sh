#!/usr/bin/env bash
# Whether the drills' generator and h2load agree: the same rates against the same server, in turn. What both sent (medians)
# must be within 5 %, p50 and p99 (counted from the sending, as h2load counts; the best round of each, for a disturbance
# only ever adds) within 2 ms.
#
# The server's latency is known: 20 ms, every twentieth response 60 ms. So p99 is a figure of the server's, 60 ms, and not of
# what else the machine does. h2load's connections begin one after the other over one period of theirs: begun together they
# send in bursts, and each request waits for those of its burst. All three run at the priority that the generator takes.
#
#   agree.sh [--seconds SECONDS] [--rounds N] [--rates "200 1000 2000"]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=10 rounds=3 rates="200 500 1000 2000"
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=$2 ;;
    --rounds) rounds=$2 ;;
    --rates) rates=$2 ;;
    *) usage ;;
  esac
  shift 2
done
haproxy=$(command -v haproxy || echo /usr/sbin/haproxy)
need "nghttp2-client haproxy" h2load dotnet "$haproxy"
build loadtests/Gateway.Drills
free_port
cat > "$work/late.lua" <<'EOF'
local number, body = 0, string.rep("x", 1024)
core.register_service("late", "http", function(applet)
  number = number + 1
  if number % 20 == 0 then core.msleep(60) else core.msleep(20) end
  applet:set_status(200)
  applet:add_header("content-length", "1024")
  applet:start_response()
  applet:send(body)
end)
EOF
cat > "$work/haproxy.cfg" <<EOF
global
  nbthread 1
  maxconn 4096
  lua-load $work/late.lua
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
frontend users
  bind 127.0.0.1:$port
  http-request use-service lua.late
EOF
nice -n -10 "$haproxy" -f "$work/haproxy.cfg" -db >"$work/haproxy.out" 2>&1 & pids+=($!)
for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.05; done
url="http://127.0.0.1:$port/"

ours() { # RATE: "requests sent-a-second p50 p99", the percentiles from the sending in ms
  GATEWAY_ROOT=$root dotnet "$root/loadtests/Gateway.Drills/bin/Release/net10.0/gateway-drills.dll" load "$url" --rate "$1" --seconds "$seconds" > "$work/ours.out"
  awk '/^live / {count = $2} /^rate / {rate = $2} /^from the sending/ {for (i = 1; i < NF; i++) {if ($i == "p50") p50 = $(i + 1); if ($i == "p99") p99 = $(i + 1)}} END {print count + 0, rate, p50, p99}' "$work/ours.out"
}
theirs() { # As many connections as no response outlasts the time between two requests of one; it must divide the rate.
  local clients=$(($1 / 10)) every begin=1
  every=$((100 / clients))
  if [ "$every" -eq 0 ]; then every=1 begin=$((clients / 100)); fi
  rm -f "$work/requests.log"
  nice -n -10 h2load --h1 -c "$clients" --rps 10 -n "$(($1 * seconds))" -r "$begin" --rate-period="${every}ms" --log-file="$work/requests.log" "$url" > "$work/h2load.out" 2>&1
  sort -n -k1,1 "$work/requests.log" | awk '$2 == 200 {if (!n++) first = $1; last = $1} END {printf "%d %.1f ", n, (n - 1) / ((last - first) / 1e6)}'
  awk '{print $3}' "$work/requests.log" | sort -n | awk '{v[NR] = $1} function at(share, i) {i = int(NR * share + 0.999); return v[i > NR ? NR : i] / 1000} END {print at(0.5), at(0.99)}'
}

take_priority
agreed=yes
printf '%-6s %-8s %9s %11s %9s %9s   %s\n' rate '' requests 'a second' p50 p99 "($rounds rounds of $seconds s each; load of the machine: $(cut -d' ' -f1 /proc/loadavg))"
for rate in $rates; do
  for _ in $(seq "$rounds"); do
    ours "$rate" >> "$work/$rate.ours"
    theirs "$rate" >> "$work/$rate.h2load"
  done
  for who in ours h2load; do
    {
      for column in 1 2; do awk -v c="$column" '{print $c}' "$work/$rate.$who" | median; done
      for column in 3 4; do awk -v c="$column" '{print $c}' "$work/$rate.$who" | sort -n | sed -n 1p; done
    } | paste -sd' ' > "$work/$rate.$who.found"
    read -r count sent p50 p99 < "$work/$rate.$who.found"
    printf '%-6s %-8s %9s %11s %6s ms %6s ms\n' "$rate" "$who" "$count" "$sent" "$p50" "$p99"
  done
  paste -d' ' "$work/$rate.ours.found" "$work/$rate.h2load.found" | awk '
    function abs(x) {return x < 0 ? -x : x}
    {exit !($1 > 0 && abs($1 - $5) <= 0.05 * $5 && abs($2 - $6) <= 0.05 * $6 && abs($3 - $7) <= 2 && abs($4 - $8) <= 2)}' || agreed=no
done
if [ "$agreed" = yes ]; then echo "PASSED: the generator agrees with h2load."; else echo "FAILED: the generator and h2load differ by more than 5 % or 2 ms."; exit 1; fi
