#!/usr/bin/env bash
# The search against code that was broken for it: NAME.patch breaks one decision, and its first line says which invariant does not hold then. A search that
# finds nothing proves nothing, and this script fails. The code is broken in a copy; nothing here changes.
#
#   find.sh [NAME...]        default: every patch in this folder
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
[ $# -gt 0 ] || set -- $(cd "$here" && ls -- *.patch | sed 's/\.patch$//')
for name; do [ -f "$here/$name.patch" ] || { echo "There is no $here/$name.patch. There are: $(cd "$here" && ls -- *.patch | tr '\n' ' ')" >&2; exit 2; }; done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git -C "$root" ls-files -z | tar -C "$root" --null -T - -cf - | tar -C "$work" -xf -
cd "$work"
tests=tests/Gateway.Tests/bin/Release/net10.0
compile() { dotnet build "$1" -c Release -v quiet --nologo -p:RunAnalyzers=false >build.out 2>&1 || { cat build.out >&2; exit 1; }; }
compile tests/Gateway.Tests

# First what ./test explores, then one disturbance more.
export GATEWAY_ROOT=$work EXPLORE_DISTURBANCES_OF_TWO=3 EXPLORE_DISTURBANCES_OF_THREE=2
folder=Gateway.Tests.Exploration
short() {
  "$tests/Gateway.Tests" -class $folder.LoneGatewayTests -class $folder.AttemptWorldTests -class $folder.DestinationWorldTests \
    -class $folder.FleetExplorationTests -noLogo -noColor >run.out 2>&1
}
long() { "$tests/Gateway.Tests" -class $folder.LongExplorationTests -explicit only -noLogo -noColor >run.out 2>&1; }

missed=0
for name; do
  invariant=$(sed -n '1s/^Found as: //p' "$here/$name.patch")
  patch -s -p1 <"$here/$name.patch"
  compile src/Gateway
  cp src/Gateway/bin/Release/net10.0/gateway.dll "$tests/"
  if short && long; then
    echo "MISSED: $name breaks no invariant."
    missed=1
  elif grep -q ": $invariant: " run.out; then
    echo "FOUND: $name, as $(grep -o ": $invariant: .*" run.out | head -1 | cut -c 3-)"
    grep -E '^ +[0-9]+\. ' run.out | awk '/ 0\. start/ && n++ { exit } { print "  " $0 }'
  else
    echo "NOT AS IT SHOULD BE: $name fails, but not by $invariant:" >&2
    grep -m 3 -A 3 'FAIL' run.out >&2 || tail -20 run.out >&2
    missed=1
  fi
  patch -s -R -p1 <"$here/$name.patch"
done
exit $missed
