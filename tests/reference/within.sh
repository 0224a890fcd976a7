#!/usr/bin/env bash
# Runs a command that prints `name: value` lines and fails where a value is above its bound, or missing:
# within.sh "name=bound name=bound" COMMAND...
set -euo pipefail
bounds=$1
shift
output=$("$@")
echo "$output"
for bound in $bounds; do
  awk -F': ' -v name="${bound%%=*}" -v bound="${bound##*=}" \
    '$1 == name { seen = 1; if (!($2 <= bound + 0)) { print name " is above " bound; bad = 1 } }
     END { if (!seen) print name " is missing"; exit bad || !seen }' <<<"$output"
done
