#!/usr/bin/env bash
# Drills that guard what no key of the configuration switches off, each against a gateway whose code was broken for it: NAME.patch
# takes out what the drill NAME guards. A drill that then passes guards nothing, and this script fails.
#
# The code is broken in a copy; nothing here changes.
#
#   prove.sh [NAME...]        default: every patch in this folder
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
[ $# -gt 0 ] || set -- $(cd "$here" && ls -- *.patch | sed 's/\.patch$//')
for name; do [ -f "$here/$name.patch" ] || { echo "There is no $here/$name.patch. There are: $(cd "$here" && ls -- *.patch | tr '\n' ' ')" >&2; exit 2; }; done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git -C "$root" ls-files -z | tar -C "$root" --null -T - -cf - | tar -C "$work" -xf -
cd "$work"
dotnet build Gateway.sln -c Release -v quiet --nologo -p:RunAnalyzers=false >build.out 2>&1 || { cat build.out >&2; exit 1; }

survived=0
for name; do
  patch -s -p1 <"$here/$name.patch"
  dotnet build src/Gateway -c Release -v quiet --nologo -p:RunAnalyzers=false >build.out 2>&1 || { cat build.out >&2; exit 1; }
  if ./gateway drill "$name" >drill.out 2>&1; then
    echo "SURVIVED: $name passes although its patch is in."
    survived=1
  elif grep -qE '^FAILED' drill.out && ! grep -q 'could not be carried out' drill.out; then
    echo "CAUGHT: $name fails with its patch:"
    grep -E ' NO *$' drill.out | sed 's/^/  /' || true
  else
    echo "The drill $name could not be carried out:" >&2
    tail -20 drill.out >&2
    survived=1
  fi
  patch -s -R -p1 <"$here/$name.patch"
done
exit $survived
