# Sourced by the scripts beside it: a folder and processes that end with the script, free ports, the accounting of CPU.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

work=$(mktemp -d)
pids=()
autogroup=/proc/self/autogroup
autogroup_before=
finish() {
  for pid in ${pids[@]+"${pids[@]}"}; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
  if [ -n "$autogroup_before" ]; then echo "$autogroup_before" > "$autogroup"; fi
}
trap finish EXIT
trap 'exit 130' INT TERM

need() { # PACKAGES TOOL...: ends the script unless every tool is there.
  local packages=$1 tool
  shift
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 || { echo "$(basename "$0") needs '$tool': on Debian, apt-get install $packages" >&2; exit 2; }
  done
}

usage() { # Prints the comment at the head of the script.
  awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0" >&2
  exit 2
}

take_priority() { # Sessions are weighed against each other: a measurement must not share the machine evenly with a build next door.
  local before
  before=$(sed -n 's/.* nice //p' "$autogroup" 2>/dev/null || true)
  if [ -n "$before" ] && echo -10 > "$autogroup" 2>/dev/null; then autogroup_before=$before; fi
}

# A free port is one that nothing accepts on; below the kernel's range for outgoing connections.
used_ports=" "
free_port() { # Sets `port`.
  while :; do
    port=$((20000 + RANDOM % 12000))
    case "$used_ports" in *" $port "*) continue ;; esac
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
    used_ports="$used_ports$port "
    return
  done
}

build() { # PROJECT: a folder below the root. BENCH_NO_BUILD=1: what is there already is measured.
  [ -z "${BENCH_NO_BUILD:-}" ] || return 0
  dotnet build "$root/$1" -c Release -v quiet --nologo >"$work/build.out" 2>&1 || { cat "$work/build.out" >&2; exit 1; }
}

until_answers() { # URL NAME [CURL-OPTION...]: NAME.out is what the server wrote.
  local url=$1 name=$2
  shift 2
  for _ in $(seq 600); do
    if curl -sf -m 5 "$@" -o "$work/probe" "$url"; then return; fi
    sleep 0.1
  done
  echo "$name did not answer on $url within 60 s. It wrote:" >&2
  tail -30 "$work/$name.out" >&2
  exit 1
}

write_response() { # FILE: 1 kB of JSON, as the origins answer it.
  { printf '{"items":"'; head -c 1008 /dev/zero | tr '\0' 'x'; printf '"}\n'; } > "$1"
}

nginx_settings() { # What every origin's `http` block begins with.
  cat <<END
  access_log off;
  keepalive_requests 100000000;
  default_type application/json;
  client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3; uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
END
}

cpu_ticks() { # PID: user and system time in 1/100 s; the command's name may hold spaces, so count after its bracket.
  local stat; stat=$(cat "/proc/$1/stat"); set -- ${stat##*) }; echo $(( ${12} + ${13} ))
}

load() { # URL SECONDS [WRK-OPTION...]: from `other_core` over `connections`; sets `requests` and `rate`. Ends the script if anything was not answered with 2xx.
  local url=$1 seconds=$2
  shift 2
  # On a machine that stands still for seconds a late response is late, not missing.
  taskset -c "$other_core" wrk -t1 --timeout 60s -c "$connections" -d "${seconds}s" "$@" "$url" > "$work/wrk.out"
  if grep -qE 'Non-2xx|Socket errors' "$work/wrk.out"; then echo "Not every request to $url was answered:" >&2; cat "$work/wrk.out" >&2; exit 1; fi
  requests=$(awk '/requests in/ {print $1}' "$work/wrk.out")
  rate=$(awk '/Requests\/sec/ {print $2}' "$work/wrk.out")
}

us_per_request() { # TICKS REQUESTS
  awk -v t="$1" -v n="$2" 'BEGIN {printf "%.2f\n", t * 10000 / n}'
}

median() { sort -n | awk '{v[NR]=$1} END {if (NR % 2) print v[(NR+1)/2]; else print (v[NR/2]+v[NR/2+1])/2}'; }
