#!/usr/bin/env bash
# How the cost of a request changed from date to date, by way: what `ways.sh --record` kept in results/DATE-ways.tsv.
#
# Printed is the gateway's cost over HAProxy's of the same run, the median of the rounds' ratios: the machine's own speed differs from day
# to day by more than a change of the gateway. Of several runs on a date the last one of each way counts. A way that was not measured on a
# date is "-".
#
#   trend.sh [RESULTS]      a table for docs/figures.md; RESULTS: another folder
set -euo pipefail
results=${1:-$(dirname "${BASH_SOURCE[0]}")/results}
ways=(get post tls http2 http2-user chunked)

shopt -s nullglob
files=("$results"/*-ways.tsv)
if [ ${#files[@]} -eq 0 ]; then echo "No results in $results: ways.sh --record writes them." >&2; exit 2; fi

printf '| date |'; printf ' %s |' "${ways[@]}"; printf '\n|---|'; printf -- '---|%.0s' "${ways[@]}"; echo
for file in "${files[@]}"; do
  awk -F '\t' -v ways="${ways[*]}" -v date="$(basename "$file" -ways.tsv)" '
    /^#/ || NF < 3 { next }
    { us[$1, $2] = $3 }
    END {
      n = split(ways, way, " ")
      printf "| %s |", date
      for (i = 1; i <= n; i++) {
        count = split(us[way[i], "gateway"], ours, " ")
        if (!count || split(us[way[i], "haproxy"], theirs, " ") != count) { printf " - |"; continue }
        for (j = 1; j <= count; j++) ratio[j] = ours[j] / theirs[j]
        for (j = 2; j <= count; j++) { v = ratio[j]; for (k = j - 1; k >= 1 && ratio[k] > v; k--) ratio[k + 1] = ratio[k]; ratio[k + 1] = v }
        middle = count % 2 ? ratio[(count + 1) / 2] : (ratio[count / 2] + ratio[count / 2 + 1]) / 2
        printf " %.2f |", middle
      }
      print ""
    }' "$file"
done
