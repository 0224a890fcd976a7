#!/usr/bin/env bash
# Runs every program in a folder: all must succeed and print the same bits for the library's ops.
set -euo pipefail
cd "$1"
expected=''
status=0
for program in ./*; do
  if ! output=$("$program"); then
    printf '%s failed:\n%s\n' "$program" "$output"
    status=1
    continue
  fi
  echo "$program"
  grep -v '^op ' <<<"$output"
  bits=$(grep '^op ' <<<"$output")
  if [[ -z $expected ]]; then
    expected=$bits
    echo "$bits"
  elif [[ $bits != "$expected" ]]; then
    printf '%s prints other bits:\n' "$program"
    diff <(echo "$expected") <(echo "$bits") || true
    status=1
  fi
done
[[ -n $expected ]] || { echo "no program in $PWD"; exit 1; }
exit $status
