#!/usr/bin/env bash
# A real ledger to work the formulas of docs/availability.md on: one primary and one standby guide, steady requests for two minutes.
# The primary is killed twice, the second time with the standby: so the first tier fails twice and the cluster once.
# It prints what `./gateway availability` says, and the sums behind it.
#
#   ledger.sh [--rate REQUESTS-A-SECOND]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
rate=20
if [ "${1:-}" = --rate ]; then rate=$2; fi

for project in Gateway SampleGuide; do
  build "src/$project"
done
free_port; users=$port
free_port; admin=$port
free_port; primary=$port
free_port; standby=$port
mkdir "$work/static"
cat > "$work/gateway.yaml" <<EOF
version: 1
listen: [ { url: "http://127.0.0.1:$users" } ]
admin: { url: "http://127.0.0.1:$admin" }
state: "$work/state"
staticFallback: "$work/static"
clusters:
  ai-guide:
    slo: 99%
    tiers:
      - { name: primary, destinations: [ "http://127.0.0.1:$primary" ] }
      - { name: standby, destinations: [ "http://127.0.0.1:$standby" ] }
    failback: { after: 2s, ramp: 1s }
routes:
  recommend: { match: { path: /api/guide/recommend }, cluster: ai-guide, lastGood: {}, fallback: [ lastGood ] }
EOF
declare -A guide
start_guide() { # NAME PORT
  dotnet "$root/src/SampleGuide/bin/Release/net10.0/sample-guide.dll" --port "$2" --name "$1" >"$work/$1.out" 2>&1 & guide[$1]=$!; pids+=($!)
  until curl -sf -o "$work/probe" "http://127.0.0.1:$2/health"; do sleep 0.1; done
}
start_guide primary "$primary"
start_guide standby "$standby"
dotnet "$root/src/Gateway/bin/Release/net10.0/gateway.dll" run --config "$work/gateway.yaml" >"$work/gateway.out" 2>&1 & pids+=($!)
until curl -sf -o "$work/probe" "http://127.0.0.1:$admin/readyz"; do sleep 0.1; done

{ while :; do curl -s -o "$work/response" "http://127.0.0.1:$users/api/guide/recommend?user=u1" || true; sleep "$(awk -v r="$rate" 'BEGIN {print 1 / r}')"; done; } & pids+=($!)
sleep 30
kill -9 "${guide[primary]}"; wait "${guide[primary]}" 2>/dev/null || true; sleep 20
start_guide primary "$primary"; sleep 20
kill -9 "${guide[primary]}" "${guide[standby]}"; wait "${guide[primary]}" "${guide[standby]}" 2>/dev/null || true; sleep 10
start_guide standby "$standby"; sleep 10
start_guide primary "$primary"; sleep 30
sleep 2
dotnet "$root/src/Gateway/bin/Release/net10.0/gateway.dll" availability --window 1h --admin "http://127.0.0.1:$admin"

# The sums themselves, in milliseconds; the empty tier is the cluster as a whole.
if command -v python3 >/dev/null 2>&1; then
  python3 -c '
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("SELECT tier, sum(up), sum(down), sum(lost), sum(failures) FROM times WHERE grain = 1 GROUP BY tier ORDER BY tier"):
    print("  tier %-8s up %d ms, down %d ms, lost %d ms, %d failures" % row)' "$work/state/records.db"
fi
