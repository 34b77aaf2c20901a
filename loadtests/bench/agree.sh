#!/usr/bin/env bash
# Whether the drills' generator and h2load agree: the same rates against the same nginx, in turn. What both sent, within
# 5 %; the best p99 of each (a disturbance only ever adds) within 2 ms. h2load counts from the sending: ours does too here.
# Only a quiet machine can say: another process's slice of the core is longer than the difference that is allowed.
#
#   agree.sh [--seconds SECONDS] [--rounds N] [--rates "200 1000 2000"]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

seconds=10 rounds=3 rates="200 1000 2000"
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=$2 ;;
    --rounds) rounds=$2 ;;
    --rates) rates=$2 ;;
    *) sed -n '2,6p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done
for tool in h2load nginx dotnet; do
  command -v "$tool" >/dev/null 2>&1 || { echo "agree.sh needs '$tool': on Debian, apt-get install nghttp2-client nginx-light" >&2; exit 2; }
done

work=$(mktemp -d)
nginx_pid=
finish() {
  if [ -n "$nginx_pid" ]; then kill "$nginx_pid" 2>/dev/null || true; wait "$nginx_pid" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

dotnet build "$root/loadtests/Gateway.Drills" -c Release -v quiet --nologo >"$work/build.out" 2>&1 || { cat "$work/build.out" >&2; exit 1; }
while :; do
  port=$((20000 + RANDOM % 12000))
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
done
mkdir "$work/www"
head -c 1024 /dev/zero | tr '\0' 'x' > "$work/www/page"
chmod -R a+rX "$work"
cat > "$work/nginx.conf" <<EOF
worker_processes 1;
pid $work/nginx.pid;
error_log $work/nginx.err;
daemon off;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3; uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
  server { listen 127.0.0.1:$port; root $work/www; }
}
EOF
nginx -c "$work/nginx.conf" 2>"$work/nginx.out" & nginx_pid=$!
for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.05; done
url="http://127.0.0.1:$port/page"

median() { sort -n | awk '{v[NR]=$1} END {if (NR % 2) print v[(NR+1)/2]; else print (v[NR/2]+v[NR/2+1])/2}'; }
ours() { # RATE: "sent-a-second p99-from-sending-in-ms"
  GATEWAY_ROOT=$root dotnet "$root/loadtests/Gateway.Drills/bin/Release/net10.0/gateway-drills.dll" load "$url" --rate "$1" --seconds "$seconds" > "$work/ours.out"
  awk '/^rate / {rate = $2} /^from the sending/ {for (i = 1; i < NF; i++) if ($i == "p99") p99 = $(i + 1)} END {print rate, p99}' "$work/ours.out"
}
theirs() {
  rm -f "$work/requests.log"
  # With the priority that ours gives itself: else the comparison is one of priorities.
  nice -n -10 h2load --h1 -c 20 --rps "$(($1 / 20))" -D "$seconds" --log-file="$work/requests.log" "$url" > "$work/h2load.out" 2>&1
  awk '{print $3}' "$work/requests.log" | sort -n | awk -v s="$seconds" '{v[NR] = $1} END {i = int(NR * 0.99 + 0.999); if (i > NR) i = NR; print NR / s, v[i] / 1000}'
}

agreed=yes
printf '%-6s %12s %12s %12s %12s\n' rate 'ours /s' 'h2load /s' 'ours p99' 'h2load p99'
for rate in $rates; do
  for _ in $(seq "$rounds"); do
    read -r sent p99 <<< "$(ours "$rate")"; echo "$sent" >> "$work/$rate.os"; echo "$p99" >> "$work/$rate.op"
    read -r sent p99 <<< "$(theirs "$rate")"; echo "$sent" >> "$work/$rate.ts"; echo "$p99" >> "$work/$rate.tp"
  done
  os=$(median < "$work/$rate.os") op=$(sort -n "$work/$rate.op" | head -n 1) ts=$(median < "$work/$rate.ts") tp=$(sort -n "$work/$rate.tp" | head -n 1)
  printf '%-6s %12s %12s %9s ms %9s ms\n' "$rate" "$os" "$ts" "$op" "$tp"
  awk -v a="$os" -v b="$ts" -v c="$op" -v d="$tp" 'function abs(x) {return x < 0 ? -x : x} BEGIN {exit !(abs(a - b) <= 0.05 * b && abs(c - d) <= 2)}' || agreed=no
done
if [ "$agreed" = yes ]; then echo "PASSED: the generator agrees with h2load."; else echo "FAILED: the generator and h2load differ by more than 5 % or 2 ms."; exit 1; fi
